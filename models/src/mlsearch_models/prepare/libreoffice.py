"""LibreOffice's help: paragraphs parallel by element, and headings with the text of their sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import html
from lxml.etree import ParserError

from . import clean, sentences, tags
from .archives import AbsentError, DamagedError
from .progress import note
from .records import Pair, Parallel, Record

SOURCE = "libreoffice-help"
BODY = b'<div id="DisplayArea"'
ELEMENT = re.compile(r"(?:hd|par)_id\w+")
MIN_SECTION = 60  # characters
MAX_HEADING_USES = 3  # in one language; "Example" over fifty sections asks nothing
LEFT_OUT = {"en-gb"}  # nearly the same as en-us
LATER = {"pt-br"}  # read after the other variant of the language, which comes first


@dataclass(frozen=True)
class Element:
    """A heading or paragraph of a page."""

    identity: str
    heading: bool
    text: str


def read(debian: Path) -> Iterator[Record]:
    """Pairs and parallel groups of the unpacked packages under `debian`/help. Raises AbsentError or DamagedError.

    Both kinds are split by page.
    """
    folder = debian / "help"
    if not folder.is_dir():
        raise AbsentError(f"{SOURCE}: no folder {folder}; --fetch-debian fetches it")
    languages = [path.name for path in folder.iterdir() if path.is_dir() and path.name not in LEFT_OUT]
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for code in sorted(languages, key=lambda code: (code != "en-us", code in LATER, code)):
        found: list[Pair] = []
        for page, elements in pages(folder / code):
            for element in elements:
                texts = groups.setdefault((page, element.identity), {})
                texts.setdefault(tags.tag(code, element.text), element.text)
            found += sections(page, elements, code)
        yield from translated(found, groups)
        note(f"{SOURCE}: {code}")
    for (page, identity), texts in groups.items():
        yield Parallel(SOURCE, None, f"{SOURCE}:{page}#{identity}", texts, f"{SOURCE}:{page}")


def pages(folder: Path) -> Iterator[tuple[str, list[Element]]]:
    """(path without language or ending, elements in order) of every page of a language."""
    for path in sorted(folder.rglob("*.html")):
        content = path.read_bytes()
        start = content.find(BODY)
        if start >= 0:
            try:
                yield path.relative_to(folder).with_suffix("").as_posix(), elements(content[start:])
            except (ParserError, UnicodeDecodeError) as error:
                raise DamagedError(f"{path} is damaged ({error}); remove it and fetch the packages again") from error


def elements(body: bytes) -> list[Element]:
    found, seen = [], set()
    for node in html.fromstring(body.decode("utf-8")).iter("h1", "h2", "h3", "h4", "h5", "h6", "p"):
        identity = node.get("id") or ""
        if ELEMENT.fullmatch(identity) and identity not in seen:
            seen.add(identity)
            text = clean.SPACE.sub(" ", "".join(shown_text(node))).strip()
            if text:
                found.append(Element(identity, node.tag != "p", text))
    return found


def shown_text(node) -> Iterator[str]:
    """The text of an element without that for other systems and programs, which a page's script would hide."""
    yield node.text or ""
    for child in node:
        hidden = child.get("hidden") and not (child.get("id") or "").startswith("default")
        if isinstance(child.tag, str) and not hidden:
            yield from shown_text(child)
        yield child.tail or ""


def sections(page: str, found: list[Element], code: str) -> Iterator[Pair]:
    """Every heading that has text below it, up to the next heading."""
    for place, element in enumerate(found):
        if element.heading:
            below = []
            for following in found[place + 1 :]:
                if following.heading:
                    break
                below.append(following.text)
            text = "\n".join(below)
            if len(text) >= MIN_SECTION:
                passage = sentences.opening(text)
                group = f"{SOURCE}:{page}#{element.identity}"
                yield Pair(SOURCE, None, tags.tag(code, passage), group, element.text, passage, None, f"{SOURCE}:{page}")


def translated(pairs: list[Pair], groups: dict[tuple[str, str], dict[str, str]]) -> Iterator[Pair]:
    """Leaves out headings that are used often, and sections that are still English."""
    uses = Counter(pair.question.casefold() for pair in pairs)
    for pair in pairs:
        page, _, identity = pair.group.removeprefix(f"{SOURCE}:").rpartition("#")
        english = groups[page, identity].get("en")
        if uses[pair.question.casefold()] <= MAX_HEADING_USES and (pair.language == "en" or pair.question != english):
            yield pair
