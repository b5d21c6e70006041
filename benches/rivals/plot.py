"""Draws recall against speed as an SVG, without a library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from .curves import Point, frontier

# The palette of Okabe and Ito, which people with any colour vision can tell apart; yellow is left
# out, too pale for a line on white. The first is ours.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKS = ("circle", "square", "triangle", "diamond")

WIDTH, HEIGHT = 980, 600
LEFT, RIGHT, TOP, BOTTOM = 84, 282, 56, 68
LEAST_RECALL, MOST_RECALL = 0.80, 0.999
RECALL_TICKS = (0.80, 0.90, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True)
class Line:
    """A curve; ours are drawn heavier."""

    label: str
    points: list[Point]
    ours: bool


def draw(title: str, subtitle: str, lines: list[Line]) -> str:
    """An SVG document. Recall is spread by the logarithm of what is missed."""
    shown = [(line, [p for p in frontier(line.points) if p.recall >= LEAST_RECALL]) for line in lines]
    shown = [(line, points) for line, points in shown if points]
    speeds = [point.qps for _, points in shown for point in points] or [1.0, 10.0]
    scale = Scale(min(speeds) / 1.25, max(speeds) * 1.25)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="17" font-weight="600">{escape(title)}</text>',
        f'<text x="{LEFT}" y="43" fill="#555">{escape(subtitle)}</text>',
        *axes(scale),
    ]
    looks = look([line.ours for line, _ in shown])
    for (line, points), given in zip(shown, looks):
        parts += curve(scale, line, points, *given)
    for number, ((line, _), given) in enumerate(zip(shown, looks)):
        parts += legend(line, number, *given)
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True)
class Scale:
    """Where a recall and a speed are on the page."""

    low: float
    high: float

    def x(self, recall: float) -> float:
        missed = math.log(1 - min(recall, MOST_RECALL))
        first, last = math.log(1 - LEAST_RECALL), math.log(1 - MOST_RECALL)
        return LEFT + (WIDTH - LEFT - RIGHT) * (missed - first) / (last - first)

    def y(self, speed: float) -> float:
        share = math.log(speed / self.low) / math.log(self.high / self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def look(ours: list[bool]) -> list[tuple[str, str, bool]]:
    """Colour, mark and whether the line is dashed: no two of the first twelve rivals are alike."""
    looks, mine, others = [], 0, 0
    for own in ours:
        if own:
            looks.append((COLOURS[0], MARKS[mine % len(MARKS)], mine >= len(MARKS)))
            mine += 1
        else:
            looks.append((COLOURS[1 + others % 6], MARKS[others % len(MARKS)], others >= 12))
            others += 1
    return looks


def axes(scale: Scale) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for recall in RECALL_TICKS:
        x = scale.x(recall)
        label = f"{recall:.3f}".rstrip("0") if recall > 0.99 else f"{recall:.2f}"
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 19}" text-anchor="middle">{label}</text>')
    for speed in round_speeds(scale):
        y = scale.y(speed)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{speed:,.0f}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#555"/>')
    middle = (LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 22}" text-anchor="middle">recall at 10 (further right is better)</text>')
    y = (TOP + bottom) / 2
    parts.append(
        f'<text x="20" y="{y}" text-anchor="middle" transform="rotate(-90 20 {y})">queries a second (higher is better)</text>'
    )
    return parts


def round_speeds(scale: Scale) -> list[float]:
    """1, 2 and 5 times each power of ten within the scale."""
    decades = range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)))
    speeds = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
    return [speed for speed in speeds if scale.low <= speed <= scale.high]


def curve(scale: Scale, line: Line, points: list[Point], colour: str, mark: str, dashed: bool) -> list[str]:
    places = [(scale.x(point.recall), scale.y(point.qps)) for point in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = ' stroke-dasharray="6 4"' if dashed else ""
    width = 3 if line.ours else 1.5
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>']
    size = 4.5 if line.ours else 3.5
    for point, (x, y) in zip(points, places):
        told = f"{line.label}: recall {point.recall:.4f}, {point.qps:,.0f} queries a second"
        parts.append(f"<g><title>{escape(told)}</title>{shape(mark, x, y, size, colour)}</g>")
    return parts


def legend(line: Line, number: int, colour: str, mark: str, dashed: bool) -> list[str]:
    x, y = WIDTH - RIGHT + 26, TOP + 12 + 21 * number
    dash = ' stroke-dasharray="6 4"' if dashed else ""
    weight = ' font-weight="600"' if line.ours else ""
    return [
        f'<line x1="{x}" y1="{y}" x2="{x + 30}" y2="{y}" stroke="{colour}" stroke-width="{3 if line.ours else 1.5}"{dash}/>',
        shape(mark, x + 15, y, 4.5, colour),
        f'<text x="{x + 39}" y="{y + 4.5}"{weight}>{escape(line.label)}</text>',
    ]


def shape(mark: str, x: float, y: float, size: float, colour: str) -> str:
    if mark == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}"/>'
    if mark == "square":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" fill="{colour}"/>'
    corners = {"triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)), "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0))}
    path = " ".join(f"{x + across * size:.1f},{y + down * size:.1f}" for across, down in corners[mark])
    return f'<polygon points="{path}" fill="{colour}"/>'
