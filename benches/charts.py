"""Line charts as SVG, without a library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 240, 70, 120, 34, 40


@dataclass(frozen=True)
class Chart:
    """Lines over one axis; `low` is where the other axis begins."""

    title: str
    across: str
    lines: dict[str, list[tuple[float, float]]]
    low: float | None = 0.0


def draw(title: str, charts: list[Chart]) -> str:
    """The charts one below the other."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {40 + HEIGHT * len(charts)}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="16" y="24" font-size="16" font-weight="600">{escape(title)}</text>',
    ]
    for number, chart in enumerate(charts):
        parts.append(f'<g transform="translate(0 {40 + HEIGHT * number})">{"".join(panel(chart))}</g>')
    return "\n".join([*parts, "</svg>", ""])


def panel(chart: Chart) -> list[str]:
    points = [point for line in chart.lines.values() for point in line]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low = min(y for _, y in points) if chart.low is None else chart.low
    step = nice((max(y for _, y in points) - low) / 4 or 1.0)
    low, high = math.floor(low / step) * step, math.ceil(max(y for _, y in points) / step) * step
    high = high if high > low else low + step

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - left) / ((right - left) or 1)
        up = (y - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="18" font-weight="600">{escape(chart.title)}</text>']
    for tick in range(round((high - low) / step) + 1):
        _, y = place(left, low + tick * step)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{low + tick * step:g}</text>')
    for x in sorted({left, (left + right) / 2, right}):
        at, _ = place(x, low)
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:.3g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle" fill="#555">{escape(chart.across)}</text>')
    for (name, line), colour in zip(chart.lines.items(), COLOURS):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = place(*line[-1])
        parts.append(f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return parts


def nice(step: float) -> float:
    """1, 2 or 5 times a power of ten, not below `step`."""
    power = 10 ** math.floor(math.log10(step))
    return next(power * of for of in (1, 2, 5, 10) if power * of >= step * 0.999)
