"""pyglass: a graph over 8-bit codes, the best rescored with the rows as they came."""

from __future__ import annotations

from pathlib import Path

import glass
import numpy as np

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Graph(Engine):
    """The codes are made when the graph is opened; only the graph is saved."""

    package = "pyglass-portable"
    reads_vectors = True

    def __init__(self, codes: str) -> None:
        self.codes = codes

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        glass.set_num_threads(1)
        # R is the number of links at level 0.
        self.index = glass.Index("HNSW", "IP", quant="FP32", R=2 * M, L=EF_CONSTRUCTION)
        self.graph = self.index.build(vectors)

    def save(self, folder: Path) -> None:
        self.graph.save(str(folder / "graph"))

    def open(self, folder: Path, vectors: Vectors) -> None:
        glass.set_num_threads(1)
        self.graph = glass.Graph()
        self.graph.load(str(folder / "graph"))
        self.searcher = glass.Searcher(self.graph, vectors.load(), "IP", self.codes, "FP32")

    def tune(self, queries: np.ndarray) -> None:
        # Measures which prefetch distances suit the machine: seconds.
        self.searcher.optimize(1)

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        self.searcher.set_ef(effort)
        found = self.searcher.batch_search(queries, k, threads)
        ids = found[0] if isinstance(found, tuple) else found
        return np.asarray(ids).reshape(len(queries), k)
