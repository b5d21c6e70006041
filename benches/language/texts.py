"""Texts of known languages: sentences, short cuts of them, and mixtures of two languages.

NTREX-128 is news, with its names and numbers; Tatoeba is everyday sentences, much shorter. Both are
read inside their archives.
"""

from __future__ import annotations

import itertools
import random
import re
import tarfile
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from language.tags import normal

NTREX = Path("eval") / "ntrex-128.tar.gz"
TATOEBA = Path("parallel") / "tatoeba.tar.gz"

# Languages written without spaces between words, and how much of them makes a cut.
UNSPACED = {"zh", "ja", "th", "lo", "km", "my", "bo", "dz"}
CUT_WORDS = 3
CUT_CHARACTERS = 6
# What each language gives to a short mixture.
MIXED_WORDS = 4
MIXED_CHARACTERS = 8

# Files of Tatoeba in another language than they say: this one is mostly Slovak.
MISLABELLED = {"slv"}

# Pairs that people mix, of one script and of two, near and far relatives.
PAIRS = """
    en+de en+fr en+es en+pt en+tl en+ms en+vi en+sw en+ha en+hi en+ru en+zh en+ja en+ar fr+ar de+tr es+eu uk+ru
""".split()


@dataclass(frozen=True)
class Text:
    """A text and the language, or the two, that it is in."""

    source: str
    kind: str
    languages: tuple[str, ...]
    text: str


def gather(data: Path, count: int, seed: int, sources: list[str]) -> Iterator[Text]:
    """`count` texts, or as many as there are, of each source, kind and language: the same for a seed."""
    readers: dict[str, Callable[[Path], dict[str, list[str]]]] = {"ntrex": read_ntrex, "tatoeba": read_tatoeba}
    for source in sources:
        lines = readers[source](data)
        for language in sorted(lines):
            # Each language draws for itself: one more changes nothing about the others.
            draw = random.Random(f"{seed} {source} {language}")
            sentences = sorted({line for line in lines[language] if has_letters(line)})
            draw.shuffle(sentences)
            for sentence in sentences[:count]:
                yield Text(source, "sentence", (language,), sentence)
            cuts = (cut(sentence, language, draw) for sentence in sentences)
            for text in itertools.islice(filter(None, cuts), count):
                yield Text(source, "cut", (language,), text)
    if "ntrex" in sources:
        yield from mixtures(read_parallel(data), count, seed)


def has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def words(text: str, language: str) -> list[str]:
    """Words that have letters, or characters that are letters where words are not set apart."""
    if language in UNSPACED:
        return characters(text)
    return [word.strip(".,;:!?…“”\"„«»()[]。、،؟।—–") for word in text.split() if has_letters(word)]


def characters(text: str) -> list[str]:
    """Letters with the marks that belong to them."""
    found: list[str] = []
    for character in text:
        if unicodedata.category(character).startswith("M") and found:
            found[-1] += character
        elif character.isalpha():
            found.append(character)
    return found


def cut(sentence: str, language: str, draw: random.Random) -> str | None:
    """A few neighbouring words from anywhere in the sentence; `None` where it has not as many."""
    parts = words(sentence, language)
    length = CUT_CHARACTERS if language in UNSPACED else CUT_WORDS
    if len(parts) < length:
        return None
    start = draw.randrange(len(parts) - length + 1)
    return ("" if language in UNSPACED else " ").join(parts[start : start + length])


def mixtures(parallel: dict[str, list[str]], count: int, seed: int) -> Iterator[Text]:
    """Beginnings of sentences in one language, ended in the other; each language begins half of them."""
    for pair in PAIRS:
        languages = tuple(pair.split("+"))
        one, other = (parallel[language] for language in languages)
        draw = random.Random(f"{seed} {pair}")
        numbers = list(range(len(one)))
        draw.shuffle(numbers)
        for turn, number in enumerate(numbers[:count]):
            sides = [(one[number], languages[0]), (other[number], languages[1])]
            if turn % 2:
                sides.reverse()
            for kind, short in (("mixed", False), ("mixed-short", True)):
                yield Text("ntrex", kind, languages, " ".join(halves(sides, short)))


def halves(sides: list[tuple[str, str]], short: bool) -> list[str]:
    """The beginning of the first sentence and the end of the second."""
    result = []
    for place, (sentence, language) in enumerate(sides):
        parts = words(sentence, language)
        length = (len(parts) + 1) // 2
        if short:
            length = min(length, MIXED_CHARACTERS if language in UNSPACED else MIXED_WORDS)
        chosen = parts[-length:] if place else parts[:length]
        result.append(("" if language in UNSPACED else " ").join(chosen))
    return result


def read_ntrex(data: Path) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = defaultdict(list)
    for code, text in ntrex_files(data):
        lines[normal(code)] += text
    return lines


def read_parallel(data: Path) -> dict[str, list[str]]:
    """NTREX's sentences in their order, of one variety of each language."""
    lines: dict[str, list[str]] = {}
    for code, text in ntrex_files(data):
        # Not Cantonese for Chinese.
        if code != "yue":
            lines.setdefault(normal(code), text)
    return lines


def ntrex_files(data: Path) -> Iterator[tuple[str, list[str]]]:
    for path, content in files(data / NTREX):
        named = re.fullmatch(r"newstest2019-(?:ref|ref-2|src)\.(.+)\.txt", Path(path).name)
        if named:
            yield named[1], content.splitlines()


def read_tatoeba(data: Path) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = defaultdict(list)
    for path, content in files(data / TATOEBA):
        named = re.fullmatch(r"tatoeba-test-.+\.([a-z]+)", Path(path).name)
        if named and named[1] not in MISLABELLED:
            lines[normal(named[1])] += content.splitlines()
    return lines


def files(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as opened:
        for member in sorted(opened.getmembers(), key=lambda member: member.name):
            if member.isfile():
                # Some of the files are no text, or no UTF-8: they are not asked for.
                yield member.name, opened.extractfile(member).read().decode("utf-8", errors="replace")
