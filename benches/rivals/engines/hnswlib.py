"""hnswlib, the graph that the others are measured by."""

from __future__ import annotations

from pathlib import Path

import hnswlib
import numpy as np

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Graph(Engine):
    package = "hnswlib"

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        self.index = hnswlib.Index(space="ip", dim=vectors.shape[1])
        self.index.init_index(max_elements=len(vectors), M=M, ef_construction=EF_CONSTRUCTION)
        self.index.add_items(vectors, num_threads=1)

    def save(self, folder: Path) -> None:
        self.index.save_index(str(folder / "index"))

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.index = hnswlib.Index(space="ip", dim=vectors.dimension)
        self.index.load_index(str(folder / "index"))

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        self.index.set_ef(effort)
        return self.index.knn_query(queries, k, num_threads=threads)[0]
