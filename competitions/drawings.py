"""Charts as lists of shapes, from which the page's SVG, the report's and the PNG file are all made. Pure.

A figure is what is told: labels and values. A drawing is where its shapes are, in units of a pixel at the size of the
page. Roles stand for colours: the page's style sheet knows them for both looks, a file has them written in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from typing import Final
from xml.sax.saxutils import escape, quoteattr

WIDTH: Final = 720
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 64, 704, 16, 252
TIME_HEIGHT: Final = 290
ROW_HEIGHT, BAR_HEIGHT = 44, 16
BAR_WIDTH: Final = WIDTH
MOST_LABELS: Final = 6
TEXT_SIZE: Final = 13
COLOURS: Final = {"line": "#0a6570", "area": "#0a6570", "grid": "#d3e0e4", "text": "#33505b", "track": "#e8eef0"}


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    role: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    role: str


@dataclass(frozen=True, slots=True)
class Label:
    """`y` is the base line; anchor: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


Shape = Rect | Path | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value and its name; `shown` is the value as text."""

    label: str
    value: float
    shown: str


# -- what charts there are --------------------------------------------------------------------------------------------


def columns(marks: Sequence[Mark]) -> Drawing:
    """One column a mark, from left to right: counts of days."""
    ticks = tick_values(0, max((mark.value for mark in marks), default=0), whole=True)
    step = (PLOT_RIGHT - PLOT_LEFT) / max(1, len(marks))
    gap = step * 0.2 if step > 3 else 0
    shapes: list[Shape] = [*_grid(ticks, [_whole(tick) for tick in ticks])]
    for index, mark in enumerate(marks):
        top = _height(mark.value, ticks)
        if mark.value:
            x = PLOT_LEFT + index * step + gap / 2
            shapes.append(Rect(x, top, step - gap, PLOT_BOTTOM - top, "area"))
    return Drawing(WIDTH, TIME_HEIGHT, (*shapes, *_labels_below([mark.label for mark in marks], step)))


def steps(marks: Sequence[Mark | None]) -> Drawing:
    """A value that holds from its mark on until the next; None holds, too. The last reaches the right edge."""
    values = [mark.value for mark in marks if mark is not None]
    ticks = tick_values(min(values, default=0), max(values, default=0))
    step = (PLOT_RIGHT - PLOT_LEFT) / max(1, len(marks))
    points: list[tuple[float, float]] = []
    for index, mark in enumerate(marks):
        if mark is None:
            continue
        x, y = PLOT_LEFT + index * step, _height(mark.value, ticks)
        points += [(x, points[-1][1]), (x, y)] if points else [(x, y)]
    if points:
        points.append((PLOT_RIGHT, points[-1][1]))
    return Drawing(WIDTH, TIME_HEIGHT, (*_grid(ticks, _decimal(ticks)), Path(tuple(points), "line")))


def with_labels_below(drawing: Drawing, labels: Sequence[str]) -> Drawing:
    step = (PLOT_RIGHT - PLOT_LEFT) / max(1, len(labels))
    return Drawing(drawing.width, drawing.height, (*drawing.shapes, *_labels_below(labels, step)))


def bars(marks: Sequence[Mark]) -> Drawing:
    """One bar below the other, each under its name and number; the track is as long as the largest."""
    largest = max((mark.value for mark in marks), default=0)
    shapes: list[Shape] = []
    for index, mark in enumerate(marks):
        top = index * ROW_HEIGHT
        # The number beside the name, not beyond the bar: on a telephone the right end is out of sight.
        shapes.append(Label(0, top + TEXT_SIZE + 2, f"{mark.label}: {mark.shown}"))
        shapes.append(Rect(0, top + 21, BAR_WIDTH, BAR_HEIGHT, "track"))
        if largest and mark.value:
            shapes.append(Rect(0, top + 21, BAR_WIDTH * mark.value / largest, BAR_HEIGHT, "area"))
    return Drawing(WIDTH, max(1, len(marks)) * ROW_HEIGHT, tuple(shapes))


def tick_values(low: float, high: float, *, whole: bool = False) -> list[float]:
    """About four round numbers that hold both ends: 0, 50, 100, 150 for 0 and 137."""
    if high <= low:
        low, high = (0, 1) if whole else (low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1))
    unit = _round_unit((high - low) / 4)
    unit = max(1, unit) if whole else unit
    first = floor(low / unit)
    ticks = [round(first * unit, 12)]
    while ticks[-1] < high:
        ticks.append(round((first + len(ticks)) * unit, 12))
    return ticks


def _round_unit(wanted: float) -> float:
    """1, 2 or 5 times a power of ten, not below what is wanted."""
    power = float(10.0 ** floor(log10(wanted)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))


def _grid(ticks: Sequence[float], names: Sequence[str]) -> list[Shape]:
    shapes: list[Shape] = []
    for tick, name in zip(ticks, names, strict=True):
        y = _height(tick, ticks)
        shapes.append(Path(((PLOT_LEFT, y), (PLOT_RIGHT, y)), "grid"))
        shapes.append(Label(PLOT_LEFT - 8, y + 4, name, "end"))
    return shapes


def _height(value: float, ticks: Sequence[float]) -> float:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return PLOT_BOTTOM - share * (PLOT_BOTTOM - PLOT_TOP)


def _labels_below(labels: Sequence[str], step: float) -> list[Shape]:
    """A few of them, evenly: all of a year's days would lie on each other."""
    every = max(1, -(-len(labels) // MOST_LABELS))
    chosen = range(0, len(labels), every)
    return [
        Label(min(max(PLOT_LEFT + (index + 0.5) * step, PLOT_LEFT + 20), PLOT_RIGHT - 20), 274, labels[index], "middle")
        for index in chosen
    ]


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _decimal(ticks: Sequence[float]) -> list[str]:
    """With as many decimals as tell neighbours apart."""
    smallest = min(after - before for before, after in pairwise(ticks))
    places = max(0, -floor(log10(smallest) + 1e-9))
    return [f"{tick:.{places}f}" for tick in ticks]


# -- SVG --------------------------------------------------------------------------------------------------------------


def svg(drawing: Drawing, *, title: str, description: str, key: str) -> str:
    """For a page and for a PDF: no script and no style attribute. Colours are attributes, which a style sheet's
    classes may override. `key` makes the ids unique in the page."""
    body = "".join(_svg_shape(shape) for shape in drawing.shapes)
    ids = f"chart-{key}-title chart-{key}-text"
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby={quoteattr(ids)} '
        f'viewBox="0 0 {_number(drawing.width)} {_number(drawing.height)}" width="{_number(drawing.width)}" '
        f'height="{_number(drawing.height)}" font-size="{TEXT_SIZE}">'
        f"<title id={quoteattr(f'chart-{key}-title')}>{escape(title)}</title>"
        f"<desc id={quoteattr(f'chart-{key}-text')}>{escape(description)}</desc>{body}</svg>"
    )


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Label):
        place = f'x="{_number(shape.x)}" y="{_number(shape.y)}" text-anchor="{shape.anchor}"'
        return f'<text class="chart-text" fill="{COLOURS["text"]}" {place}>{escape(shape.text)}</text>'
    colour, name = COLOURS[shape.role], f"chart-{shape.role}"
    if isinstance(shape, Rect):
        place = f'x="{_number(shape.x)}" y="{_number(shape.y)}"'
        size = f'width="{_number(shape.width)}" height="{_number(shape.height)}"'
        return f'<rect class="{name}" fill="{colour}" {place} {size}/>'
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in shape.points)
    width = 2.5 if shape.role == "line" else 1
    return f'<polyline class="{name}" fill="none" stroke="{colour}" stroke-width="{width}" points="{points}"/>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
