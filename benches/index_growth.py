#!/usr/bin/env python3
"""Measures how mlsearch's index grows: time to build and open, speed, memory, by number of passages.

    python3 benches/index_growth.py --data .cache/corpus

Sizes are taken one after the other; at each, the engines build, and then take turns. A rival whose build
would take longer than the limit, going by its last one, is left out at that size.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
from pathlib import Path

from rivals.environment import CHECKOUT, SetupError, build_workers, machine, run_inside

SIZES = (10_000, 100_000, 1_000_000)
RECALL = 0.95
COLUMNS = [
    "engine", "variant", "n", "dim", "build_s", "build_wall_s", "build_peak_bytes", "disk_bytes", "bytes_per_vector",
    "rss_bytes", "open_ms", "cold_open_ms", "qps_at_0.95", "most_recall",
]  # fmt: skip


def main() -> int:
    arguments = parse_arguments()
    try:
        status = run_inside(Path(__file__))
        return grow(arguments) if status is None else status
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of passages.f32 and heldout.f32")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="numbers of passages")
    parser.add_argument("--queries", choices=["heldout", "questions"], default="heldout")
    parser.add_argument(
        "--engines", nargs="+", default=["mlsearch/int8", "mlsearch/int8-pinned", "hnswlib"],
        help="engines or engine/variant (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, help="turns of each engine (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds a rival's build may take")
    parser.add_argument("--rebuild", action="store_true", help="build again what the cache has")
    parser.add_argument("--any-build", action="store_true", help="take an index that an earlier build of ours made")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "benches" / "results", help="folder of the report")
    parser.add_argument("--binaries", type=Path, help="folder of built Rust workers, taken as they are")
    return parser.parse_args()


def grow(arguments: argparse.Namespace) -> int:
    # These need NumPy, which the environment has.
    from rivals.catalogue import OURS, chosen
    from rivals.data import DataError, load_pool, load_queries
    from rivals.measure import Bench, open_cold, prepare, turn

    cache = CHECKOUT / ".cache" / "rivals"
    binaries = build_workers(arguments.binaries)
    here = machine()
    folder = arguments.data.resolve()
    last_builds: dict[str, tuple[int, float]] = {}
    rows, notes = [], []
    for size in sorted(arguments.sizes):
        try:
            entries = chosen(arguments.engines)
            pool = load_pool(folder, cache, size, None)
            queries = load_queries(folder, cache, pool, arguments.queries)
        except (DataError, ValueError) as error:
            raise SetupError(str(error)) from error
        count = pool.vectors.count
        if any(row["n"] == count for row in rows):
            notes.append(f"{size:,} passages: there are only {count:,}.")
            continue
        bench = Bench(pool, cache, binaries)
        results = []
        rebuilt: set[str] = set()
        for entry in entries:
            if entry.engine in last_builds and entry.engine != OURS:
                before, seconds = last_builds[entry.engine]
                # Building takes a little more than in proportion.
                expected = seconds * (count / before) ** 1.1
                if expected > arguments.limit:
                    notes.append(f"{entry.label} at {count:,}: left out, building would take some {expected:,.0f} s.")
                    continue
            again = arguments.rebuild and entry.built not in rebuilt
            measured = prepare(bench, entry, again, arguments.any_build, limit_s=6 * arguments.limit)
            rebuilt.add(entry.built)
            if not measured.missing:
                last_builds[entry.engine] = (count, measured.build["cpu_s"])
            results.append(measured)
        for _ in range(arguments.rounds):
            for measured in results:
                if not measured.missing:
                    open_cold(bench, measured, queries, limit_s=600)
        for _ in range(arguments.rounds):
            for measured in results:
                if not measured.missing:
                    turn(bench, measured, [queries], [1], limit_s=600, floor_qps=20)
        for measured in results:
            if measured.missing:
                notes.append(f"{measured.entry.label} at {count:,}: {measured.missing}.")
            else:
                rows.append(figures(measured, count, pool.vectors.dimension, queries.name))
                bench.say(f"{measured.entry.name} at {count:,}: {rows[-1]}")
    write(arguments, here, rows, notes)
    return 0


def figures(measured, count: int, dimension: int, queries: str) -> dict:
    """A row of the results: medians over the rounds."""
    from rivals.curves import median_curve, median_qps_at

    rounds = measured.curves[queries, 1]
    qps = median_qps_at(rounds, RECALL)
    return {
        "engine": measured.entry.engine,
        "variant": measured.entry.variant,
        "n": count,
        "dim": dimension,
        "build_s": round(measured.build["cpu_s"], 2),
        "build_wall_s": round(measured.build["wall_s"], 2),
        "build_peak_bytes": measured.build["peak_rss_bytes"],
        "disk_bytes": measured.disk_bytes,
        "bytes_per_vector": round(measured.disk_bytes / count, 1),
        "rss_bytes": round(statistics.median(measured.rss_bytes)),
        "open_ms": round(statistics.median(measured.warm_ms), 2),
        "cold_open_ms": round(statistics.median(measured.cold_ms), 2),
        "qps_at_0.95": "" if qps is None else round(qps, 1),
        "most_recall": round(max(point.recall for point in median_curve(rounds)), 4),
    }


def write(arguments: argparse.Namespace, here: dict[str, str], rows: list[dict], notes: list[str]) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    with open(arguments.out / "growth.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    lines = [
        "# How the index grows",
        "",
        f"Queries: {arguments.queries}, one thread, processor time; medians of {arguments.rounds} rounds. Added memory: "
        "what opening and all searches added to the resident set, mapped file pages included. Open: to the first answer, "
        "in a fresh process.",
        "",
        "; ".join(f"{key}: {value}" for key, value in here.items()) + ".",
        "",
        "| engine | passages | build s | disk bytes a vector | added memory MiB | open warm ms | cold ms | queries a second at recall 0.95 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        qps = row["qps_at_0.95"]
        cells = [f"{row['engine']} {row['variant']}", f"{row['n']:,}", f"{row['build_s']:,.1f}"]
        cells += [f"{row['bytes_per_vector']:,.0f}", f"{row['rss_bytes'] / 2**20:,.0f}", f"{row['open_ms']:.1f}"]
        cells += [f"{row['cold_open_ms']:.1f}", "never" if qps == "" else f"{qps:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    text = "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])
    (arguments.out / "growth.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    sys.exit(main())
