"""Scalable Vector Search: a Vamana graph over rows, or over locally adaptive codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import svs

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Vamana(Engine):
    """`bits` are those of a component's code and of its residual; none keeps rows as they came."""

    package = "scalable-vs"

    def __init__(self, bits: tuple[int, int] | None = None) -> None:
        self.bits = bits

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        parameters = svs.VamanaBuildParameters(
            graph_max_degree=2 * M, window_size=EF_CONSTRUCTION, alpha=0.95, prune_to=2 * M - 4
        )
        rows = vectors
        if self.bits:
            source = folder / "source.fvecs"
            svs.write_vecs(vectors, str(source))
            loader = svs.VectorDataLoader(str(source), svs.DataType.float32)
            rows = svs.LVQLoader(loader, primary=self.bits[0], residual=self.bits[1], padding=32)
        try:
            self.index = svs.Vamana.build(parameters, rows, svs.DistanceType.MIP, num_threads=1)
        finally:
            (folder / "source.fvecs").unlink(missing_ok=True)

    def save(self, folder: Path) -> None:
        self.index.save(*(str(folder / part) for part in ("config", "graph", "data")))

    def open(self, folder: Path, vectors: Vectors) -> None:
        data = str(folder / "data")
        loader = svs.LVQLoader(data, padding=32) if self.bits else svs.VectorDataLoader(data, svs.DataType.float32)
        self.index = svs.Vamana(
            str(folder / "config"),
            svs.GraphLoader(str(folder / "graph")),
            loader,
            distance=svs.DistanceType.MIP,
            num_threads=1,
        )

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        if self.index.num_threads != threads:
            self.index.num_threads = threads
        if self.index.search_window_size != effort:
            self.index.search_window_size = effort
        return self.index.search(queries, k)[0].astype(np.int64)
