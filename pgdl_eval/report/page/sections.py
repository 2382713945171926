"""What a page holds: plain frozen data, which knows neither HTML nor scoreboards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "unsure", "plain"]


@dataclass(frozen=True)
class Verdict:
    """A sentence about what has this name: a measure, a model, a task; the tone gives its sign and colour."""

    name: str
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Verdicts:
    """What was found: a headline in a sentence or two, then one sentence each; best first."""

    title: str
    headline: str
    items: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Messages:
    """Texts of one kind; the section is left out where there are none."""

    title: str
    kind: Literal["error", "warning", "note"]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """A value that all others on a scale are compared with: what hyper-parameters alone reach, a ceiling."""

    name: str
    value: float


@dataclass(frozen=True)
class Scale:
    """A line on which values with intervals are drawn.

    Attributes
    ----------
    low, high : its ends; what is beyond is drawn at the end.
    band : what counts for noise, shaded; None where nothing is known of it.
    band_name : what the band is, for the legend and for screen readers.
    marks : drawn as lines across, one style each in their order; those that are not finite are left out.
    """

    low: float
    high: float
    band: tuple[float, float] | None = None
    band_name: str = ""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Cell:
    """What is shown, and the number behind it: NaN for words, and for limits that are not known."""

    text: str
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    tone: Tone | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table: its cells, a line of help, and the scale on which its values are drawn, if they are.

    `scale` is one for all cells, or one a cell where bands differ.
    """

    name: str
    cells: tuple[Cell, ...]
    help: str = ""
    scale: Scale | tuple[Scale, ...] | None = None


@dataclass(frozen=True)
class Table:
    """Columns of equal length, of which the first names the rows; `last` rows stay below the others when sorting."""

    title: str
    columns: tuple[Column, ...]
    text: str = ""
    last: int = 0


@dataclass(frozen=True)
class Standing:
    """A value on a scale, drawn as one line: name, drawing, text."""

    name: str
    cell: Cell
    scale: Scale


@dataclass(frozen=True)
class Panel:
    """Several lines below each other: a value within each of several groups, say."""

    title: str
    lines: tuple[Standing, ...]


@dataclass(frozen=True)
class Chart:
    """A point a model, or an epoch of one.

    Attributes
    ----------
    title : what stands on the horizontal axis, a measure's name.
    models : (k,) which of the section's models the points are.
    x : (k,) finite values.
    verdict, tone : a word or two.
    text : what the chart shows, in sentences: it is read out in place of the points.
    standings : lines below the points: score, correlations.
    panels : further lines, folded up on the screen.
    joined : whether a line joins the points in their order.
    """

    title: str
    models: tuple[int, ...]
    x: tuple[float, ...]
    text: str
    verdict: str = ""
    tone: Tone = "plain"
    standings: tuple[Standing, ...] = ()
    panels: tuple[Panel, ...] = ()
    joined: bool = False


@dataclass(frozen=True)
class Property:
    """A property of all models of a section, as text; points can be coloured by it."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Scatters:
    """Charts over the same n models, with the same vertical axis.

    Attributes
    ----------
    models : (n,) names.
    y, y_name : (n,) finite values of the vertical axis, and what they are, with the unit.
    properties : what points can be coloured by; the first is what they are coloured by at first.
    """

    title: str
    models: tuple[str, ...]
    y: tuple[float, ...]
    y_name: str
    charts: tuple[Chart, ...]
    properties: tuple[Property, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class HeatMap:
    """A k x k table of numbers in [-1, 1]; NaN where there is none. `text` says what they are."""

    title: str
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    text: str = ""


@dataclass(frozen=True)
class Facts:
    """Names and values, folded up on the screen; a value may have several lines."""

    title: str
    rows: tuple[tuple[str, str], ...]


Section = Verdicts | Messages | Table | Scatters | HeatMap | Facts


@dataclass(frozen=True)
class Page:
    """A page: its title, a line that says of what it is, and its sections in order."""

    title: str
    summary: str
    sections: tuple[Section, ...]


def reading(name: str, x: Sequence[float], y: Sequence[float], models: Sequence[str]) -> str:
    """What a chart of (k,) points shows, as far as the points tell it: their number, ranges and ends."""
    if not x:
        return "No model has a value."
    least, most = min(range(len(x)), key=x.__getitem__), max(range(len(x)), key=x.__getitem__)
    if x[least] == x[most]:
        return f"{name} of {len(x)} models, all {x[least]:.4g}."
    first, last = (f"{x[i]:.4g} ({models[i]}, at {y[i]:.3g})" for i in (least, most))
    return f"{name} of {len(x)} models, from {first} to {last}."
