"""USearch: its graph in memory or mapped, and its exact search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from usearch.index import Index, MetricKind, search

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Graph(Engine):
    """`dtype` is how vectors are kept, `view` whether the file is mapped rather than read."""

    package = "usearch"

    def __init__(self, dtype: str, view: bool = False) -> None:
        self.dtype = dtype
        self.view = view

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        self.index = Index(
            ndim=vectors.shape[1],
            metric=MetricKind.Cos if self.dtype == "i8" else MetricKind.IP,
            dtype=self.dtype,
            connectivity=M,
            expansion_add=EF_CONSTRUCTION,
        )
        self.index.add(np.arange(len(vectors), dtype=np.uint64), vectors, threads=1)

    def save(self, folder: Path) -> None:
        self.index.save(str(folder / "index"))

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.index = Index.restore(str(folder / "index"), view=self.view)

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        self.index.expansion_search = effort
        return padded(self.index.search(queries, k, threads=threads), k)


class Exact(Engine):
    """A scan of all rows."""

    package = "usearch"
    efforts = (None,)
    reads_vectors = True

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        pass

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.vectors = vectors.load()

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        return padded(search(self.vectors, queries, k, MetricKind.IP, exact=True, threads=threads), k)


def padded(found, k: int) -> np.ndarray:
    """Keys of one or many queries, where a missing neighbour is -1."""
    keys = np.atleast_2d(found.keys).astype(np.int64)
    counts = np.atleast_1d(getattr(found, "counts", keys.shape[1]))
    keys[np.arange(keys.shape[1])[None, :] >= counts[:, None]] = -1
    return np.pad(keys, ((0, 0), (0, k - keys.shape[1])), constant_values=-1)
