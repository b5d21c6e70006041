"""Intervals by drawing queries again.

What is drawn are groups: a question with all its translations, or a line of NTREX with all its
languages. Drawing single queries would count eleven translations of one question as eleven
observations and make every interval too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .measure import Measure

RESAMPLES = 2000
SEED = 20241
LEVEL = 95  # percent


@dataclass(frozen=True)
class Interval:
    """A figure and the percentiles of its resamples."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def weights(groups: int, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """How often each group is drawn in each resample, (resamples, groups)."""
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=resamples)


def resampled(measure: Measure, drawn: np.ndarray) -> np.ndarray:
    """The figure under each row of `drawn` (resamples, groups): (resamples,)."""
    counted = ~np.isnan(measure.values)
    shape = (drawn.shape[1], len(measure.names))
    places = np.ravel_multi_index((renumbered(measure)[counted], measure.cells[counted]), shape)
    size = shape[0] * shape[1]
    sums = np.bincount(places, measure.values[counted].astype(np.float64), size).reshape(shape)
    counts = np.bincount(places, minlength=size).reshape(shape)
    present = counts.any(0)
    with np.errstate(invalid="ignore"):
        means = (drawn @ sums[:, present]) / (drawn @ counts[:, present])  # (resamples, cells)
    return np.nanmean(means, axis=1)


def interval(measure: Measure, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Of a figure."""
    drawn = weights(len(np.unique(measure.groups)), resamples, seed)
    return bounds(measure.mean(), resampled(measure, drawn))


def difference(first: Measure, second: Measure, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Of the second figure less the first, over the same queries: both see the same resamples.

    Raises ValueError where the queries are not the same.
    """
    same = len(first.values) == len(second.values) and first.names == second.names
    if not (same and (first.groups == second.groups).all() and (first.cells == second.cells).all()):
        raise ValueError("the two results were measured on different queries")
    drawn = weights(len(np.unique(first.groups)), resamples, seed)
    return bounds(second.mean() - first.mean(), resampled(second, drawn) - resampled(first, drawn))


def mean_of(measures: list[Measure]) -> Measure:
    """The mean of each query's values over several runs on the same queries."""
    values = np.mean([measure.values for measure in measures], axis=0)
    return Measure(values, measures[0].groups, measures[0].cells, measures[0].names)


def renumbered(measure: Measure) -> np.ndarray:
    """Groups as numbers from 0 on without gaps."""
    return np.unique(measure.groups, return_inverse=True)[1]


def bounds(value: float, resamples: np.ndarray) -> Interval:
    edge = (100 - LEVEL) / 2
    low, high = np.percentile(resamples, [edge, 100 - edge])
    return Interval(float(value), float(low), float(high))
