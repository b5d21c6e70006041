"""NTREX-128: the same 1,997 sentences of news in many languages.

A language has several files where it is in several regions or scripts (`fra`, `fra-CA`): its variants.
The translations are read, American English among them; the source text and a second Spanish
translation are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from . import archives, levels

ARCHIVE = "eval/ntrex-128.tar.gz"
SOURCE = "MicrosoftTranslator/NTREX"
PIVOT = "eng-US"
PREFIX = "newstest2019-ref."
PREFERRED = (PIVOT, "srp-Cyrl", "zho-CN")  # of languages that have no tag without a region or script


@dataclass
class Dataset:
    """Parallel lines: those of one number are translations of each other."""

    lines: dict[str, list[str]]  # by tag, in the order of tags

    @property
    def tags(self) -> list[str]:
        return list(self.lines)

    def first(self, count: int | None) -> Dataset:
        return Dataset({tag: lines[:count] for tag, lines in self.lines.items()})

    def representatives(self) -> set[str]:
        """One tag of each language: a preferred one, else the one without region or script, else the first."""
        chosen: dict[str, str] = {}
        for tag in self.tags:
            code = levels.language(tag)
            if code not in chosen or tag in PREFERRED or (tag == code and chosen[code] not in PREFERRED):
                chosen[code] = tag
        return set(chosen.values())


def read(data: Path) -> Dataset:
    """The published archive in the data folder."""
    files = archives.read(data / ARCHIVE, ".txt", SOURCE)
    lines = {}
    for name, text in sorted(files.items()):
        stem = PurePosixPath(name).stem
        if stem.startswith(PREFIX):
            # Not splitlines: some lines hold characters that it would break them at.
            lines[stem.removeprefix(PREFIX)] = [line.strip() for line in text.rstrip("\n").split("\n")]
    return check(Dataset(lines))


def check(dataset: Dataset) -> Dataset:
    """Raises ValueError where lines cannot be parallel."""
    if PIVOT not in dataset.lines:
        raise ValueError(f"NTREX-128 has no {PREFIX}{PIVOT}.txt, which English is taken from")
    expected = len(dataset.lines[PIVOT])
    for tag, lines in dataset.lines.items():
        if len(lines) != expected:
            raise ValueError(f"NTREX-128: {tag} has {len(lines)} lines and {PIVOT} has {expected}")
    return dataset
