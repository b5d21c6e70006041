"""From readers to the three files: clean, check against the evaluation texts, split, remove repeats, write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from . import clean, splits
from .overlap import Overlap
from .progress import note
from .records import FILES, Parallel, Record
from .report import Report

CHUNK = 20_000  # records checked against the evaluation texts at a time


@dataclass
class Prepared:
    """Cleaned and split records of every source so far."""

    overlap: Overlap
    report: Report
    records: list[Record]

    def add(self, source: str, raw: Iterable[Record]) -> None:
        """Takes in one source. What `raw` raises leaves the earlier sources as they are."""
        kept: list[Record] = []
        seen: set[bytes] = set()
        for record in raw:
            why = clean.record(record)
            if not why and not first_time(seen, record):
                why = "repeated"
            if why:
                self.report.remove(record, why)
            else:
                kept.append(record)
        kept = self.without_overlap(kept)
        splits.assign(source, kept)
        self.records += kept
        note(f"{source}: {len(kept):,} records")

    def without_overlap(self, records: list[Record]) -> list[Record]:
        kept = []
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            texts = [list(record.texts()) for record in chunk]
            found = iter(self.overlap.repeats([text for group in texts for text in group]))
            for record, group in zip(chunk, texts, strict=True):
                marks = [next(found) for _ in group]
                at = next((place for place, mark in enumerate(marks) if mark), None)
                if at is None:
                    kept.append(record)
                else:
                    self.report.remove(record, f"evaluation text, {marks[at]}", group[at])
        return kept

    def write(self, output: Path) -> None:
        """Writes the files under temporary names, then renames them, so that a reader never sees half a file."""
        development = {key(text) for record in self.records if record.split == "dev" for text in record.texts()}
        staged = {kind: output / f".{name}" for kind, name in FILES.items()}
        files = {kind: path.open("w", encoding="utf-8") for kind, path in staged.items()}
        for record in self.records:
            if record.split == "train" and not without_texts(record, development):
                self.report.remove(record, "text is in dev")
                continue
            self.report.keep(record)
            files[type(record)].write(json.dumps(record.document(), ensure_ascii=False) + "\n")
        for kind, name in FILES.items():
            files[kind].close()
            staged[kind].rename(output / name)


def first_time(seen: set[bytes], record: Record) -> bool:
    """Whether no record with the same texts (a parallel group: or with the same English text) came before.

    A second variant of a parallel group has the English text of the first, and is not taken for a repeat of it.
    """
    if isinstance(record, Parallel) and "en" in record.by_language and "." not in record.group:
        marks = [key(record.by_language["en"])]
    else:
        marks = [key("\n".join(record.texts()))]
    new = not any(mark in seen for mark in marks)
    seen.update(marks)
    return new


def without_texts(record: Record, development: set[bytes]) -> bool:
    """Takes texts of the development set out of a training record; False where too little is left."""
    if isinstance(record, Parallel):
        record.by_language = {tag: text for tag, text in record.by_language.items() if key(text) not in development}
        return len(record.by_language) >= 2
    return not any(key(text) in development for text in record.texts())


def key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()
