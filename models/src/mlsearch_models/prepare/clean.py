"""Cleaning of texts, and the reasons for which records are left out."""

from __future__ import annotations

import html
import re
import unicodedata

from .records import Pair, Parallel, Passage, Record

MIN_TEXT = 8  # letters, marks and digits of a parallel text, a dense script's counting three times
MIN_QUESTION = 8
MIN_PASSAGE = 30
MAX_TEXT = 2000  # characters
MAX_QUESTION = 400
MIN_LETTERS = 0.5  # share of letters and marks among the characters that are not white space
MAX_RATIO = 4.0  # of the lengths of two parallel texts, after the allowance
ALLOWANCE = 20  # added to both lengths, so that short texts may differ more
SAMPLE = 200  # characters of a text whose letters are counted

SPACE = re.compile(r"\s+")
MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|\{\{[^{}]*\}\}|\[\[(?:[^\[\]|]*\|)?|\]\]|-\{|\}-|__[^\W\d_]+__")
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u0000-\u0008\u000e-\u001f\u007f\u0080-\u009f]")
DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def text(raw: str) -> str:
    """NFC, no markup or invisible characters, single spaces."""
    cleaned = raw
    if "&" in cleaned:
        cleaned = html.unescape(cleaned)
    if MARKUP.search(cleaned):
        cleaned = MARKUP.sub(" ", cleaned)
    cleaned = unicodedata.normalize("NFC", INVISIBLE.sub("", cleaned))
    return SPACE.sub(" ", cleaned).strip()


def weight(value: str) -> int:
    """Length in letters, marks and digits, where a Chinese, Japanese or Korean character counts three times."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in value) + 2 * len(DENSE.findall(value))


def mostly_letters(value: str) -> bool:
    kept = [character for character in value[:SAMPLE] if not character.isspace()]
    letters = sum(character.isalpha() or unicodedata.category(character)[0] == "M" for character in kept)
    return letters >= MIN_LETTERS * len(kept)


def reason(value: str, shortest: int, longest: int) -> str | None:
    """Why a cleaned text is of no use, or None."""
    if len(value) > longest:
        return "too long"
    if len(value) < 4 * shortest and weight(value) < shortest:
        return "too short"
    if not mostly_letters(value):
        return "few letters"
    return None


def record(value: Record) -> str | None:
    """Cleans a record in place; returns why it is to be left out, or None."""
    if isinstance(value, Pair):
        return pair(value)
    if isinstance(value, Parallel):
        return parallel(value)
    value.text = text(value.text)
    return reason(value.text, MIN_PASSAGE, MAX_TEXT)


def pair(value: Pair) -> str | None:
    value.question, value.passage = text(value.question), text(value.passage)
    if value.sentence is not None:
        value.sentence = text(value.sentence)
        if value.sentence not in value.passage or not value.sentence:
            value.sentence = None
    why = reason(value.question, MIN_QUESTION, MAX_QUESTION)
    if why:
        return f"question {why}"
    why = reason(value.passage, MIN_PASSAGE, MAX_TEXT)
    if why:
        return f"passage {why}"
    return "question is the passage" if value.question == value.passage else None


def parallel(value: Parallel) -> str | None:
    """Leaves out single texts; the group goes where fewer than two are left."""
    kept = {tag: text(raw) for tag, raw in value.by_language.items()}
    whys = {tag: reason(cleaned, MIN_TEXT, MAX_TEXT) for tag, cleaned in kept.items()}
    first = next((why for why in whys.values() if why), None)
    kept = {tag: cleaned for tag, cleaned in kept.items() if not whys[tag]}
    base = kept.get("en")
    if base is not None:
        untranslated = [tag for tag, cleaned in kept.items() if tag != "en" and cleaned == base]
        odd = [tag for tag, cleaned in kept.items() if ratio(cleaned, base) > MAX_RATIO]
        first = first or ("untranslated" if untranslated else "length ratio" if odd else None)
        kept = {tag: cleaned for tag, cleaned in kept.items() if tag not in untranslated and tag not in odd}
    value.by_language = kept
    return (first or "one language") if len(kept) < 2 else None


def ratio(one: str, other: str) -> float:
    """Of the longer to the shorter, a dense script's characters counting three times."""
    lengths = [len(value) + 2 * len(DENSE.findall(value)) + ALLOWANCE for value in (one, other)]
    return max(lengths) / min(lengths)
