"""Do two encoders differ by more than the choice of questions explains?"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from . import bitext, bootstrap, levels, results, table
from .bootstrap import Interval
from .measure import Measure
from .results import Result


@dataclass(frozen=True)
class Row:
    """One figure of both, and their difference: second less first."""

    task: str
    centering: str
    measure: str
    first: float
    second: float
    difference: Interval


def main(arguments: list[str]) -> None:
    options = parse_arguments(arguments)
    first, second = results.read(options.first), results.read(options.second)
    rows = compare(first, second, options.resamples, options.seed)
    if not rows:
        raise ValueError(f"{options.first} and {options.second} have no task in common")
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(render(rows, first.name, second.name, options))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.evaluate compare",
        description="Differences of two results with 95 %% intervals, by paired bootstrap over questions: "
        "translations of a question are drawn together.",
    )
    parser.add_argument("first", type=Path, help="NAME.json of an evaluation, its NAME.npz beside it")
    parser.add_argument("second", type=Path, help="likewise, measured on the same queries")
    parser.add_argument("--resamples", type=int, default=bootstrap.RESAMPLES, help="%(default)s by default")
    parser.add_argument("--seed", type=int, default=bootstrap.SEED, help="of the resamples, %(default)s by default")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args(arguments)
    if options.resamples < 1:
        parser.error("--resamples is a number from 1 on")
    return options


def compare(first: Result, second: Result, resamples: int, seed: int) -> list[Row]:
    """A row for every figure that both have, those of NTREX-128 also by level."""
    rows = []
    for task, outcome in first.tasks.items():
        for kind, measures in outcome.measures.items():
            others = second.tasks[task].measures.get(kind, {}) if task in second.tasks else {}
            for name, values in measures.items():
                if name not in others:
                    continue
                for label, a, b in parts(task, name, values, others[name]):
                    try:
                        interval = bootstrap.difference(a, b, resamples, seed)
                    except ValueError as error:
                        raise ValueError(f"{task}: {error}; measure both with the same --sample and --lines") from error
                    rows.append(Row(task, kind, label, a.mean(), b.mean(), interval))
    return rows


def parts(task: str, name: str, first: Measure, second: Measure) -> list[tuple[str, Measure, Measure]]:
    """The measure as a whole, and for translations each level of resources."""
    found = [(name, first, second)]
    if task == bitext.NAME:
        for level, tags in levels.members(first.names).items():
            a, b = first.only(tags), second.only(tags)
            if len(a.values):
                found.append((f"{name} {level}", a, b))
    return found


def render(rows: list[Row], first: str, second: str, options: argparse.Namespace) -> str:
    lines = [["task", "centering", "measure", first, second, "difference", "from", "to", ""]]
    for row in rows:
        gap = row.difference
        shown = [table.shown(value, row.measure) for value in (row.first, row.second)]
        signed = [table.signed(value, row.measure) for value in (gap.value, gap.low, gap.high)]
        lines.append([row.task, row.centering, row.measure, *shown, *signed, "*" if gap.excludes_zero else ""])
    note = f"{bootstrap.LEVEL} % intervals, {options.resamples} resamples of questions, seed {options.seed}; * without 0."
    return f"{table.aligned(lines)}\n\n{note} Intervals are of single figures: of many, some exclude 0 by chance."
