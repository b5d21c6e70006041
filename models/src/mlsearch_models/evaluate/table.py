"""Figures as text: shares as `.798`, rank distances as `1230`."""

from __future__ import annotations

import re

from . import bitext, levels
from .results import Outcome, Result

ABSENT = "-"
LEADING_ZERO = re.compile(r"^([+-]?)0\.")


def shown(value: float | None, measure: str) -> str:
    """A figure as it is printed, by the name of its measure."""
    if value is None:
        return ABSENT
    if measure.startswith("rank_distance"):
        return f"{value:.0f}"
    return without_zero(f"{value:.3f}")


def signed(value: float, measure: str) -> str:
    """A difference, with its sign."""
    return f"{value:+.0f}" if measure.startswith("rank_distance") else without_zero(f"{value:+.3f}")


def without_zero(number: str) -> str:
    """`-0.031` as `-.031`."""
    return LEADING_ZERO.sub(r"\1.", number)


def render(result: Result, languages: bool = False) -> str:
    """A block for each task, a line for each kind of centering; with `languages` also for each language."""
    blocks = [f"{result.name}: {result.encoder['name']}, {result.encoder['kind']}, {result.encoder['fingerprint']}"]
    for task, outcome in result.tasks.items():
        facts = ", ".join(f"{value} {name}" for name, value in outcome.facts.items() if value is not None)
        blocks.append(f"{task} ({facts})\n" + aligned(overall(outcome)))
        if task == bitext.NAME:
            blocks.append(f"{task} by level\n" + aligned(by_level(outcome)))
        if languages:
            blocks.append(f"{task} by language, without centering\n" + aligned(by_cell(outcome)))
    blocks += [f"{task}: SKIPPED, {why}" for task, why in result.skipped.items()]
    return "\n\n".join(blocks)


def overall(outcome: Outcome) -> list[list[str]]:
    names = list(outcome.measures["none"])
    rows = [["centering", *names]]
    for kind, measures in outcome.measures.items():
        rows.append([kind, *(shown(measures[name].mean(), name) for name in names)])
    return rows


def by_level(outcome: Outcome) -> list[list[str]]:
    names = list(outcome.measures["none"])
    rows = [["level", "centering", *names]]
    for level in levels.LEVELS:
        for kind, measures in outcome.measures.items():
            cells = []
            for name in names:
                tags = levels.members(measures[name].names)[level]
                cells.append(shown(measures[name].mean(tags), name))
            rows.append([level, kind, *cells])
    return rows


def by_cell(outcome: Outcome) -> list[list[str]]:
    """Of each language or pair. Ordered pairs of languages are too many to print and stand in the JSON."""
    measures = {name: values.by_cell() for name, values in outcome.measures["none"].items()}
    measures = {name: cells for name, cells in measures.items() if not any(">" in cell for cell in cells)}
    rows = [["", *measures]]
    for cell in dict.fromkeys(cell for cells in measures.values() for cell in cells):
        rows.append([cell, *(shown(cells.get(cell), name) for name, cells in measures.items())])
    return rows


def aligned(rows: list[list[str]]) -> str:
    """Columns of equal width, the first to the left and figures to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
