"""Zvec: an embedded vector database with graphs over rows or codes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import zvec

from .base import EF_CONSTRUCTION, M, Engine, Vectors

DOCUMENTS_AT_ONCE = 1_000
FIELD = "vector"
RESCORED_PER_NEIGHBOUR = 2.0


class Collection(Engine):
    """`codes` name a kind of code, whose best candidates are rescored; none keeps rows as they came."""

    package = "zvec"
    one_by_one = True
    threads = False

    def __init__(self, codes: str | None) -> None:
        self.codes = codes
        logs = tempfile.mkdtemp(prefix="zvec-logs-")
        zvec.init(
            log_type=zvec.LogType.FILE, log_level=zvec.LogLevel.ERROR, log_dir=logs, query_threads=1, optimize_threads=1
        )

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        index = zvec.HnswIndexParam(
            metric_type=zvec.MetricType.IP,
            m=M,
            ef_construction=EF_CONSTRUCTION,
            quantize_type=getattr(zvec.QuantizeType, self.codes or "UNDEFINED"),
            use_contiguous_memory=True,
        )
        schema = zvec.CollectionSchema(
            name="passages",
            vectors=zvec.VectorSchema(
                FIELD, zvec.DataType.VECTOR_FP32, dimension=vectors.shape[1], index_param=index
            ),
        )
        self.collection = zvec.create_and_open(str(folder / "collection"), schema)
        for start in range(0, len(vectors), DOCUMENTS_AT_ONCE):
            rows = vectors[start : start + DOCUMENTS_AT_ONCE].tolist()
            documents = [
                zvec.Doc(id=str(start + offset), vectors={FIELD: row}) for offset, row in enumerate(rows)
            ]
            self.collection.insert(documents)
        self.collection.optimize(zvec.OptimizeOption(concurrency=1))

    def save(self, folder: Path) -> None:
        self.collection.flush()
        self.collection.close()

    def open(self, folder: Path, vectors: Vectors) -> None:
        options = zvec.CollectionOption(read_only=True, enable_mmap=True)
        self.collection = zvec.open(str(folder / "collection"), options)

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        parameters = zvec.HnswQueryParam(
            ef=effort, is_using_refiner=self.codes is not None, scale_factor=RESCORED_PER_NEIGHBOUR
        )
        found = np.empty((len(queries), k), dtype=np.int64)
        for number, query in enumerate(queries):
            request = zvec.Query(FIELD, vector=query, param=parameters)
            found[number] = self.collection.query_internal_ids(request, topk=k)
        # Documents were inserted in order of their ids and none was deleted, so an internal id is a row.
        return found
