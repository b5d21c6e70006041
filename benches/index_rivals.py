#!/usr/bin/env python3
"""Measures mlsearch's index beside other vector indexes: recall, speed, size, memory, time to open.

    python3 benches/index_rivals.py --data .cache/corpus

Every engine gets the same vectors and works in processes of its own. First each builds its index, or
takes the one that an earlier run left in .cache/rivals. Then all are opened cold, and then they take
turns, round after round: each is opened in a fresh process and asked all queries at one setting after
the other, from quick to thorough. An engine that cannot be installed or fails is reported, and the
others go on. benches/README.md says how to read the figures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rivals.environment import CHECKOUT, SetupError, build_workers, machine, run_inside


def main() -> int:
    arguments = parse_arguments()
    try:
        status = run_inside(Path(__file__))
        if status is not None:
            return status
        return compare(arguments)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of passages.f32, heldout.f32, questions.f32")
    parser.add_argument("--n", type=int, default=200_000, help="passages to index (default: %(default)s)")
    parser.add_argument("--language", help="index the passages of one language only")
    parser.add_argument(
        "--queries", nargs="+", choices=["heldout", "questions"], default=["heldout", "questions"],
        help="sets of queries; CSV, plot and several threads are of the first (default: heldout questions)",
    )
    parser.add_argument("--engines", nargs="+", help="engines or engine/variant (default: all)")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="query threads (default: 1 2)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each engine (default: %(default)s)")
    parser.add_argument("--cold", type=int, default=3, help="cold opens of each engine (default: %(default)s)")
    parser.add_argument("--floor", type=float, default=50.0, help="end a sweep below these queries a second")
    parser.add_argument("--limit", type=float, default=7200.0, help="seconds that one build may take")
    parser.add_argument("--rebuild", action="store_true", help="build again what the cache has")
    parser.add_argument("--any-build", action="store_true", help="take an index that an earlier build of ours made")
    parser.add_argument("--reference", default="mlsearch/int8", help="our variant that ratios are of")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "benches" / "results", help="folder of the report")
    parser.add_argument("--binaries", type=Path, help="folder of built Rust workers, taken as they are")
    arguments = parser.parse_args()
    if min(arguments.rounds, arguments.n, *arguments.threads) < 1:
        parser.error("--rounds, --n and --threads must be at least 1")
    return arguments


def compare(arguments: argparse.Namespace) -> int:
    # These need NumPy, which the environment has.
    from rivals import plot, report
    from rivals.catalogue import OURS, chosen
    from rivals.curves import median_curve, median_qps_at
    from rivals.data import DataError, load_pool, load_queries
    from rivals.measure import Bench, open_cold, prepare, turn

    cache = CHECKOUT / ".cache" / "rivals"
    try:
        entries = chosen(arguments.engines)
        pool = load_pool(arguments.data.resolve(), cache, arguments.n, arguments.language)
        sets = [load_queries(arguments.data.resolve(), cache, pool, name) for name in dict.fromkeys(arguments.queries)]
    except (DataError, ValueError) as error:
        raise SetupError(str(error)) from error
    here = machine()
    bench = Bench(pool, cache, build_workers(arguments.binaries))

    rebuilt: set[str] = set()
    results = []
    for entry in entries:
        again = arguments.rebuild and f"{entry.engine}/{entry.built}" not in rebuilt
        results.append(prepare(bench, entry, again, arguments.any_build, arguments.limit))
        rebuilt.add(f"{entry.engine}/{entry.built}")
    for number in range(arguments.cold):
        for measured in results:
            if not measured.missing:
                open_cold(bench, measured, sets[0], limit_s=600)
    for number in range(arguments.rounds):
        for measured in results:
            if measured.missing:
                continue
            turn(bench, measured, sets, arguments.threads, limit_s=600, floor_qps=arguments.floor)
            if not measured.missing:
                speed = report.speed(median_qps_at(measured.curves[sets[0].name, arguments.threads[0]], 0.95))
                bench.say(f"round {number + 1} of {arguments.rounds}, {measured.entry.name}: {speed} at recall 0.95")

    title = "The index beside others"
    text = report.markdown(
        title, pool, sets, arguments.threads, arguments.rounds, arguments.reference, here, results
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "rivals.md").write_text(text, encoding="utf-8")
    for queries in sets:
        suffix = "" if queries is sets[0] else f"-{queries.name}"
        report.write_csv(arguments.out / f"rivals{suffix}.csv", pool, queries.name, results)
    key = (sets[0].name, arguments.threads[0])
    drawn = [measured for measured in results if not measured.missing and key in measured.curves]
    lines = [
        plot.Line(measured.entry.label, median_curve(measured.curves[key]), measured.entry.engine == OURS)
        for measured in report.worth_drawing(drawn, key)
    ]
    count = f"{pool.vectors.count:,} passages, {pool.vectors.dimension} dimensions, queries: {sets[0].name}, "
    subtitle = count + f"{key[1]} thread{'s' if key[1] > 1 else ''}; {here['processor']}"
    (arguments.out / "rivals.svg").write_text(plot.draw(title, subtitle, lines), encoding="utf-8")
    print(text)
    return 0



if __name__ == "__main__":
    sys.exit(main())
