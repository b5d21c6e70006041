"""Faiss: graphs, inverted lists of 4-bit codes, and the exact scan."""

from __future__ import annotations

import math
from pathlib import Path

import faiss
import numpy as np

from .base import EF_CONSTRUCTION, M, Engine, Vectors


class Saved(Engine):
    """An index that is kept in one file."""

    package = "faiss-cpu"

    def make(self, count: int, dimension: int) -> faiss.Index:
        raise NotImplementedError

    def build(self, vectors: np.ndarray, folder: Path) -> None:
        faiss.omp_set_num_threads(1)
        self.index = self.make(*vectors.shape)
        self.index.train(vectors)
        self.index.add(vectors)

    def save(self, folder: Path) -> None:
        faiss.write_index(self.index, str(folder / "index"))

    def open(self, folder: Path, vectors: Vectors) -> None:
        self.index = faiss.read_index(str(folder / "index"))

    def search(self, queries: np.ndarray, k: int, effort: int | None, threads: int) -> np.ndarray:
        faiss.omp_set_num_threads(threads)
        return self.index.search(queries, k, params=self.parameters(effort))[1]

    def parameters(self, effort: int | None) -> faiss.SearchParameters | None:
        return None


class Flat(Saved):
    """The exact scan."""

    efforts = (None,)

    def make(self, count: int, dimension: int) -> faiss.Index:
        return faiss.IndexFlatIP(dimension)


class Graph(Saved):
    """HNSW over rows as they came, or over 8-bit codes that are not rescored."""

    def __init__(self, codes: bool) -> None:
        self.codes = codes

    def make(self, count: int, dimension: int) -> faiss.Index:
        metric = faiss.METRIC_INNER_PRODUCT
        if self.codes:
            index = faiss.IndexHNSWSQ(dimension, faiss.ScalarQuantizer.QT_8bit, M, metric)
        else:
            index = faiss.IndexHNSWFlat(dimension, M, metric)
        index.hnsw.efConstruction = EF_CONSTRUCTION
        return index

    def parameters(self, effort: int | None) -> faiss.SearchParameters:
        return faiss.SearchParametersHNSW(efSearch=effort)


class InvertedLists(Saved):
    """Lists of 4-bit product codes read by SIMD shuffles; the best are rescored."""

    efforts = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
    effort_name = "nprobe"
    RESCORED_PER_NEIGHBOUR = 10

    def make(self, count: int, dimension: int) -> faiss.Index:
        # 1,024 lists for 200,000 rows, and in proportion to the root of their number for others.
        lists = 2 ** round(math.log2(2.3 * math.sqrt(count)))
        description = f"IVF{lists},PQ{dimension // 2}x4fs,RFlat"
        return faiss.index_factory(dimension, description, faiss.METRIC_INNER_PRODUCT)

    def parameters(self, effort: int | None) -> faiss.SearchParameters:
        return faiss.IndexRefineSearchParameters(
            k_factor=self.RESCORED_PER_NEIGHBOUR,
            base_index_params=faiss.SearchParametersIVF(nprobe=effort),
        )
