"""Sentences of a text in any language, and windows of whole sentences."""

from __future__ import annotations

import re

WINDOW = 1000  # characters
THAI_PIECE = 80  # characters; Thai has no full stop, so a space after this many ends a piece

# A mark that ends a sentence whatever follows; one that does so only before a space; closing quotes may come between.
ALWAYS = "。！？．｡؟۔।॥።፧፨။៕༎"
BEFORE_SPACE = ".!?…‽՜՞։܀܂꓿៖།"
CLOSING = "\"'”’»›」』）)]】》〉"
END = re.compile(rf"(?:[{ALWAYS}]+[{re.escape(CLOSING)}]*|[{BEFORE_SPACE}]+[{re.escape(CLOSING)}]*(?=\s)|\n+)\s*")
ABBREVIATED = re.compile(r"(?:^|[\s(\[.])(?:[^\W\d_]|[^\W\d_]{1,3}(?<=[A-ZÀ-Þ][a-zß-ÿ])|\d{1,2}|[Dd]r|[Mm]rs?|[Ss]t|vs|bl|ca|etc|z\.B|f\.eks)\.$")
THAI = re.compile(r"[\u0e00-\u0e7f]")


def spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of the sentences in order, without the white space between them.

    A full stop after a single letter, a number of one or two digits or a short abbreviation does not end a sentence
    unless a new line follows. Errors are those of rules: now and then two sentences stay together.
    """
    found, start = [], 0
    for match in END.finditer(text):
        if "\n" not in match[0] and match[0][0] == "." and abbreviated(text, match.start(), match.end()):
            continue
        found += trimmed(text, start, match.end())
        start = match.end()
    found += trimmed(text, start, len(text))
    return [piece for first, last in found for piece in thai_pieces(text, first, last)]


def abbreviated(text: str, stop: int, after: int) -> bool:
    if after < len(text) and text[after].islower():
        return True
    return ABBREVIATED.search(text[max(0, stop - 6) : stop + 1]) is not None


def trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return [(start + left, start + right)] if right > left else []


def thai_pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts a long stretch of Thai at spaces, which Thai puts between clauses and sentences."""
    piece = text[start:end]
    if len(piece) <= THAI_PIECE or len(THAI.findall(piece)) * 2 < len(piece):
        return [(start, end)]
    pieces, first = [], 0
    for space in re.finditer(r"\s+", piece):
        before, after = piece[space.start() - 1], piece[space.end() : space.end() + 1]
        if space.start() - first >= THAI_PIECE and THAI.match(before) and THAI.match(after):
            pieces.append((start + first, start + space.start()))
            first = space.end()
    return [*pieces, (start + first, end)]


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


def around(text: str, place: int, limit: int = WINDOW) -> tuple[str, str]:
    """The sentence at character `place`, and a window of whole sentences around it of at most `limit` characters.

    A sentence longer than the limit is the whole window, cut hard with `place` inside.
    """
    found = spans(text) or [(0, len(text))]
    at = max((index for index, (start, _) in enumerate(found) if start <= place), default=0)
    start, end = found[at]
    if end - start > limit:
        start = max(start, min(place - limit // 2, end - limit))
        cut = text[start : start + limit].strip()
        return cut, cut
    if len(text) <= limit:
        return text[start:end], text
    first = last = at
    while True:
        before = first > 0 and found[last][1] - found[first - 1][0] <= limit
        after = last + 1 < len(found) and found[last + 1][1] - found[first][0] <= limit
        if not before and not after:
            break
        ahead_of_back = last - at <= at - first
        if after and (ahead_of_back or not before):
            last += 1
        else:
            first -= 1
    return text[start:end], text[found[first][0] : found[last][1]]


def opening(text: str, limit: int = WINDOW) -> str:
    """The first whole sentences of a text, at most `limit` characters."""
    return text if len(text) <= limit else around(text, 0, limit)[1]
