"""Voyager: hnswlib's successor at Spotify, with rows as they came or 8-bit floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import voyager

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Graph(Engine):
    package = "voyager"

    def __init__(self, storage: str) -> None:
        self.storage = getattr(voyager.StorageDataType, storage)

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        self.index = voyager.Index(
            voyager.Space.Cosine,
            num_dimensions=vectors.shape[1],
            M=M,
            ef_construction=EF_CONSTRUCTION,
            max_elements=len(vectors),
            storage_data_type=self.storage,
        )
        self.index.add_items(vectors, ids=list(range(len(vectors))), num_threads=1)

    def save(self, folder: Path) -> None:
        self.index.save(str(folder / "index"))

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.index = voyager.Index.load(str(folder / "index"))

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        return self.index.query(queries, k, num_threads=threads, query_ef=effort)[0].astype(np.int64)
