"""Builds, opens and queries the engines in turn."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .catalogue import OURS, Entry
from .curves import Point
from .data import K, Pool, QuerySet
from .engines.base import EF_CONSTRUCTION, M
from .files import disk_bytes, evict, read_once
from .process import Failed, Process

# The parameters of a build, as a part of its name in the cache.
PARAMETERS = f"m{M}-ef{EF_CONSTRUCTION}"
# A setting that finds this much ends a sweep, and so does one that finds hardly more than the third before;
# but not among the first, where engines may raise a small effort to their least.
ENOUGH = 0.997
LEAST_GAIN = 0.001
LEAST_POINTS = 9
# Exact scans are slow and all alike: few queries do.
EXACT_QUERIES = 256
# A measurement fills at least this time.
LEAST_S = 0.25
# Of a file that should be cold, at most this share may stay in memory.
MOST_STAYING = 0.05


@dataclass
class Measured:
    """What is known of an engine. `missing` says why there is nothing more."""

    entry: Entry
    version: str = ""
    effort_name: str = ""
    efforts: list[int | None] = field(default_factory=list)
    threads: bool = False
    one_by_one: bool = False
    reads_vectors: bool = False
    folder: Path | None = None
    build: dict | None = None
    from_cache: bool = False
    disk_bytes: int = 0
    cold_ms: list[float] = field(default_factory=list)
    cold_is_cold: bool = True
    warm_ms: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    # By name of the queries and number of threads: one list of points a round.
    curves: dict[tuple[str, int], list[list[Point]]] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Bench:
    """Where everything is."""

    pool: Pool
    cache: Path
    binaries: Path
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)

    def process(self, entry: Entry) -> Process:
        logs = self.cache / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        return Process(entry, self.binaries, logs / f"{entry.engine}-{entry.variant}.log")

    def given(self, measured: Measured) -> dict:
        """What requests to build or open say of the data."""
        vectors = self.pool.vectors
        return {
            "vectors": str(vectors.path),
            "count": vectors.count,
            "dimension": vectors.dimension,
            "folder": str(measured.folder),
        }

    def files(self, measured: Measured) -> list[Path]:
        return [measured.folder, *([self.pool.vectors.path] if measured.reads_vectors else [])]


def prepare(bench: Bench, entry: Entry, rebuild: bool, any_build: bool, limit_s: float) -> Measured:
    """Asks the engine what it is and builds its index, or finds it in the cache."""
    measured = Measured(entry)
    try:
        with bench.process(entry) as process:
            hello = process.ask("hello", limit_s=120)
            measured.version = hello["version"]
            measured.effort_name = hello["effort_name"]
            measured.efforts = hello["efforts"]
            measured.threads = hello["threads"]
            measured.one_by_one = hello["one_by_one"]
            measured.reads_vectors = hello["reads_vectors"]
            find_or_build(bench, measured, process, rebuild, any_build, limit_s)
    except Failed as failure:
        measured.missing = str(failure)
        bench.say(f"{entry.name}: {failure}")
        return measured
    measured.disk_bytes = disk_bytes(measured.folder)
    if measured.reads_vectors:
        measured.disk_bytes += bench.pool.vectors.count * bench.pool.vectors.dimension * 4
    return measured


def find_or_build(
    bench: Bench, measured: Measured, process: Process, rebuild: bool, any_build: bool, limit_s: float
) -> None:
    entry = measured.entry
    place = bench.cache / bench.pool.key
    stem = f"{entry.engine}-{entry.built}-{PARAMETERS}-"
    name = stem + measured.version + (f"-{digest(bench.binaries / entry.binary)}" if entry.binary else "")
    measured.folder = place / name
    record = place / f"{name}.build.json"
    if not record.is_file() and any_build and entry.engine == OURS:
        # One that another build of ours made, the latest.
        others = sorted(place.glob(f"{stem}*.build.json"), key=lambda path: path.stat().st_mtime)
        if others:
            record = others[-1]
            measured.folder = place / record.name.removesuffix(".build.json")
    if record.is_file() and not rebuild:
        measured.build, measured.from_cache = json.loads(record.read_text(encoding="utf-8")), True
        return
    record.unlink(missing_ok=True)
    shutil.rmtree(measured.folder, ignore_errors=True)
    measured.folder.mkdir(parents=True)
    bench.say(f"{entry.name} {measured.version}: building")
    measured.build = process.ask("build", limit_s=limit_s, **bench.given(measured))
    record.write_text(json.dumps(measured.build), encoding="utf-8")
    bench.say(f"{entry.name}: built in {measured.build['cpu_s']:.1f} s of processor time")


def digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()


def open_cold(bench: Bench, measured: Measured, queries: QuerySet, limit_s: float) -> None:
    """Opens in a fresh process, with the engine's files out of the page cache."""
    try:
        with bench.process(measured.entry) as process:
            give_queries(process, [queries])
            stayed = evict(bench.files(measured))
            measured.cold_is_cold &= stayed <= MOST_STAYING
            answer = process.ask("open", limit_s, **bench.given(measured), queries=queries.name, k=K)
            measured.cold_ms.append(answer["first_answer_ms"])
    except Failed as failure:
        give_up(bench, measured, failure)


def turn(
    bench: Bench, measured: Measured, sets: list[QuerySet], threads: list[int], limit_s: float, floor_qps: float
) -> None:
    """One turn of an engine: opens it warm in a fresh process, and sweeps over its efforts.

    Several threads are tried on the first set of queries only.
    """
    entry = measured.entry
    ids = bench.cache / "logs" / f"{entry.engine}-{entry.variant}.ids"
    try:
        read_once(bench.files(measured))
        with bench.process(entry) as process:
            give_queries(process, sets)
            answer = process.ask("open", limit_s, **bench.given(measured), queries=sets[0].name, k=K)
            measured.warm_ms.append(answer["first_answer_ms"])
            process.ask("tune", limit_s, queries=sets[0].name)
            for queries in sets:
                for count in threads:
                    if count > 1 and (not measured.threads or queries is not sets[0]):
                        continue
                    points = sweep(bench, measured, process, queries, count, ids, limit_s, floor_qps)
                    measured.curves.setdefault((queries.name, count), []).append(points)
                if queries is sets[0]:
                    measured.rss_bytes.append(process.ask("memory")["rss_bytes"])
    except Failed as failure:
        give_up(bench, measured, failure)
    finally:
        ids.unlink(missing_ok=True)


def sweep(
    bench: Bench,
    measured: Measured,
    process: Process,
    queries: QuerySet,
    threads: int,
    ids: Path,
    limit_s: float,
    floor_qps: float,
) -> list[Point]:
    """Recall and speed by effort: of processor time for one thread, of wall time for more."""
    count = min(queries.vectors.count, EXACT_QUERIES if measured.entry.exact else queries.vectors.count)
    earlier = measured.curves.get((queries.name, threads))
    efforts = [point.effort for point in earlier[0]] if earlier else measured.efforts
    asked = {"queries": queries.name, "k": K, "threads": threads, "ids": str(ids), "limit_s": limit_s}
    process.ask("search", count=min(count, 200), effort=efforts[0], least_s=0.0, **asked)
    points = []
    for effort in efforts:
        answer = process.ask("search", count=count, effort=effort, least_s=LEAST_S, **asked)
        seconds = answer["cpu_s"] if threads == 1 else answer["wall_s"]
        found = np.fromfile(ids, dtype="<i4").reshape(count, K)
        points.append(Point(effort, bench.pool.recall(queries, found), answer["answers"] / seconds))
        if not earlier and ends(points, floor_qps):
            break
    return points


def ends(points: list[Point], floor_qps: float) -> bool:
    """Whether more effort is not worth measuring."""
    stalls = len(points) >= LEAST_POINTS and points[-1].recall - points[-4].recall < LEAST_GAIN
    return stalls or points[-1].recall >= ENOUGH or points[-1].qps < floor_qps


def give_queries(process: Process, sets: list[QuerySet]) -> None:
    for queries in sets:
        vectors = queries.vectors
        given = {"path": str(vectors.path), "count": vectors.count, "dimension": vectors.dimension}
        process.ask("queries", name=queries.name, **given)


def give_up(bench: Bench, measured: Measured, failure: Failed) -> None:
    measured.missing = str(failure)
    bench.say(f"{measured.entry.name}: {failure}")
