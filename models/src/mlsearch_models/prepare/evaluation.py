"""The evaluation texts that no training text may repeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from . import sentences
from .archives import DamagedError, damage, lines, members


def xquad(data: Path) -> Iterator[str]:
    """Questions, paragraphs and their sentences of XQuAD-R, all languages."""
    source = "eval/xquad-r"
    found = False
    for name, content in members(data, source):
        if name.endswith(".json"):
            found = True
            with damage(f"{source}: {name}"):
                for article in json.loads(content)["data"]:
                    for paragraph in article["paragraphs"]:
                        yield from paragraph_texts(paragraph)
                        for start, end in paragraph.get("sentence_breaks") or []:
                            yield paragraph["context"][start:end]
    if not found:
        raise DamagedError(f"{source} holds no .json file; copy or download it again")


def ntrex(data: Path) -> Iterator[str]:
    """Every line of every language of NTREX-128."""
    source = "eval/ntrex-128"
    found = False
    for name, content in members(data, source):
        if Path(name).name.startswith("newstest2019-"):
            found = True
            with damage(f"{source}: {name}"):
                yield from lines(content)
    if not found:
        raise DamagedError(f"{source} holds no newstest2019-… file; copy or download it again")


def amqa_test(data: Path) -> Iterator[str]:
    """Questions, paragraphs and their sentences of AmQA's test split."""
    for paragraph in amqa_test_paragraphs(data):
        yield from paragraph_texts(paragraph)


def amqa_test_paragraphs(data: Path) -> list[dict]:
    source = "qa/amqa"
    for name, content in members(data, source):
        if name.endswith("test_data.json"):
            with damage(f"{source}: {name}"):
                return [paragraph for article in json.loads(content)["data"] for paragraph in article["paragraphs"]]
    raise DamagedError(f"{source} holds no test_data.json; copy or download it again")


def paragraph_texts(paragraph: dict) -> Iterator[str]:
    yield paragraph["context"]
    yield from sentences.split(paragraph["context"])
    yield from (question["question"] for question in paragraph["qas"])


READERS = {"xquad-r": xquad, "ntrex-128": ntrex, "amqa test": amqa_test}
