"""Sections as what is drawn of them: places in units of the drawings, levels of colours, words for screen readers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from complexity.errors import escaped

from ..text import by_number
from .axes import axis_of
from .sections import Cell, Chart, Property, Scale, Scatters

LINE = 200  # the length of a scale
LEVELS = 12  # colours with shapes at most; of more values the rarest share one
BINS = 6  # of numbers with more values than that


@dataclass(frozen=True)
class Box:
    """A chart's size, and the edges of the frame within, in units of the drawing."""

    width: int = 360
    height: int = 230
    left: int = 44
    right: int = 346
    top: int = 8
    bottom: int = 194


BOX = Box()


@dataclass(frozen=True)
class Points:
    """A chart's frame: places of the (k,) points, and of the ticks with their labels."""

    places: tuple[tuple[float, float], ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    logarithmic: bool


@dataclass(frozen=True)
class Line:
    """A scale with a value: all from 0 to `LINE`; None for what is not there."""

    band: tuple[float, float] | None
    marks: tuple[tuple[int, float], ...]  # the number of the mark's style, its place
    value: float | None
    interval: tuple[float, float] | None
    zero: float | None


@dataclass(frozen=True)
class Levels:
    """A property as at most `LEVELS` levels: their labels, and the level of each of n models."""

    name: str
    labels: tuple[str, ...]
    of: tuple[int, ...]


def points(section: Scatters, chart: Chart) -> Points:
    """Where the points of a chart stand."""
    across, up = axis_of(chart.x), axis_of(section.y)
    wide, high = BOX.right - BOX.left, BOX.bottom - BOX.top
    return Points(
        tuple(
            (round(BOX.left + wide * across.share(x), 1), round(BOX.bottom - high * up.share(section.y[model]), 1))
            for model, x in zip(chart.models, chart.x, strict=True)
        ),
        tuple((round(BOX.left + wide * place, 1), label) for place, label in across.ticks()),
        tuple((round(BOX.bottom - high * place, 1), label) for place, label in up.ticks()),
        across.logarithmic,
    )


def line(cell: Cell, scale: Scale) -> Line:
    """What is drawn of a value on a scale."""

    def place(value: float) -> float:
        share = (value - scale.low) / (scale.high - scale.low) if scale.high > scale.low else 0.5
        return round(LINE * min(max(share, 0.0), 1.0), 1)

    return Line(
        None if scale.band is None else (place(scale.band[0]), place(scale.band[1])),
        tuple((style, place(mark.value)) for style, mark in enumerate(scale.marks) if math.isfinite(mark.value)),
        place(cell.value) if math.isfinite(cell.value) else None,
        (place(cell.low), place(cell.high)) if math.isfinite(cell.low) and math.isfinite(cell.high) else None,
        place(0.0) if scale.low < 0 < scale.high else None,
    )


def levels(of: Property) -> Levels:
    """A property's values as levels, numbers in their order; many numbers in bins of as many models each."""
    counts = Counter(of.values)
    values = sorted(counts, key=by_number)
    if len(values) > LEVELS:
        numbers = [number for value in of.values if (number := _number(value)) is not None]
        if len(numbers) == len(of.values):
            return _binned(of.name, numbers)
        kept = {value for value, _ in counts.most_common(LEVELS - 1)}
        values = [value for value in values if value in kept]
        labels = (*values, f"{len(counts) - len(values)} others")
    else:
        labels = tuple(values)
    numbers_of = {value: number for number, value in enumerate(values)}
    return Levels(of.name, labels, tuple(numbers_of.get(value, len(values)) for value in of.values))


def interactive(section: Scatters, drawn: tuple[Levels, ...]) -> dict[str, Any]:
    """What the page's script needs of a section with charts: names are escaped as all texts are."""
    return {
        "models": [escaped(name) for name in section.models],
        "y": [_short(value) for value in section.y],
        "yName": escaped(section.y_name),
        "properties": [
            {"name": escaped(one.name), "labels": [escaped(label) for label in one.labels], "of": one.of}
            for one in drawn
        ],
        "texts": [[escaped(value) for value in one.values] for one in section.properties],
        "charts": [
            {"title": escaped(chart.title), "models": chart.models, "x": [_short(value) for value in chart.x]}
            for chart in section.charts
        ],
    }


def heat(value: float) -> str:
    """The style of a cell of a heat map: "n5" to "n1", "z", "p1" to "p5", or "none"."""
    if math.isnan(value):
        return "none"
    step = round(5 * min(abs(value), 1.0))
    return "z" if step == 0 else f"{'p' if value > 0 else 'n'}{step}"


def _binned(name: str, numbers: list[float]) -> Levels:
    order = sorted(set(numbers))
    cuts = [order[len(order) * part // BINS] for part in range(BINS)]
    bins = [max(part for part, cut in enumerate(cuts) if cut <= value) for value in numbers]
    labels = []
    for part, cut in enumerate(cuts):
        last = max((value for value, found in zip(numbers, bins, strict=True) if found == part), default=cut)
        labels.append(f"{cut:.4g} to {last:.4g}")
    return Levels(name, tuple(labels), tuple(bins))


def _number(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _short(value: float) -> float:
    """Four digits are read in a hover text; the bytes of more are saved."""
    return float(f"{value:.5g}")
