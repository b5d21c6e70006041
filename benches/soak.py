#!/usr/bin/env python3
"""An hour of mixed queries: does memory stay flat, and does the process keep its speed?

Asks queries of every length, with every correction, report and ranking, from several threads. Needs
`target/release/mlsearch` and `target/release/soak-bench`: `make bench-soak`.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import charts
import sentences

RESULTS = Path(__file__).resolve().parent / "results"
MEGABYTE = 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {sentences.ARCHIVE}")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--warm-up", type=int, default=300, help="seconds that do not count")
    arguments = parser.parse_args()
    if not (arguments.data / sentences.ARCHIVE).is_file():
        print(f"SKIPPED: {arguments.data / sentences.ARCHIVE} is not there; {sentences.SOURCE}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        index, questions = sentences.build(arguments.data, Path(scratch))
        rows = ask(index, questions, arguments)
    report(rows, arguments.warm_up)
    plot(rows)
    return 0


def ask(index: Path, questions: list[str], arguments: argparse.Namespace) -> list[dict[str, float]]:
    """A row of figures every ten seconds, shown as they come."""
    command = [sentences.CHECKOUT / "target/release/soak-bench", index]
    command += ["--seconds", str(arguments.seconds), "--threads", str(arguments.threads)]
    rows = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write("\n".join(questions))
        process.stdin.close()
        for row in csv.DictReader(process.stdout):
            rows.append({name: float(value) for name, value in row.items()})
            shown = f"{rows[-1]['seconds']:6.0f} s  {rows[-1]['queries']:9,.0f} queries  {rows[-1]['resident_bytes'] / MEGABYTE:6.0f} MB"
            print(f"\r{shown}", end="", file=sys.stderr)
    print(file=sys.stderr)
    if process.returncode or not rows:
        raise SystemExit(f"soak-bench ended with {process.returncode}")
    return rows


def report(rows: list[dict[str, float]], warm_up: int) -> None:
    settled = [row for row in rows if row["seconds"] >= warm_up] or rows
    memory = [row["resident_bytes"] / MEGABYTE for row in settled]
    quarter = max(1, len(settled) // 4)
    first, last = (sorted(part)[len(part) // 2] for part in (memory[:quarter], memory[-quarter:]))
    print(f"{rows[-1]['queries']:,.0f} queries in {rows[-1]['seconds']:,.0f} s")
    print(f"memory after {settled[0]['seconds']:,.0f} s: {min(memory):.0f} to {max(memory):.0f} MB; medians of the")
    print(f"first and last quarter {first:.0f} and {last:.0f} MB, {last / first - 1:+.1%}")
    handles = [row["handles"] for row in settled]
    print(f"handles: {min(handles):.0f} to {max(handles):.0f}")
    speeds = [speed for _, speed in speed_of(settled)]
    early, late = (sorted(part)[len(part) // 2] for part in (speeds[:quarter], speeds[-quarter:]))
    print(f"queries a processor second: {early:.1f} in the first quarter, {late:.1f} in the last, {late / early - 1:+.1%}")


def speed_of(rows: list[dict[str, float]]) -> list[tuple[float, float]]:
    """Minutes, and queries for each second of processor time, which other processes do not shorten."""
    pairs = zip(rows, rows[6:])
    return [
        (b["seconds"] / 60, (b["queries"] - a["queries"]) / max(0.1, b["processor_seconds"] - a["processor_seconds"]))
        for a, b in pairs
    ]


def plot(rows: list[dict[str, float]]) -> None:
    memory = [(row["seconds"] / 60, row["resident_bytes"] / MEGABYTE) for row in rows]
    handles = [(row["seconds"] / 60, row["handles"]) for row in rows]
    panels = [
        charts.Chart("Memory, MB (without mapped files)", "minutes", {"resident": memory}),
        charts.Chart("Queries a processor second, over a minute", "minutes", {"queries": speed_of(rows)}),
        charts.Chart("Open handles", "minutes", {"handles": handles}),
    ]
    if len(rows) > 8:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "soak.svg").write_text(charts.draw("Mixed queries from four threads", panels), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
