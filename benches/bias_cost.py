#!/usr/bin/env python3
"""What a report of language bias and the corrections cost a query, at over a hundred languages.

Builds an index over lines of NTREX-128 in all its languages with the command, then asks other lines
of it through the library, each in every way: without a report, with one, and with each correction.
Needs `target/release/mlsearch` and `target/release/bias-bench`: `make bench-bias`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "newstest2019-ref."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with eval/ntrex-128.tar.gz")
    parser.add_argument("--lines", type=int, default=200, help="documents of each language")
    parser.add_argument("--queries", type=int, default=2, help="queries of each language")
    arguments = parser.parse_args()
    archive = arguments.data / "eval" / "ntrex-128.tar.gz"
    if not archive.is_file():
        print(f"SKIPPED: {archive} is not there; NTREX-128 comes from MicrosoftTranslator/NTREX")
        return 0
    os.environ.setdefault("MLSEARCH_ONNXRUNTIME", str(CHECKOUT / ".onnxruntime"))
    os.environ.setdefault("MLSEARCH_MODEL", str(CHECKOUT / "models"))
    texts = read(archive)
    with tempfile.TemporaryDirectory() as scratch:
        documents, index = Path(scratch) / "lines.jsonl", Path(scratch) / "index"
        with open(documents, "w", encoding="utf-8") as file:
            for tag, lines in texts.items():
                for number, line in enumerate(lines[: arguments.lines]):
                    document = {"id": f"{tag}/{number}", "text": line, "lang": tag, "group": str(number)}
                    file.write(json.dumps(document, ensure_ascii=False) + "\n")
        run("mlsearch", "index", "build", "-q", "-o", index, documents)
        asked = [line for lines in texts.values() for line in lines[-arguments.queries :]]
        figures = json.loads(run("bias-bench", index, input="\n".join(asked)))
    report(figures)
    return 0


def report(figures: dict) -> None:
    print(f"{figures['documents']} documents in {figures['languages']} languages, {figures['queries']} queries")
    print(f"first search: {figures['first_with_report_ms']:.1f} ms with a report, {figures['first_without_ms']:.1f} without")
    print(f"{'':15} {'total':>8} {'search':>8} {'bias':>8} {'more':>8}  share of the plain query")
    plain = figures["ways"]["plain"]["total"]
    for name, way in sorted(figures["ways"].items(), key=lambda entry: entry[1]["more_than_plain"]):
        more = way["more_than_plain"]
        numbers = f"{way['total']:8.3f} {way['search']:8.3f} {way['bias']:8.3f} {more:8.3f}"
        print(f"{name:15} {numbers}  {100 * more / plain:+.1f} %")


def read(archive: Path) -> dict[str, list[str]]:
    """The lines of each translation, by its tag."""
    texts = {}
    with tarfile.open(archive) as opened:
        for member in opened:
            name = PurePosixPath(member.name)
            if name.suffix == ".txt" and name.name.startswith(PREFIX):
                lines = opened.extractfile(member).read().decode().rstrip("\n").split("\n")
                texts[name.stem.removeprefix(PREFIX)] = [line.strip() or "-" for line in lines]
    return texts


def run(program: str, *arguments, input: str | None = None) -> str:
    command = [CHECKOUT / "target" / "release" / program, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, input=input).stdout


if __name__ == "__main__":
    sys.exit(main())
