#!/usr/bin/env python3
"""How long a query takes: the command from process start to answer, and the library when warm.

Builds an index over all paragraphs of XQuAD-R (11 languages) from JSONL with the command, then asks
Thai and Greek questions, each in a process of its own, and questions of all languages through the
library. Needs `target/release/mlsearch` and `target/release/query-bench`: `make bench-query`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
COLD_LANGUAGES = ("th", "el")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with eval/xquad-r.tar.gz")
    parser.add_argument("--cold", type=int, default=10, help="cold questions a language")
    parser.add_argument("--warm", type=int, default=40, help="warm questions a language")
    arguments = parser.parse_args()
    archive = arguments.data / "eval" / "xquad-r.tar.gz"
    if not archive.is_file():
        print(f"SKIPPED: {archive} is not there; XQuAD-R comes from google-research-datasets/lareqa")
        return 0
    os.environ.setdefault("MLSEARCH_ONNXRUNTIME", str(CHECKOUT / ".onnxruntime"))
    os.environ.setdefault("MLSEARCH_MODEL", str(CHECKOUT / "models"))
    with tempfile.TemporaryDirectory() as scratch:
        measure(archive, Path(scratch), arguments.cold, arguments.warm)
    return 0


def measure(archive: Path, scratch: Path, cold: int, warm: int) -> None:
    paragraphs, questions = read(archive)
    documents, index = scratch / "paragraphs.jsonl", scratch / "index"
    documents.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in paragraphs), encoding="utf-8")
    started = time.perf_counter()
    run("mlsearch", "index", "build", "-o", index, documents)
    print(f"built from {len(paragraphs)} paragraphs in {time.perf_counter() - started:.1f} s")

    for language in COLD_LANGUAGES:
        seconds = []
        for question in questions[language][:cold]:
            started = time.perf_counter()
            run("mlsearch", "query", index, question, "--json")
            seconds.append(time.perf_counter() - started)
        print(f"cold, {language}: median {statistics.median(seconds):.3f} s, slowest {max(seconds):.3f} s")

    asked = [question for language in sorted(questions) for question in questions[language][:warm]]
    figures = json.loads(run("query-bench", index, input="\n".join(asked)))
    print(f"warm: {figures['queries']} questions in 11 languages, {figures['documents']} documents")
    for part in ("total", "detect", "encode", "search", "fetch"):
        quantiles = figures[f"{part}_ms"]
        print(f"  {part:<7} p50 {quantiles['p50']:6.2f} ms   p99 {quantiles['p99']:6.2f} ms")


def read(archive: Path) -> tuple[list[dict], dict[str, list[str]]]:
    """All paragraphs as documents, and the questions of each language."""
    paragraphs, questions = [], {}
    with tarfile.open(archive) as opened:
        for member in opened:
            if not member.name.endswith(".json"):
                continue
            language = Path(member.name).stem
            content = json.load(opened.extractfile(member))
            texts = [paragraph for article in content["data"] for paragraph in article["paragraphs"]]
            for number, paragraph in enumerate(texts):
                document = {"id": f"{language}-{number}", "text": paragraph["context"], "lang": language}
                paragraphs.append({**document, "group": str(number)})
            questions[language] = [question["question"] for text in texts for question in text["qas"]]
    return paragraphs, questions


def run(program: str, *arguments, input: str | None = None) -> str:
    command = [CHECKOUT / "target" / "release" / program, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, input=input).stdout


if __name__ == "__main__":
    sys.exit(main())
