"""Qdrant Edge: Qdrant's segments in the process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import qdrant_edge as qdrant

from .base import EF_CONSTRUCTION, M, Engine, Vectors

POINTS_AT_ONCE = 5_000
RESCORED_PER_NEIGHBOUR = 2.0


class Shard(Engine):
    """`codes`: traverse 8-bit codes and rescore with rows as they came."""

    package = "qdrant-edge-py"
    one_by_one = True
    threads = False

    def __init__(self, codes: bool) -> None:
        self.codes = codes

    def config(self, count: int, dimension: int) -> qdrant.EdgeConfig:
        codes = qdrant.ScalarQuantizationConfig(type=qdrant.ScalarType.Int8, quantile=0.99, always_ram=True)
        return qdrant.EdgeConfig(
            vectors=qdrant.EdgeVectorParams(size=dimension, distance=qdrant.Distance.Dot),
            hnsw_config=qdrant.HnswIndexConfig(
                m=M, ef_construct=EF_CONSTRUCTION, full_scan_threshold=10, max_indexing_threads=1
            ),
            quantization_config=codes if self.codes else None,
            # One segment that holds everything, and is indexed.
            optimizers=qdrant.EdgeOptimizersConfig(
                default_segment_number=1, max_segment_size=count * dimension, indexing_threshold=1
            ),
            max_search_threads=1,
            wal_enabled=False,
        )

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        self.shard = qdrant.EdgeShard.create(str(folder), self.config(*vectors.shape))
        for start in range(0, len(vectors), POINTS_AT_ONCE):
            rows = vectors[start : start + POINTS_AT_ONCE].tolist()
            points = [qdrant.Point(start + offset, row) for offset, row in enumerate(rows)]
            self.shard.update(qdrant.UpdateOperation.upsert_points(points))
        self.shard.optimize()

    def save(self, folder: Path) -> None:
        self.shard.flush()
        self.shard.close()

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.shard = qdrant.EdgeShard.load(str(folder))

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        rescoring = qdrant.QuantizationSearchParams(rescore=True, oversampling=RESCORED_PER_NEIGHBOUR)
        parameters = qdrant.SearchParams(hnsw_ef=effort, quantization=rescoring if self.codes else None)
        found = np.full((len(queries), k), -1, dtype=np.int64)
        for number, query in enumerate(queries.tolist()):
            request = qdrant.SearchRequest(qdrant.Query.Nearest(query), k, params=parameters)
            ids = [point.id for point in self.shard.search(request)]
            found[number, : len(ids)] = ids
        return found
