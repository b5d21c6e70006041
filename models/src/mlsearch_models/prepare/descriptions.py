"""Debian's package descriptions: short and long, parallel by the checksum of the English description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from . import sentences, tags
from .archives import AbsentError, DamagedError
from .progress import note
from .records import Pair, Parallel, Record

SOURCE = "debian-descriptions"
ENTRY = re.compile(r"^Description-md5: (\w+)\nDescription-([^:\n]+): (.*)\n((?: .*\n?)*)", re.MULTILINE)
MIN_LONG = 60  # characters
LATER = {"de%5fDE", "pt%5fBR", "pt%5fAO", "zh"}  # fill what the language's main file leaves open


def read(debian: Path) -> Iterator[Record]:
    """Pairs short-long of every language, and groups of the short and of the long descriptions.

    The split is by the first paragraph of the long description in English, which packages of one family share.
    Raises AbsentError or DamagedError.
    """
    folder = debian / "descriptions"
    if not folder.is_dir():
        raise AbsentError(f"{SOURCE}: no folder {folder}; --fetch-debian fetches it")
    entries: dict[str, dict[str, tuple[str, str]]] = {}
    for path in sorted(folder.glob("Translation-*"), key=reading_order):
        content = path.read_text(encoding="utf-8", errors="replace")
        found = ENTRY.findall(content)
        if not found and content.strip():
            raise DamagedError(f"{path} holds no description; remove it and fetch it again")
        for checksum, code, short, long in found:
            text = paragraphs(long)
            languages = entries.setdefault(checksum, {})
            languages.setdefault(tags.tag(code, short + text), (short, text))
        note(f"{SOURCE}: {path.name}, {len(found):,} descriptions")
    for checksum, languages in entries.items():
        yield from records(checksum, languages)


def reading_order(path: Path) -> tuple[bool, bool, str]:
    code = path.name.removeprefix("Translation-")
    return code != "en", code in LATER, code


def paragraphs(long: str) -> str:
    """The long description with its lines joined: a line with only a dot ends a paragraph, list items stay lines."""
    text = ""
    for line in long.removesuffix("\n").split("\n"):
        line = line[1:]
        if line.strip() == ".":
            text += "\n"
        elif line[:1].isspace() or line[:1] in "*-":
            text += "\n" + line.strip()
        else:
            text += ("" if text.endswith("\n") else " ") + line.strip()
    return text.strip()


def records(checksum: str, languages: dict[str, tuple[str, str]]) -> Iterator[Record]:
    english = languages.get("en", ("", ""))
    family = f"{SOURCE}:{english[1].partition(chr(10))[0] or checksum}"
    group = f"{SOURCE}:{checksum}"
    kept = {tag: texts for tag, texts in languages.items() if tag == "en" or texts[1] != english[1]}
    for tag, (short, long) in kept.items():
        if len(long) >= MIN_LONG:
            yield Pair(SOURCE, None, tag, group, short, sentences.opening(long), None, family)
    if len(kept) > 1:
        yield Parallel(SOURCE, None, f"{group}/short", {tag: texts[0] for tag, texts in kept.items()}, family)
        long = {tag: sentences.opening(texts[1]) for tag, texts in kept.items() if texts[1]}
        yield Parallel(SOURCE, None, f"{group}/long", long, family)
