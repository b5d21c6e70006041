"""What is drawn: figures over alpha, and what the pool of all languages costs within one."""

from __future__ import annotations

from dataclasses import dataclass

from .. import lareqa, table
from . import svg
from .rows import Row

PANELS = {
    "mono": "mono mAP",
    "cross": "cross mAP",
    "multi": "multi mAP",
    "rank_distance": "rank distance (lower is better)",
}


@dataclass(frozen=True)
class Image:
    title: str
    text: str


def over_alpha(rows: list[Row]) -> Image | None:
    """A panel for each figure, alpha across, with 95 % intervals; none for fewer than two values of alpha."""
    points = sorted(
        ((row.alpha, row) for row in rows if row.alpha is not None and row.facts(lareqa.NAME)),
        key=lambda point: point[0],
    )
    alphas = [alpha for alpha, _ in points]
    if len(set(alphas)) < 2:
        return None
    parts: list[str] = []
    for number, (measure, title) in enumerate(PANELS.items()):
        found = [(alpha, row.interval(lareqa.NAME, "none", measure)) for alpha, row in points]
        ends = [end for _, interval in found for end in (interval.low, interval.high)]
        left, top = 70 + (number % 2) * 370, 50 + (number // 2) * 270
        panel = svg.Panel(left, top, 290, 180, svg.span(alphas), svg.span(ends))
        panel.axes(
            title,
            "alpha: share of monolingual batches",
            "",
            "{:g}".format,
            lambda value, m=measure: number_of(value, m),
        )
        colour = svg.COLOURS[number]
        if len(set(alphas)) == len(alphas):
            panel.path([(alpha, interval.value) for alpha, interval in found], colour)
        for alpha, interval in found:
            panel.bar(alpha, interval.low, interval.high, colour)
            panel.point(alpha, interval.value, colour)
        parts += panel.parts
    title = "Figures on XQuAD-R over alpha"
    return Image(title, svg.document(760, 570, title, parts))


def mono_against_multi(rows: list[Row]) -> Image | None:
    """Each row as a numbered dot, and hollow with its documents centered; none for fewer than two rows."""
    rows = [row for row in rows if row.facts(lareqa.NAME)]
    if len(rows) < 2:
        return None
    places = {
        (at, kind): (row.mean(lareqa.NAME, kind, "mono"), row.mean(lareqa.NAME, kind, "multi"))
        for at, row in enumerate(rows)
        for kind in ("none", "documents")
    }
    height = max(430, 110 + 22 * len(rows))
    x, y = (svg.span([place[axis] for place in places.values()]) for axis in (0, 1))
    panel = svg.Panel(80, 50, 420, height - 110, x, y)
    title = "Within one language and across all (XQuAD-R)"
    shown = lambda value: number_of(value, "mono")  # noqa: E731
    panel.axes(title, "mono mAP", "multi mAP", shown, shown)
    for at in range(len(rows)):
        colour = svg.COLOURS[at % len(svg.COLOURS)]
        panel.link(places[at, "none"], places[at, "documents"], colour)
        panel.point(*places[at, "documents"], colour, str(at + 1), hollow=True)
        panel.point(*places[at, "none"], colour, str(at + 1))
    for at, row in enumerate(rows):
        panel.parts.append(
            svg.text(524, 66 + 22 * at, f"{at + 1}  {row.name}", svg.COLOURS[at % len(svg.COLOURS)], "start", 13)
        )
    panel.parts.append(svg.text(524, 78 + 22 * len(rows), "hollow: documents centered", svg.GREY, "start"))
    # About seven units a letter of the legend.
    width = max(760, 560 + 7 * max(len(row.name) for row in rows))
    return Image(title, svg.document(width, height, title, panel.parts))


def number_of(value: float, measure: str) -> str:
    """A number at an axis: no more digits than it needs."""
    return table.shown(value, measure).rstrip("0").rstrip(".") if measure != "rank_distance" else f"{value:.0f}"
