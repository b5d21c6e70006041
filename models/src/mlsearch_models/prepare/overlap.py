"""Finds texts that repeat a text of the evaluation sets, exactly or nearly.

Texts are folded first: NFKC, case folded, letters and digits only. A text repeats an evaluation text where
- the folded texts are the same, or
- it has at least MIN_SHINGLES shingles (runs of SHINGLE folded characters) and at least SHARE of them occur in
  evaluation texts, or
- RUN shingles one after the other do, so a copied sentence is found inside a longer text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np

SHINGLE = 12  # folded characters
MIN_SHINGLES = 16
SHARE = 0.5
RUN = 48  # shingles, so 59 folded characters
DENSE_RUN = 14  # where most of the text is Chinese, Japanese or Korean
BATCH = 2_000_000  # characters
BITS_FOR_EACH = 128  # of the filter, for each shingle; about one other shingle in 128 is taken for a known one
BASE = np.uint64(0x9E3779B97F4A7C15)


class Overlap:
    """The evaluation texts, as hashes of whole folded texts and a bit for every shingle."""

    def __init__(self, texts: Iterable[str]):
        whole, shingles = [], []
        for batch in batches(texts):
            folded = Folded(batch)
            whole.append(folded.whole[folded.lengths > 0])
            shingles.append(distinct(folded.shingles[folded.inside]))
        self.whole = distinct(np.concatenate(whole)) if whole else np.zeros(0, np.uint64)
        known = distinct(np.concatenate(shingles)) if shingles else np.zeros(0, np.uint64)
        self.bits = max(10, int(known.size * BITS_FOR_EACH - 1).bit_length()) if known.size else 10
        places = known >> np.uint64(64 - self.bits)
        self.filter = np.zeros(1 << (self.bits - 3), np.uint8)
        if places.size:
            cells = places >> np.uint64(3)  # in order, as the shingles are
            first = np.flatnonzero(np.diff(cells, prepend=cells[0] + np.uint64(1)))
            self.filter[cells[first]] = np.bitwise_or.reduceat(one_bit(places), first)

    def repeats(self, texts: list[str]) -> list[str | None]:
        """For each text "exact", "near" or None."""
        found: list[str | None] = []
        for batch in batches(texts):
            found += self.repeats_of_batch(Folded(batch))
        return found

    def repeats_of_batch(self, folded: Folded) -> list[str | None]:
        places = folded.shingles >> np.uint64(64 - self.bits)
        known = ((self.filter[places >> np.uint64(3)] & one_bit(places)) != 0) & folded.inside
        hits = np.bincount(folded.owner, known, folded.size)
        shingles = np.maximum(folded.lengths - SHINGLE + 1, 0)
        near = (shingles >= MIN_SHINGLES) & (hits >= SHARE * shingles)
        near |= longest_runs(known, folded.owner, folded.size) >= np.where(folded.dense, DENSE_RUN, RUN)
        exact = np.isin(folded.whole, self.whole) & (folded.lengths > 0)
        return ["exact" if same else "near" if close else None for same, close in zip(exact, near, strict=True)]


class Folded:
    """A batch of texts as one array of folded characters, with the hashes of its shingles and of whole texts.

    size: the number of texts; lengths, whole, dense: (size,); shingles, inside, owner: one for every folded character,
    `inside` False where the shingle would leave its text.
    """

    def __init__(self, texts: list[str]):
        self.size = len(texts)
        folded = [unicodedata.normalize("NFKC", text).casefold() for text in texts]
        codes = np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), np.uint32)
        owner = np.repeat(np.arange(self.size), [len(text) for text in folded])
        kept = kept_characters()[codes]
        codes, self.owner = codes[kept], owner[kept]
        self.lengths = np.bincount(self.owner, minlength=self.size)
        ends = np.cumsum(self.lengths)
        sums = np.zeros(codes.size + 1, np.uint64)
        powers, inverses = base_powers(codes.size + 1)
        np.cumsum(character_codes()[codes] * powers[: codes.size], out=sums[1:])
        starts = ends - self.lengths
        self.whole = mix((sums[ends] - sums[starts]) * inverses[starts])
        self.shingles = np.zeros(codes.size, np.uint64)
        last = max(0, codes.size - SHINGLE + 1)
        self.shingles[:last] = mix((sums[SHINGLE:] - sums[: -SHINGLE or None])[:last] * inverses[:last]) if last else 0
        self.inside = np.arange(codes.size) + SHINGLE <= ends[self.owner] if codes.size else np.zeros(0, bool)
        self.dense = np.bincount(self.owner, is_dense(codes), self.size) * 2 > self.lengths


def longest_runs(known: np.ndarray, owner: np.ndarray, size: int) -> np.ndarray:
    """(size,): the longest run of True within each owner's stretch."""
    longest = np.zeros(size, np.int64)
    places = np.flatnonzero(known)
    if places.size:
        breaks = np.flatnonzero((np.diff(places) != 1) | (np.diff(owner[places]) != 0))
        first, last = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [places.size - 1]])
        np.maximum.at(longest, owner[places[first]], last - first + 1)
    return longest


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch, size = [], 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def distinct(values: np.ndarray) -> np.ndarray:
    """Sorted and without repeats; np.unique hashes whole numbers, which is several times slower here."""
    values = np.sort(values)
    return values[np.diff(values, prepend=values[:1] + np.uint64(1)) != 0] if values.size else values


def one_bit(places: np.ndarray) -> np.ndarray:
    return np.left_shift(np.uint8(1), (places & np.uint64(7)).astype(np.uint8))


def mix(hashes: np.ndarray) -> np.ndarray:
    """Spreads a polynomial hash over all 64 bits (the finaliser of MurmurHash3)."""
    hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))


def is_dense(codes: np.ndarray) -> np.ndarray:
    return (codes >= 0x3040) & (codes < 0xD7B0) & ~((codes >= 0xA000) & (codes < 0xAC00))


@cache
def kept_characters() -> np.ndarray:
    """(code points,): letters and digits."""
    return np.array([unicodedata.category(chr(code))[0] in "LN" for code in range(0x110000)])


@cache
def character_codes() -> np.ndarray:
    return np.random.default_rng(1).integers(1, 2**64, 0x110000, np.uint64)


POWERS: list[np.ndarray] = []


def base_powers(size: int) -> tuple[np.ndarray, np.ndarray]:
    """BASE to the power of 0 … size - 1, modulo 2^64, and their inverses."""
    if not POWERS or POWERS[0].size < size:
        inverse = np.uint64(pow(int(BASE), -1, 1 << 64))
        longer = max(size, 2 * BATCH)
        POWERS[:] = [
            np.cumprod(np.concatenate([[np.uint64(1)], np.full(longer - 1, base, np.uint64)]), dtype=np.uint64)
            for base in (BASE, inverse)
        ]
    return POWERS[0], POWERS[1]
