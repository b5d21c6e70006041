"""A measure: one value for each query, and how they become a figure.

Queries lie in cells (a language, a pair of languages). The figure is the mean within each cell first
and over cells then, so that each language counts alike. `groups` numbers what must stay together when
queries are drawn again: questions that are translations of each other share a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Measure:
    """Values of queries; one that is not a number takes no part."""

    values: np.ndarray  # (n,) float32
    groups: np.ndarray  # (n,) int32
    cells: np.ndarray  # (n,) int32, index into `names`
    names: list[str]  # of the cells

    def by_cell(self) -> dict[str, float]:
        """Mean of each cell that has a value."""
        counted = ~np.isnan(self.values)
        sums = np.bincount(self.cells[counted], self.values[counted].astype(np.float64), len(self.names))
        counts = np.bincount(self.cells[counted], minlength=len(self.names))
        return {name: float(sums[at] / counts[at]) for at, name in enumerate(self.names) if counts[at]}

    def mean(self, only: set[str] | None = None) -> float | None:
        """Mean over cells, or over those named in `only`; none where none has a value."""
        means = [mean for name, mean in self.by_cell().items() if only is None or name in only]
        return float(np.mean(means)) if means else None

    def only(self, names: set[str]) -> Measure:
        """The same without the other cells."""
        kept = np.isin(self.cells, [at for at, name in enumerate(self.names) if name in names])
        return Measure(self.values[kept], self.groups[kept], self.cells[kept], self.names)


def of(values: np.ndarray, groups: np.ndarray, cells: np.ndarray, names: list[str]) -> Measure:
    return Measure(values.astype(np.float32), groups.astype(np.int32), cells.astype(np.int32), names)
