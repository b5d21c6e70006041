#!/usr/bin/env python3
"""Latency while queries arrive at a quarter, half, three quarters and all of what can be answered.

Needs `target/release/mlsearch` and `target/release/load-bench`: `make bench-load`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import charts
import sentences

RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {sentences.ARCHIVE}")
    parser.add_argument("--seconds", type=int, default=60, help="of each rate")
    parser.add_argument("--threads", type=int, default=2, help="that answer")
    arguments = parser.parse_args()
    if not (arguments.data / sentences.ARCHIVE).is_file():
        print(f"SKIPPED: {arguments.data / sentences.ARCHIVE} is not there; {sentences.SOURCE}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        index, questions = sentences.build(arguments.data, Path(scratch))
        options = ["--seconds", arguments.seconds, "--threads", arguments.threads]
        asked = "\n".join(questions[:1100])
        figures = json.loads(sentences.release("load-bench", index, *options, input=asked))
    report(figures)
    plot(figures)
    return 0


def report(figures: dict) -> None:
    print(f"{figures['documents']:,} documents, {figures['threads']} threads, at most {figures['saturation']:.0f} answers a second")
    print(f"{'rate':>6} {'queries':>8} {'answers/s':>10}   latency p50/p99/p99.9 ms   encoder                   index")
    for level in figures["levels"]:
        parts = ["/".join(f"{level[part][of]:.1f}" for of in ("p50", "p99", "p999")) for part in PARTS]
        print(f"{level['share']:>4} % {level['queries']:>8,} {level['rate']:>10.1f}   {parts[0]:25} {parts[1]:25} {parts[2]}")


PARTS = {"latency_ms": "latency", "encode_ms": "encoder", "search_ms": "index"}


def plot(figures: dict) -> None:
    def line(part: str, of: str) -> list[tuple[float, float]]:
        return [(level["share"], level[part][of]) for level in figures["levels"]]

    quantiles = {"p50": "half", "p99": "99 %", "p999": "99.9 %"}
    panels = [
        charts.Chart(f"{name.capitalize()}, ms", "% of the greatest rate", {said: line(part, of) for of, said in quantiles.items()})
        for part, name in PARTS.items()
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "load.svg").write_text(charts.draw("Latency under load, two cores", panels), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
