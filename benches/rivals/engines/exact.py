"""The exact scan as many a program does it: one matrix product in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .base import Engine, Vectors


class Scan(Engine):
    """`batch` is the number of queries in a product."""

    package = "numpy"
    efforts = (None,)
    threads = False
    reads_vectors = True

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        pass

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.vectors = vectors.load()

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        return nearest(self.vectors, queries, k, self.batch)[0]


def nearest(vectors: np.ndarray, queries: np.ndarray, k: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and inner products of the k nearest rows of each query, nearest first: (queries, k) each."""
    k = min(k, len(vectors))
    ids, scores = [], []
    for start in range(0, len(queries), batch):
        products = queries[start : start + batch] @ vectors.T
        best = np.argpartition(products, -k, axis=1)[:, -k:]
        values = np.take_along_axis(products, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        ids.append(np.take_along_axis(best, order, axis=1))
        scores.append(np.take_along_axis(values, order, axis=1))
    return np.concatenate(ids), np.concatenate(scores)
