"""A few shapes of SVG: panels with axes, points, lines and intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape

INK, GREY, RULE, PAPER = "#1f2933", "#667280", "#e3e8ee", "#ffffff"
COLOURS = ("#2563a8", "#c2541b", "#2e7d4f", "#8a3f8f", "#a8862a", "#3a8f9c", "#b03a5b", "#5b6470")
FONT = "font-family='system-ui, sans-serif'"


@dataclass
class Panel:
    """A plot in a box of pixels; x and y are in the data's units."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    parts: list[str] = field(default_factory=list)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def axes(self, title: str, x_title: str, y_title: str, format_x, format_y) -> None:
        """Grid, numbers and titles."""
        for value in ticks(*self.y):
            _, at = self.place(self.x[0], value)
            self.parts.append(line(self.left, at, self.left + self.width, at, RULE))
            self.parts.append(text(self.left - 8, at + 4, format_y(value), GREY, "end"))
        base = self.top + self.height
        for value in ticks(*self.x):
            at, _ = self.place(value, self.y[0])
            self.parts.append(line(at, base, at, base + 4, GREY))
            self.parts.append(text(at, base + 18, format_x(value), GREY, "middle"))
        self.parts.append(line(self.left, base, self.left + self.width, base, GREY))
        self.parts.append(text(self.left, self.top - 12, title, INK, "start", 14, True))
        self.parts.append(text(self.left + self.width / 2, base + 36, x_title, GREY, "middle"))
        if y_title:
            x, y = self.left - 46, self.top + self.height / 2
            self.parts.append(text(x, y, y_title, GREY, "middle", turn=(x, y)))

    def path(self, points: list[tuple[float, float]], colour: str) -> None:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.place(*point) for point in points))
        self.parts.append(f"<polyline points='{places}' fill='none' stroke='{colour}' stroke-width='2'/>")

    def bar(self, x: float, low: float, high: float, colour: str) -> None:
        """An interval, upright."""
        (at, bottom), (_, top) = self.place(x, low), self.place(x, high)
        self.parts.append(line(at, bottom, at, top, colour, 1.5))
        for end in (bottom, top):
            self.parts.append(line(at - 4, end, at + 4, end, colour, 1.5))

    def point(self, x: float, y: float, colour: str, label: str = "", hollow: bool = False) -> None:
        """A dot, with a number in it where there is a label."""
        at, up = self.place(x, y)
        radius = 9 if label else 4.5
        fill, ink = (PAPER, colour) if hollow else (colour, PAPER)
        self.parts.append(f"<circle cx='{at:.1f}' cy='{up:.1f}' r='{radius}' fill='{fill}' stroke='{colour}' stroke-width='2'/>")
        if label:
            self.parts.append(text(at, up + 4, label, ink, "middle", 11, True))

    def link(self, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
        """A thin line between two points."""
        (x1, y1), (x2, y2) = self.place(*start), self.place(*end)
        self.parts.append(line(x1, y1, x2, y2, colour, 1, "3 3"))


def document(width: float, height: float, title: str, parts: list[str]) -> str:
    """The file, on white paper so that it can be read on a dark page too."""
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' height='{height:g}' role='img'>"
    paper = f"<rect width='{width:g}' height='{height:g}' rx='6' fill='{PAPER}'/>"
    return "\n".join([head, f"<title>{escape(title)}</title>", paper, *parts, "</svg>", ""])


def text(x: float, y: float, content: str, colour: str, anchor: str, size: int = 12, bold: bool = False, turn=None) -> str:
    weight = " font-weight='600'" if bold else ""
    rotation = f" transform='rotate(-90 {turn[0]:.1f} {turn[1]:.1f})'" if turn else ""
    start = f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' fill='{colour}' text-anchor='{anchor}'"
    return f"{start}{weight}{rotation}>{escape(content)}</text>"


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dashes: str = "") -> str:
    style = f" stroke-dasharray='{dashes}'" if dashes else ""
    ends = f"x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}'"
    return f"<line {ends} stroke='{colour}' stroke-width='{width:g}'{style}/>"


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between the ends."""
    step = 10 ** math.floor(math.log10((high - low) / most))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= most)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def span(values: list[float]) -> tuple[float, float]:
    """The ends of an axis, with a margin."""
    low, high = min(values), max(values)
    margin = 0.12 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin
