"""A row of the report: the runs of one recipe, which differ by their seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .. import bootstrap, results
from ..bootstrap import Interval
from ..measure import Measure
from ..results import Result


@dataclass
class Row:
    """Figures are means over the runs."""

    name: str
    runs: list[Result]

    @property
    def alpha(self) -> float | None:
        """Share of monolingual batches, where all runs were trained with the same."""
        values = {run.experiment.get("alpha") for run in self.runs}
        return values.pop() if len(values) == 1 else None

    def facts(self, task: str) -> dict[str, object] | None:
        """What a task was measured on; none where it was not."""
        return self.runs[0].tasks[task].facts if task in self.runs[0].tasks else None

    def values(self, task: str, kind: str, measure: str) -> Measure | None:
        """The value of each query, averaged over the runs; none where a run lacks it."""
        found = [run.tasks[task].measures.get(kind, {}).get(measure) for run in self.runs if task in run.tasks]
        if len(found) < len(self.runs) or any(values is None for values in found):
            return None
        return bootstrap.mean_of(found)

    def mean(self, task: str, kind: str, measure: str, only: set[str] | None = None) -> float | None:
        values = self.values(task, kind, measure)
        return values.mean(only) if values else None

    def interval(self, task: str, kind: str, measure: str) -> Interval | None:
        """Over questions, of the mean over the runs: it says nothing of other seeds."""
        values = self.values(task, kind, measure)
        return bootstrap.interval(values) if values else None

    def spread(self, task: str, kind: str, measure: str) -> tuple[float, float] | None:
        """Least and greatest figure of the runs."""
        found = [run.mean(task, kind, measure) for run in self.runs]
        return None if None in found else (min(found), max(found))


def read_rows(folder: Path, names: list[str] | None = None) -> list[Row]:
    """All results of a folder, by row; only those named, in that order, where names are given."""
    paths = [path for path in sorted(folder.glob("*.json")) if path.with_suffix(".npz").exists()]
    if not paths:
        raise ValueError(f"{folder} holds no results: no NAME.json with NAME.npz beside it")
    runs: dict[str, list[Result]] = {}
    for path in paths:
        result = results.read(path)
        runs.setdefault(str(result.experiment.get("row") or result.name), []).append(result)
    unknown = [name for name in names or [] if name not in runs]
    if unknown:
        raise ValueError(f"{folder} has no row {', '.join(unknown)}; it has {', '.join(runs)}")
    return [check(Row(name, runs[name])) for name in names or runs]


def check(row: Row) -> Row:
    """Raises ValueError for runs of one row that were measured on different data."""
    for task in row.runs[0].tasks:
        facts = [run.tasks[task].facts for run in row.runs if task in run.tasks]
        if any(other != facts[0] for other in facts):
            raise ValueError(f"the runs of {row.name} were measured on different data for {task}: {facts}")
    return row
