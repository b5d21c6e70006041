"""Wikipedia passages of exams-qa: what a search gave for each answer of its exam questions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from . import sentences, tags
from .archives import DamagedError, damage, lines, members, tar_members
from .records import Passage

BLOCK = 500  # characters
LANGUAGE_CAP = 20_000  # passages


def read(data: Path, cap: int = LANGUAGE_CAP) -> Iterator[Passage]:
    """Blocks of whole sentences, at most `cap` for each language, chosen by hash.

    The source strings together sentences from several articles; a sentence is kept the first time only.
    """
    source = "corpus/exams-qa"
    found: dict[str, list[tuple[bytes, Passage]]] = {}
    seen: set[int] = set()
    for name, content in members(data, source):
        match = re.search(r"/(?:train|dev)_([a-z]{2})_with_para\.jsonl\.tar\.gz$", f"/{name}")
        if match:
            with damage(f"{source}: {name}"):
                for _, part in tar_members(content):
                    for line in lines(part):
                        for passage in question_blocks(json.loads(line), match[1], seen):
                            rank = blake2b(passage.group.encode(), digest_size=8).digest()
                            found.setdefault(passage.language, []).append((rank, passage))
    if not found:
        raise DamagedError(f"{source} holds no …_with_para.jsonl.tar.gz; copy or download it again")
    for language in sorted(found):
        yield from (passage for _, passage in sorted(found[language], key=lambda entry: entry[0])[:cap])


def question_blocks(question: dict, code: str, seen: set[int]) -> Iterator[Passage]:
    """Blocks of one question; its translations share the identity, and so the split."""
    identity = question["id"]
    number = 0
    for choice in question["question"]["choices"]:
        for text in blocks(choice["para"], seen):
            group = f"exams-qa:{question['id']}-{code}-{number}"
            yield Passage("exams-qa", None, tags.tag(code, text), group, text, f"exams-qa:{identity}")
            number += 1


def blocks(text: str, seen: set[int]) -> Iterator[str]:
    kept: list[str] = []
    for sentence in sentences.split(text):
        mark = hash(sentence)
        if mark in seen:
            continue
        seen.add(mark)
        if kept and sum(map(len, kept)) + len(kept) + len(sentence) > BLOCK:
            yield " ".join(kept)
            kept = []
        kept.append(sentence)
    if kept:
        yield " ".join(kept)
