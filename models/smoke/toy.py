"""Three made-up languages: the same few ideas under different words, and texts that say things with them.

A word of a language is a few syllables of its own, drawn with a fixed seed. A fact is (thing, property, place);
a passage states three facts, a question asks for the place of one. Nothing of this is from a real language.
"""

from __future__ import annotations

import random

LANGUAGES = ("qaa", "qab", "qac")  # private use
SYLLABLES = {"qaa": "ba ke li mo nu", "qab": "tra sef gip dol wuz", "qac": "ea oi yu aha ino"}
IDEAS = 48
THINGS, PROPERTIES, PLACES = range(0, 20), range(20, 30), range(30, 46)
ASK, SAY = 46, 47


def lexicon() -> dict[str, list[str]]:
    """The words of each language, by idea."""
    drawn = random.Random(1)
    words = {}
    for language in LANGUAGES:
        syllables = SYLLABLES[language].split()
        own: dict[str, None] = {}
        while len(own) < IDEAS:
            own.setdefault("".join(drawn.choices(syllables, k=3)))
        words[language] = list(own)
    return words


WORDS = lexicon()

Fact = tuple[int, int, int]


def sentence(fact: Fact, language: str) -> str:
    words = WORDS[language]
    thing, quality, place = fact
    return " ".join((words[SAY], words[thing], words[quality], words[place])) + "."


def question(fact: Fact, language: str) -> str:
    words = WORDS[language]
    return " ".join((words[ASK], words[fact[0]], words[fact[1]])) + "?"


def facts(seed: int, count: int) -> list[list[Fact]]:
    """Groups of three facts about different things."""
    drawn = random.Random(seed)
    groups = []
    for _ in range(count):
        things = drawn.sample(THINGS, 3)
        groups.append([(thing, drawn.choice(PROPERTIES), drawn.choice(PLACES)) for thing in things])
    return groups


def pairs(groups: list[list[Fact]], split: str, start: int) -> list[dict]:
    """Question and passage of each group in every language."""
    return [
        {
            "source": "toy",
            "split": split,
            "language": language,
            "group": str(start + number),
            "question": question(group[0], language),
            "passage": " ".join(sentence(fact, language) for fact in group),
            "sentence": sentence(group[0], language),
        }
        for number, group in enumerate(groups)
        for language in LANGUAGES
    ]


def parallel(groups: list[list[Fact]], split: str, start: int) -> list[dict]:
    return [
        {
            "source": "toy",
            "split": split,
            "group": str(start + number),
            "texts": {language: " ".join(sentence(fact, language) for fact in group[:2]) for language in LANGUAGES},
        }
        for number, group in enumerate(groups)
    ]
