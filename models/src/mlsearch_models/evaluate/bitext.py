"""Retrieval of translations on NTREX-128, sentence against sentence.

- `pool`: a sentence in a language against all sentences of all languages but itself: is the first one
  a translation of it? Sentences in other regional forms of the language are translations, too, and
  nearly copies (most of the British lines are the American ones, letter for letter), so this figure
  is too good for a language with variants.
- `pool_own`: share of first places that go to the query's own language: 0 is right, since the query
  itself is not in the pool.
- `pool_without_variants`, `pool_own_without_variants`: the same with one tag a language, among
  queries and in the pool.
- `from_english`, `into_english`: recall at 1 of an English sentence in the sentences of a language,
  and the other way round; other forms of English are left out.

A query and a document are the same kind of text here. They are encoded with the prompt of `ROLE`.
Within one language, what centering takes off a document's score is the same for all. So the best of
each language's sentences is found once, and centering the documents only changes which of these wins.
"""

from __future__ import annotations

import numpy as np

from . import centering, levels, measure
from .measure import Measure
from .ntrex import PIVOT, Dataset
from .vectors import VectorStore

NAME = "ntrex"
ROLE = "query"
Measures = dict[str, dict[str, Measure]]  # centering -> name -> values


def evaluate(store: VectorStore, dataset: Dataset, sample: int | None = None) -> Measures:
    """All measures under each kind of centering, of the first `sample` lines of each language."""
    dataset = dataset.first(sample)
    return score(dataset, store.get(dataset.lines, ROLE, "NTREX-128"))


def score(dataset: Dataset, vectors: dict[str, np.ndarray]) -> Measures:
    """From vectors: those of each tag are float32 (lines, dim)."""
    tags = dataset.tags
    blocks = np.stack([vectors[tag] for tag in tags])  # (tags, lines, dim)
    means = blocks.mean(1, dtype=np.float64).astype(np.float32)  # (tags, dim)
    found = {kind: Found(tags, blocks.shape[1]) for kind in centering.KINDS}
    for number in range(len(tags)):
        queries = blocks[number]
        best, right = best_of_blocks(queries, blocks, number)
        found["none"].add(number, best, right)
        found["documents"].add(number, best - queries @ means.T, right)
        queries = queries - means[number]
        best, right = best_of_blocks(queries, blocks, number)
        found["both"].add(number, best - queries @ means.T, right)
    representatives = dataset.representatives()
    return {kind: rows.measures(representatives) for kind, rows in found.items()}


def best_of_blocks(queries: np.ndarray, blocks: np.ndarray, own: int) -> tuple[np.ndarray, np.ndarray]:
    """Best score (lines, tags) in each tag's sentences, and whether that is the query's line; itself left out."""
    lines = np.arange(len(queries))
    best = np.empty((len(queries), len(blocks)), np.float32)
    right = np.zeros(best.shape, bool)
    for tag, block in enumerate(blocks):
        scores = queries @ block.T  # (lines, lines)
        if tag == own:
            scores[lines, lines] = -np.inf
        first = scores.argmax(1)
        best[:, tag] = scores[lines, first]
        right[:, tag] = first == lines
    return best, right


class Found:
    """What the first places of every query are."""

    def __init__(self, tags: list[str], lines: int):
        self.tags, self.lines = tags, lines
        self.best: list[np.ndarray] = []  # of each tag: (lines, tags)
        self.right: list[np.ndarray] = []

    def add(self, number: int, best: np.ndarray, right: np.ndarray) -> None:
        assert number == len(self.best), "tags come in order"
        self.best.append(best)
        self.right.append(right)

    def measures(self, representatives: set[str]) -> dict[str, Measure]:
        every = list(range(len(self.tags)))
        single = [at for at in every if self.tags[at] in representatives]
        pivot = self.tags.index(PIVOT)
        others = [at for at in every if levels.language(self.tags[at]) != levels.language(PIVOT)]
        hit, own = self.first_places(every)
        hit_single, own_single = self.first_places(single)
        return {
            "pool": self.measure(hit, every),
            "pool_own": self.measure(own, every),
            "pool_without_variants": self.measure(hit_single, single),
            "pool_own_without_variants": self.measure(own_single, single),
            "from_english": self.measure([self.right[pivot][:, at] for at in others], others),
            "into_english": self.measure([self.right[at][:, pivot] for at in others], others),
        }

    def first_places(self, within: list[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Of each tag in `within`, against the sentences of these: whether the first is right, and whether its own."""
        hits, owns = [], []
        rows = np.arange(self.lines)
        for number in within:
            winner = np.array(within)[self.best[number][:, within].argmax(1)]
            hits.append(self.right[number][rows, winner])
            owns.append(winner == number)
        return hits, owns

    def measure(self, columns: list[np.ndarray], numbers: list[int]) -> Measure:
        """Of the tags `numbers`, a column of lines each."""
        values = np.concatenate(columns).astype(np.float32)
        groups = np.tile(np.arange(self.lines), len(numbers))
        return measure.of(values, groups, np.repeat(numbers, self.lines), self.tags)
