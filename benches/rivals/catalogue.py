"""Which engines and variants there are, and how each one's worker process is started."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A variant of an engine. `build` names what is built for it, where other variants share it."""

    engine: str
    variant: str
    label: str
    # Rust: the worker's name. Python: the module and class, and what the class is made with.
    binary: str = ""
    module: str = ""
    kind: str = ""
    arguments: tuple[Any, ...] = ()
    build: str = ""
    # A scan of everything: few queries tell its speed.
    exact: bool = False

    @property
    def name(self) -> str:
        return f"{self.engine}/{self.variant}"

    @property
    def built(self) -> str:
        return self.build or self.variant


OURS = "mlsearch"


def ours() -> list[Entry]:
    entries = []
    for codes in ("int8", "int4", "binary", "f16", "f32"):
        entries.append(Entry(OURS, codes, f"mlsearch {codes}", binary="index-worker"))
        entries.append(
            Entry(OURS, f"{codes}-pinned", f"mlsearch {codes}, pinned", binary="index-worker", build=codes)
        )
    return [*entries, Entry(OURS, "exact", "mlsearch, exact", binary="index-worker", build="f32", exact=True)]


CATALOGUE = [
    *ours(),
    Entry("usearch", "f32", "USearch f32", module="usearch", kind="Graph", arguments=("f32",)),
    Entry(
        "usearch", "f32-view", "USearch f32, mapped", module="usearch", kind="Graph", arguments=("f32", True), build="f32"
    ),
    Entry("usearch", "i8", "USearch i8", module="usearch", kind="Graph", arguments=("i8",)),
    Entry("usearch", "i8-view", "USearch i8, mapped", module="usearch", kind="Graph", arguments=("i8", True), build="i8"),
    Entry("hnswlib", "f32", "hnswlib", module="hnswlib", kind="Graph"),
    Entry("faiss", "hnsw-flat", "Faiss HNSWFlat", module="faiss", kind="Graph", arguments=(False,)),
    Entry("faiss", "hnsw-sq8", "Faiss HNSWSQ8", module="faiss", kind="Graph", arguments=(True,)),
    Entry("faiss", "ivf-pq-refine", "Faiss IVF, PQ fast scan, refine", module="faiss", kind="InvertedLists"),
    Entry("glass", "sq8u-refine", "pyglass SQ8U, refine", module="glass", kind="Graph", arguments=("SQ8U",), build="f32"),
    Entry("svs", "lvq4x8", "SVS LVQ4x8", module="svs", kind="Vamana", arguments=((4, 8),)),
    Entry("svs", "lvq8", "SVS LVQ8", module="svs", kind="Vamana", arguments=((8, 0),)),
    Entry("svs", "f32", "SVS f32", module="svs", kind="Vamana"),
    Entry("hnsw_rs", "f32", "hnsw_rs", binary="hnsw-rs-worker"),
    Entry("voyager", "f32", "Voyager f32", module="voyager", kind="Graph", arguments=("Float32",)),
    Entry("voyager", "e4m3", "Voyager E4M3", module="voyager", kind="Graph", arguments=("E4M3",)),
    Entry("zvec", "f32", "Zvec f32", module="zvec", kind="Collection", arguments=(None,)),
    Entry("zvec", "int8-refine", "Zvec int8, refine", module="zvec", kind="Collection", arguments=("INT8",)),
    Entry("qdrant-edge", "f32", "Qdrant Edge f32", module="qdrant", kind="Shard", arguments=(False,)),
    Entry("qdrant-edge", "int8-rescore", "Qdrant Edge int8, rescored", module="qdrant", kind="Shard", arguments=(True,)),
    Entry("hannoy", "f32", "hannoy", module="hannoy", kind="Graph"),
    Entry("usearch", "exact", "USearch, exact", module="usearch", kind="Exact", exact=True),
    Entry("faiss", "flat", "Faiss flat, exact", module="faiss", kind="Flat", exact=True),
    Entry("numpy", "one", "NumPy, one query at once", module="exact", kind="Scan", arguments=(1,), exact=True),
    Entry("numpy", "batch", "NumPy, 256 queries at once", module="exact", kind="Scan", arguments=(256,), exact=True),
]


def chosen(patterns: list[str] | None) -> list[Entry]:
    """Entries whose engine or name is among the patterns; all of them for none."""
    if not patterns:
        return list(CATALOGUE)
    known = {entry.engine for entry in CATALOGUE} | {entry.name for entry in CATALOGUE}
    unknown = [pattern for pattern in patterns if pattern not in known]
    if unknown:
        raise ValueError(f"unknown engines: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [entry for entry in CATALOGUE if entry.engine in patterns or entry.name in patterns]


def by_name(name: str) -> Entry:
    return next(entry for entry in CATALOGUE if entry.name == name)


def make(entry: Entry):
    """The Python engine of an entry. Imports the rival."""
    module = importlib.import_module(f"rivals.engines.{entry.module}")
    return getattr(module, entry.kind)(*entry.arguments)
