#!/usr/bin/env python3
"""A million documents through `mlsearch index build`: how long, how much memory, how large, and whether it is whole.

Sentences and verses in about 170 languages, or texts of a few words. Needs `target/release/mlsearch`:
`make bench-million`.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sentences
from rivals import corpus

ARCHIVES = ("parallel/tatoeba.tar.gz", "parallel/bible-nt.tar.gz", "corpus/exams-qa.tar.gz")
NUMERALS = "zero one two three four five six seven eight nine".split()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {', '.join(ARCHIVES)}")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--memory", default="1GiB", help="that building a graph may take")
    parser.add_argument("--tiny", action="store_true", help="documents of one to six words of our own, without data")
    parser.add_argument("--out", type=Path, help="an empty folder for the documents and the index, which are kept there")
    arguments = parser.parse_args()
    if not arguments.tiny and (missing := [name for name in ARCHIVES if not (arguments.data / name).is_file()]):
        print(f"SKIPPED: {arguments.data} has no {', '.join(missing)}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        run(arguments.out or Path(scratch), arguments)
    return 0


def run(folder: Path, arguments: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    documents, index = folder / "documents.jsonl", folder / "index"
    rows = tiny(arguments.documents) if arguments.tiny else real(arguments.data, arguments.documents)
    with open(documents, "w", encoding="utf-8") as file:
        for number, (text, language) in enumerate(rows):
            line = {"id": str(number), "text": text}
            if len(language) <= 3:  # the Bible corpus names some languages by words: those are detected
                line["lang"] = language
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{number + 1:,} documents, {documents.stat().st_size / 1e6:,.0f} MB", flush=True)
    sentences.environment()
    began = time.monotonic()
    build = [sentences.CHECKOUT / "target/release/mlsearch", "index", "build", "--memory", arguments.memory]
    done = subprocess.run([*build, "-o", index, documents], stdout=subprocess.PIPE, text=True)
    print(done.stdout.strip())
    if done.returncode:
        raise SystemExit(f"mlsearch index build ended with {done.returncode}")
    minutes = (time.monotonic() - began) / 60
    size = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    print(f"{minutes:.1f} minutes, {number / minutes / 60:,.0f} documents a second, index of {size / 1e6:,.0f} MB", flush=True)
    print(sentences.release("mlsearch", "index", "verify", index).strip())


def real(data: Path, count: int) -> list[tuple[str, str]]:
    """Sentences and verses, and passages where these are not enough, in an order of chance."""
    texts = corpus.tatoeba(data)
    for source in (corpus.bible(data), corpus.exams(data)[0]):
        for text, language in source.items():
            texts.setdefault(text, language)
    rows = sorted(texts.items())
    random.Random(1).shuffle(rows)
    # The longest last, so that passages come only where sentences end.
    rows.sort(key=lambda row: len(row[0]) > corpus.PASSAGE_CHARACTERS)
    rows = rows[:count]
    random.Random(2).shuffle(rows)
    return rows


def tiny(count: int) -> list[tuple[str, str]]:
    """Numbers in words, digit by digit: each text once."""
    return [(" ".join(NUMERALS[int(digit)] for digit in str(number)), "en") for number in range(count)]


if __name__ == "__main__":
    sys.exit(main())
