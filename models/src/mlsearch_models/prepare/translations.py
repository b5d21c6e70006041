"""Parallel sentences: Tatoeba, TICO-19 and the New Testaments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from html import unescape
from pathlib import Path

from . import clean, tags
from .archives import DamagedError, damage, lines, members, zip_members
from .records import Parallel

# Codes for a group of languages, and the members that have files of their own: a text in both is the member's.
MEMBERS = {"ara": ("arq",), "ber": ("kab",), "fas": ("pes",), "hbs": ("hrv",), "msa": ("ind",), "nor": ("nno", "nob")}
UNIT = re.compile(r'<tu [^>]*?tuid="([^"]+)".*?</tu>', re.DOTALL)
VARIANT = re.compile(r'<tuv [^>]*?xml:lang="([^"]+)"[^>]*>\s*<seg>(.*?)</seg>', re.DOTALL)
VERSE = re.compile(r"""<seg\b[^>]*?\bid=["']b\.([^"']+)["'][^>]*>(.*?)</seg>""", re.DOTALL)
LANGUAGE = re.compile(r"""<language\b[^>]*?\biso639=["']([a-z]{3})["']""")
BIBLE_CODES = {"Swahili-NT": "swa"}  # where a file names another language than its own


def read_tatoeba(data: Path) -> Iterator[Parallel]:
    """Groups around one English sentence; a second translation into the same language opens a variant group."""
    source = "parallel/tatoeba"
    sides: dict[str, dict[str, list[str]]] = {}
    for name, content in members(data, source):
        match = re.search(r"/([a-z_A-Z]+-[a-z_A-Z]+)/tatoeba-test[^/]*\.([a-z_A-Z]+)$", f"/{name}")
        if match:
            with damage(f"{source}: {name}"):
                sides.setdefault(match[1], {})[match[2]] = lines(content)
    if not sides:
        raise DamagedError(f"{source} holds no file named tatoeba-test…; copy or download it again")
    yield from english_groups(sentence_pairs(sides))


def sentence_pairs(pairs: dict[str, dict[str, list[str]]]) -> Iterator[tuple[str, str, str]]:
    """(English, code, text) of every line; small languages first, so that macro-languages come after members."""
    own: dict[str, set[str]] = {}
    order = []
    for pair, sides in pairs.items():
        code = next((code for code in sides if code != "eng"), None)
        if code is None or "eng" not in sides or len(sides[code]) != len(sides["eng"]):
            raise DamagedError(f"parallel/tatoeba: the two sides of {pair} differ in length; copy or download it again")
        own[code] = set(sides[code])
        order.append((code in MEMBERS, code, sides))
    for _, code, sides in sorted(order, key=lambda entry: entry[:2]):
        for english, text in zip(sides["eng"], sides[code], strict=True):
            if not any(text in own.get(member, ()) for member in MEMBERS.get(code, ())):
                yield english, code, text


def english_groups(pairs: Iterator[tuple[str, str, str]]) -> Iterator[Parallel]:
    by_english: dict[str, dict[str, list[str]]] = {}
    for english, code, text in pairs:
        english, text = clean.text(english), clean.text(text)
        variants = by_english.setdefault(english, {}).setdefault(tags.tag(code, text), [])
        if text not in variants:
            variants.append(text)
    for english, languages in by_english.items():
        identity = f"tatoeba:{blake2b(english.encode(), digest_size=8).hexdigest()}"
        for number in range(max(map(len, languages.values()))):
            texts = {tag: variants[number] for tag, variants in languages.items() if number < len(variants)}
            group = f"{identity}.{number}" if number else identity
            yield Parallel("tatoeba", None, group, {"en": english, **texts}, identity)


def read_tico(data: Path) -> Iterator[Parallel]:
    """One group for every translation unit of the English-X memories."""
    source = "parallel/tico-19"
    groups: dict[str, dict[str, str]] = {}
    for name, content in members(data, source):
        if name.endswith(".tmx.zip"):
            with damage(f"{source}: {name}"):
                for _, memory in zip_members(content):
                    for unit in UNIT.finditer(memory.decode("utf-8")):
                        for code, text in VARIANT.findall(unit[0]):
                            groups.setdefault(unit[1], {}).setdefault(tags.tag(code, text), unescape(text))
    if not groups:
        raise DamagedError(f"{source} holds no translation memory (….tmx.zip); copy or download it again")
    for unit, texts in groups.items():
        yield Parallel("tico-19", None, f"tico-19:{unit}", texts, f"tico-19:{unit}")


def read_bible(data: Path) -> Iterator[Parallel]:
    """One group for every verse; the split is by the verse."""
    source = "parallel/bible-nt"
    groups: dict[str, dict[str, str]] = {}
    for name, content in members(data, source):
        if name.endswith(".xml"):
            with damage(f"{source}: {name}"):
                document = content.decode("utf-8")
                code = BIBLE_CODES.get(Path(name).stem) or LANGUAGE.search(document)[1]
                for verse, text in VERSE.findall(document):
                    groups.setdefault(verse, {}).setdefault(tags.tag(code, text), unescape(text))
    if not groups:
        raise DamagedError(f"{source} holds no verse in an .xml file; copy or download it again")
    for verse, texts in groups.items():
        yield Parallel("bible-nt", None, f"bible-nt:{verse}", texts, f"bible-nt:{verse}")
