"""Recall against speed: from measured points to the speed at a given recall."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    effort: int | None
    recall: float
    qps: float


def frontier(points: list[Point]) -> list[Point]:
    """The points that no other beats in both recall and speed, by rising recall."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.recall, -point.qps)):
        if not best or point.qps > best[-1].qps:
            best.append(point)
    return best[::-1]


def qps_at(points: list[Point], recall: float) -> float | None:
    """Queries a second at a recall: log of speed, linear between the measured points about it.

    Where even the quickest setting finds more, its speed; None where none finds so much.
    """
    best = frontier(points)
    if not best or best[-1].recall < recall:
        return None
    for low, high in zip(best, best[1:]):
        if low.recall <= recall <= high.recall:
            share = (recall - low.recall) / (high.recall - low.recall)
            return math.exp(math.log(low.qps) * (1 - share) + math.log(high.qps) * share)
    return best[0].qps


def median_curve(rounds: list[list[Point]]) -> list[Point]:
    """Medians over the rounds, of each setting that every round measured."""
    curve = []
    for effort in dict.fromkeys(point.effort for points in rounds for point in points):
        same = [point for points in rounds for point in points if point.effort == effort]
        recall = statistics.median(point.recall for point in same)
        curve.append(Point(effort, recall, statistics.median(point.qps for point in same)))
    return curve


def median_qps_at(rounds: list[list[Point]], recall: float) -> float | None:
    found = [qps_at(points, recall) for points in rounds]
    found = [value for value in found if value is not None]
    return statistics.median(found) if 2 * len(found) > len(rounds) else None


def median_ratio(ours: list[list[Point]], theirs: list[list[Point]], recall: float) -> float | None:
    """How many times faster ours is: the median of round-by-round ratios."""
    ratios = []
    for mine, other in zip(ours, theirs):
        above, below = qps_at(mine, recall), qps_at(other, recall)
        if above is not None and below is not None:
            ratios.append(above / below)
    return statistics.median(ratios) if ratios else None
