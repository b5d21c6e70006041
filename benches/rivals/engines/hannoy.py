"""hannoy: a graph in LMDB."""

from __future__ import annotations

from pathlib import Path

import hannoy
import numpy as np

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Graph(Engine):
    package = "hannoy"
    threads = False

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        # LMDB reserves addresses, not memory.
        size = 4 * vectors.nbytes + (1 << 30)
        database = hannoy.Database(folder, hannoy.Metric.COSINE, env_size=size)
        with database.writer(vectors.shape[1], m=M, ef=EF_CONSTRUCTION) as writer:
            writer.add_items(list(range(len(vectors))), vectors)
        hannoy.Database.commit_rw_txn()

    def open(self, folder: Path, vectors: Vectors) -> None:
        size = 16 * vectors.count * vectors.dimension + (1 << 30)
        self.database = hannoy.Database(folder, hannoy.Metric.COSINE, env_size=size)
        self.reader = self.database.reader()

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        ids = np.empty((len(queries), k), dtype=np.uint32)
        distances = np.empty((len(queries), k), dtype=np.float32)
        self.reader.by_array(queries, n=k, ef_search=effort, out=(ids, distances))
        found = ids.astype(np.int64)
        found[ids == np.iinfo(np.uint32).max] = -1
        return found
