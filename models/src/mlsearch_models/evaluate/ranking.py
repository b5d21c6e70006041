"""Ranks of a few relevant documents among many, found by counting what is ahead of them.

Equal scores rank in the order of the data, as in the engine. Ranks count from 1; 0 marks none.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CHUNK_SCORES = 4_000_000  # of a block of queries against all documents


def score_blocks(queries: np.ndarray, documents: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Dot products (block, documents) of queries (n, dim), block by block."""
    rows = max(1, CHUNK_SCORES // max(len(documents), 1))
    for start in range(0, len(queries), rows):
        block = slice(start, min(start + rows, len(queries)))
        yield block, queries[block] @ documents.T


def ranks(scores: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Ranks (queries, golds) of the documents `gold` (queries, golds) in `scores` (queries, documents)."""
    found = np.zeros(gold.shape, np.int64)
    for column in range(gold.shape[1]):
        rows = np.flatnonzero(gold[:, column] >= 0)
        places = gold[rows, column]
        own = scores[rows, places][:, None]
        part = scores if len(rows) == len(scores) else scores[rows]
        ahead = np.count_nonzero(part > own, axis=1)
        # The document itself is one that is not worse; only rows with others need a closer look.
        tied = np.flatnonzero(np.count_nonzero(part >= own, axis=1) - ahead > 1)
        for row in tied:
            ahead[row] += (part[row, : places[row]] == own[row]).sum()
        found[rows, column] = 1 + ahead
    return found


def average_precision(found: np.ndarray) -> np.ndarray:
    """(queries,) from the ranks (queries, golds) of all relevant documents, over the whole ranking."""
    present = found > 0
    ordered = np.sort(np.where(present, found, np.iinfo(np.int64).max), axis=1)
    precision = np.arange(1, found.shape[1] + 1) / ordered
    counted = np.arange(found.shape[1]) < present.sum(1, keepdims=True)
    return np.where(counted, precision, 0).sum(1) / present.sum(1)


def rank_distance(found: np.ndarray) -> np.ndarray:
    """(queries,) worst less best rank of the relevant documents; not a number for fewer than two."""
    present = found > 0
    worst = found.max(1).astype(float)
    best = np.where(present, found, np.iinfo(np.int64).max).min(1)
    return np.where(present.sum(1) > 1, worst - best, np.nan)


def top(scores: np.ndarray, count: int) -> np.ndarray:
    """Places (queries, count) of the best documents, in no order; equal scores at the end in the order of the data."""
    count = min(count, scores.shape[1])
    places = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    last = np.take_along_axis(scores, places, 1).min(1)
    for row in np.flatnonzero(np.count_nonzero(scores >= last[:, None], axis=1) > count):
        places[row] = np.argsort(-scores[row], kind="stable")[:count]
    return places
