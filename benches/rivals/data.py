"""The vectors of a run, what is nearest to each query, and how much of it was found."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .engines.base import Vectors
from .engines.exact import nearest

DIMENSION = 384
K = 10
# Inner products closer than this are ties: either neighbour is right.
TIE = 1e-5
# With fewer queries in its language, a run in one language asks those of all.
LEAST_QUERIES = 100


class DataError(Exception):
    """Says in a sentence what is wrong with the data and what to do."""


@dataclass(frozen=True)
class QuerySet:
    """Queries, and for each the inner product of its k-th neighbour, the least that counts as found."""

    name: str
    vectors: Vectors
    rows: np.ndarray
    least_scores: np.ndarray


@dataclass(frozen=True)
class Pool:
    """What is indexed."""

    key: str
    vectors: Vectors
    rows: np.ndarray
    languages: int | None
    language: str | None

    def recall(self, queries: QuerySet, ids: np.ndarray) -> float:
        """The share of the k nearest that is among `ids`, (queries, k) with -1 for none. Ties count."""
        count, k = ids.shape
        found = 0
        for start in range(0, count, 256):
            part = ids[start : start + 256]
            asked = queries.rows[start : start + 256]
            scores = np.einsum("qd,qkd->qk", asked, self.rows[np.maximum(part, 0)])
            # An id given twice counts once.
            ordered = np.sort(part, axis=1)
            repeats = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
            right = (part >= 0) & (scores >= queries.least_scores[start : start + 256, None] - TIE)
            found += int(np.maximum(right.sum(axis=1) - repeats.sum(axis=1), 0).sum())
        return found / (count * k)


def load_pool(folder: Path, cache: Path, count: int, language: str | None) -> Pool:
    """The first `count` passages, of one language or all."""
    path = folder / "passages.f32"
    rows = open_rows(path)
    texts = folder / "passages.jsonl"
    if language is None:
        rows = rows[:count]
        languages = len({line for line in read_languages(texts, len(rows))}) if texts.is_file() else None
    else:
        if not texts.is_file():
            raise DataError(f"{texts} is missing: the language of each passage is read from it.")
        spoken = read_languages(texts, len(rows))
        chosen = [number for number, name in enumerate(spoken) if name == language][:count]
        if not chosen:
            counts = sorted({name: spoken.count(name) for name in set(spoken)}.items(), key=lambda pair: -pair[1])
            raise DataError(f"no passage is in {language}; there are {counts[:20]}.")
        rows, languages = np.ascontiguousarray(rows[chosen]), 1
    key = hashlib.blake2b(np.ascontiguousarray(rows).data, digest_size=8).hexdigest()
    key = f"{language or 'mixed'}-{len(rows)}-{key}"
    if language is not None:
        path = cache / key / "vectors.f32"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.tofile(path)
    return Pool(key, Vectors(path, len(rows), DIMENSION), rows, languages, language)


def load_queries(folder: Path, cache: Path, pool: Pool, name: str) -> QuerySet:
    """The queries of a file, with the truth: exact inner products, kept in the cache."""
    path = folder / f"{name}.f32"
    rows = np.ascontiguousarray(open_rows(path))
    texts = folder / f"{name}.jsonl"
    if pool.language is not None and texts.is_file():
        spoken = read_languages(texts, len(rows))
        chosen = [number for number, language in enumerate(spoken) if language == pool.language]
        if len(chosen) >= LEAST_QUERIES:
            rows = rows[chosen]
            path = cache / pool.key / f"{name}.f32"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.tofile(path)
    digest = hashlib.blake2b(rows.data, digest_size=8).hexdigest()
    truth = cache / pool.key / f"truth-{name}-{digest}.npy"
    if truth.is_file():
        least = np.load(truth)
    else:
        scores = nearest(np.asarray(pool.rows), rows, K, 250)[1]
        least = scores[:, -1]
        truth.parent.mkdir(parents=True, exist_ok=True)
        np.save(truth, least)
    return QuerySet(name, Vectors(path, len(rows), DIMENSION), rows, least)


def open_rows(path: Path) -> np.ndarray:
    if not path.is_file():
        raise DataError(f"{path} is missing: see benches/README.md for how it is made.")
    whole = path.stat().st_size // (4 * DIMENSION)
    return np.memmap(path, dtype="<f4", mode="r", shape=(whole, DIMENSION))


def read_languages(texts: Path, count: int) -> list[str]:
    with open(texts, encoding="utf-8") as lines:
        return [json.loads(line)["language"] for line, _ in zip(lines, range(count))]
