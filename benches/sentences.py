"""An index of the sentences of XQuAD-R, and its questions, for benchmarks that ask for long."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ARCHIVE = Path("eval/xquad-r.tar.gz")
SOURCE = "XQuAD-R comes from google-research-datasets/lareqa"


def build(data: Path, scratch: Path) -> tuple[Path, list[str]]:
    """The index, made with the command, and all questions, those of a language one after the other."""
    environment()
    documents, index = scratch / "sentences.jsonl", scratch / "index"
    questions: list[list[str]] = []
    with tarfile.open(data / ARCHIVE) as opened, open(documents, "w", encoding="utf-8") as file:
        for member in opened:
            if not member.name.endswith(".json"):
                continue
            language = Path(member.name).stem
            content = json.load(opened.extractfile(member))
            paragraphs = [paragraph for article in content["data"] for paragraph in article["paragraphs"]]
            sentences = [sentence for paragraph in paragraphs for sentence in paragraph["sentences"]]
            for number, text in enumerate(sentences):
                line = {"id": f"{language}-{number}", "text": text, "lang": language}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            questions.append([question["question"] for paragraph in paragraphs for question in paragraph["qas"]])
    release("mlsearch", "index", "build", "-q", "-o", index, documents)
    # Languages take turns.
    return index, [question for row in zip(*questions) for question in row]


def environment() -> None:
    """Runtime and models of the checkout, where the caller names no others."""
    os.environ.setdefault("MLSEARCH_ONNXRUNTIME", str(CHECKOUT / ".onnxruntime"))
    os.environ.setdefault("MLSEARCH_MODEL", str(CHECKOUT / "models"))


def release(program: str, *arguments: object, **options) -> str:
    """What a program of ours prints."""
    command = [str(CHECKOUT / "target/release" / program), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout
