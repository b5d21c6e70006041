"""What a run found: CSV, Markdown and a plot."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

from .catalogue import OURS
from .curves import median_curve, median_qps_at, median_ratio
from .data import Pool, QuerySet
from .measure import Measured

RECALLS = (0.90, 0.95, 0.99)
OURS_DRAWN = 4
COLUMNS = [
    "engine", "variant", "n", "dim", "threads", "ef", "recall_at_10", "qps", "build_s", "disk_bytes", "rss_bytes",
    "open_ms",
]  # fmt: skip


def write_csv(path: Path, pool: Pool, queries: str, results: list[Measured]) -> None:
    """A line for each setting: medians over the rounds."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for measured in results:
            for (name, threads), rounds in measured.curves.items():
                if name != queries or measured.missing:
                    continue
                entry = measured.entry
                for point in median_curve(rounds):
                    writer.writerow(
                        [
                            entry.engine,
                            entry.variant,
                            pool.vectors.count,
                            pool.vectors.dimension,
                            threads,
                            "" if point.effort is None else point.effort,
                            f"{point.recall:.4f}",
                            f"{point.qps:.1f}",
                            f"{measured.build['cpu_s']:.2f}",
                            measured.disk_bytes,
                            round(statistics.median(measured.rss_bytes)),
                            f"{statistics.median(measured.warm_ms):.2f}",
                        ]
                    )


def markdown(
    title: str,
    pool: Pool,
    sets: list[QuerySet],
    threads: list[int],
    rounds: int,
    reference: str,
    machine: dict[str, str],
    results: list[Measured],
) -> str:
    """The whole report."""
    lines = [f"# {title}", ""]
    languages = f" in {pool.languages} languages" if pool.languages and pool.languages > 1 else ""
    only = f" in {pool.language}" if pool.language else ""
    asked = ", ".join(f"{queries.vectors.count:,} {queries.name}" for queries in sets)
    lines += [
        f"{pool.vectors.count:,} passages{languages}{only} of {pool.vectors.dimension} dimensions, unit length. "
        f"Queries: {asked}; the 10 nearest by inner product, ties count as found. "
        f"Medians of {rounds} rounds in which the engines took turns, each time in a fresh process. One thread: "
        "processor time of the whole process; more threads: wall time. Graphs: M = 16 (32 links at level 0), "
        "efConstruction = 200, built with one thread.",
        "",
        "; ".join(f"{key}: {value}" for key, value in machine.items()) + ".",
        "",
    ]
    measured = [result for result in results if not result.missing]
    for queries in sets:
        for count in threads:
            key = (queries.name, count)
            some = [result for result in measured if key in result.curves]
            if some:
                plural = "thread" if count == 1 else "threads"
                lines += [f"## Queries a second: {queries.name}, {count} {plural}", ""]
                lines += speed_table(some, key, reference)
    lines += ["## Building, opening, memory", "", *cost_table(measured)]
    missing = [result for result in results if result.missing]
    if missing:
        lines += ["## Not measured", ""]
        lines += [f"- {result.entry.label} {result.version}: {result.missing}" for result in missing]
        lines.append("")
    return "\n".join(lines)


def worth_drawing(results: list[Measured], key: tuple[str, int]) -> list[Measured]:
    """What a plot has room for, the fastest at recall 0.95 first: four of ours, and the best of each rival."""

    def rank(result: Measured) -> tuple[float, float]:
        rounds = result.curves[key]
        return median_qps_at(rounds, 0.95) or 0.0, max(point.recall for point in median_curve(rounds))

    chosen, counts = [], {}
    for result in sorted((result for result in results if not result.entry.exact), key=rank, reverse=True):
        engine = result.entry.engine + result.entry.kind
        counts[engine] = counts.get(engine, 0) + 1
        if counts[engine] <= (OURS_DRAWN if result.entry.engine == OURS else 1):
            chosen.append(result)
    return chosen


def speed_table(results: list[Measured], key: tuple[str, int], reference: str) -> list[str]:
    """Speed at each recall, and how many times that of others ours is."""
    ours = next((result for result in results if result.entry.name == reference), None)
    ours = ours or next((result for result in results if result.entry.engine == OURS), None)
    recalls = [f"at {recall:.2f}" for recall in RECALLS]
    if ours is not None:
        recalls += [f"{ours.entry.label} is, at {recall:.2f}" for recall in RECALLS]
    lines = [f"| engine | version | {' | '.join(recalls)} | recall measured |", "|---" * (len(recalls) + 3) + "|"]
    for result in sorted(results, key=lambda result: -(median_qps_at(result.curves[key], 0.95) or 0)):
        rounds = result.curves[key]
        cells = [result.entry.label + (" *" if result.one_by_one else ""), result.version]
        cells += [speed(median_qps_at(rounds, recall)) for recall in RECALLS]
        if ours is not None:
            ratios = [median_ratio(ours.curves[key], rounds, recall) for recall in RECALLS]
            cells += ["" if result is ours else "–" if ratio is None else f"{ratio:.2f} ×" for ratio in ratios]
        found = [point.recall for point in median_curve(rounds)]
        cells.append(f"{min(found):.3f}" if len(found) == 1 else f"{min(found):.3f} to {max(found):.3f}")
        lines.append(f"| {' | '.join(cells)} |")
    note = "Interpolated (logarithm of speed over recall) within what was measured; `never`: no setting finds as much."
    if any(result.one_by_one for result in results):
        note += " *: queries go through Python one by one, for want of a call that takes many."
    return [*lines, "", note, ""]


def cost_table(results: list[Measured]) -> list[str]:
    lines = [
        "| engine | build s | while building MiB | disk MiB | added memory MiB | first answer, warm ms | cold ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        build = result.build
        seconds = f"{build['cpu_s']:.1f}" + (" (earlier)" if result.from_cache else "")
        cold = "–"
        if result.cold_ms:
            cold = f"{statistics.median(result.cold_ms):.1f}" + ("" if result.cold_is_cold else " (not evicted)")
        cells = [result.entry.label, seconds, mebibytes(build["peak_rss_bytes"]), mebibytes(result.disk_bytes)]
        cells += [mebibytes(statistics.median(result.rss_bytes)), f"{statistics.median(result.warm_ms):.1f}", cold]
        lines.append(f"| {' | '.join(cells)} |")
    return [
        *lines,
        "",
        "Build: processor time, without saving; `earlier`: measured by an earlier run, whose index was used. Memory: "
        "what opening and all searches added to the resident set, mapped file pages included. First answer: from "
        "opening in a fresh process to the neighbours of one query; cold with the files out of the page cache.",
        "",
    ]


def speed(value: float | None) -> str:
    return "never" if value is None else f"{value:,.0f}"


def mebibytes(count: float) -> str:
    return f"{count / 2**20:,.1f}" if count < 100 * 2**20 else f"{count / 2**20:,.0f}"
