"""MediaWiki's interface messages, parallel by key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from . import tags
from .archives import AbsentError, damage
from .records import Parallel

SOURCE = "mediawiki-messages"
PACKAGE = "mediawiki"
FOLDER = "messages"
ENGLISH = "en.json"
MIN_WORDS = 4  # of the English message; a shorter one is a label, whose meaning depends on its place
EMPHASIS = re.compile("'{2,}")
NOT_A_SENTENCE = re.compile(r"\{\{|\[|<|\$\d|\||https?:|\*|^[#:=]", re.MULTILINE)  # templates, links, lists, tables
SCRIPT_SUBTAGS = {"arab", "cyrl", "deva", "ec", "el", "hans", "hant", "latn", "tfng"}
OTHER_CODES = {"sh": "hbs"}
LEFT_OUT = {"qqq"}  # notes for translators


def read(debian: Path) -> Iterator[Parallel]:
    """One group for every message of the package's files under `debian`/messages. Raises AbsentError or DamagedError."""
    folder = debian / FOLDER
    catalogues = sorted(folder.rglob(ENGLISH))
    if not catalogues:
        raise AbsentError(f"{SOURCE}: no {ENGLISH} under {folder}; --fetch-debian fetches it")
    for english in catalogues:
        place = english.parent.relative_to(folder).as_posix()
        groups = {key: {"en": text} for key, text in messages(english) if len(text.split()) >= MIN_WORDS}
        for path in sorted(english.parent.glob("*.json")):
            code = language(path.stem)
            if code:
                for key, text in messages(path):
                    if key in groups:
                        groups[key].setdefault(tags.tag(code, text), text)
        for key, texts in groups.items():
            yield Parallel(SOURCE, None, f"{SOURCE}:{place}#{key}", texts, f"{SOURCE}:{place}#{key}")


def messages(path: Path) -> Iterator[tuple[str, str]]:
    """(key, text) of a catalogue's messages that are plain sentences."""
    with damage(path):
        document = json.loads(path.read_text(encoding="utf-8"))
        for key, text in document.items():
            if isinstance(text, str) and not NOT_A_SENTENCE.search(text):
                yield key, EMPHASIS.sub("", text)


def language(code: str) -> str | None:
    """The language of a catalogue; None for notes, and for variants such as British or formal."""
    base, _, rest = code.partition("-")
    if code in LEFT_OUT or (rest and rest not in SCRIPT_SUBTAGS):
        return None
    return OTHER_CODES.get(base, base)
