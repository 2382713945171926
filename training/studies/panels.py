"""The figures that tell: a few panels, lines named at their ends, chance as a grey band, the papers' value marked."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pgdl_eval.report.figure import new_figure

from .layout import EDGE, HEAD, Room, arrange, place_labels
from .palette import COLOURS, GREY, group_of, groups_in_order, in_order, short, style

WIDTH = 7.6  # inches: what a page shows without making it smaller
HEIGHT = 1.45  # of a panel
NAMES = 1.02  # inches beside a panel, for the names of its lines
TEXT = 8  # points
APART = 0.125  # inches between names
NOTES = {
    "seed": "thick: mean; thin: each seed",
    "chance_low": "grey: 90% of permuted rows",
    "undetermined": "x: no certain P-vector",
}  # by the column of a table that makes it so


@dataclass(frozen=True)
class Papers:
    """What the papers report, marked as lines across a panel."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """How the lines of all panels are made of a table.

    Attributes
    ----------
    x, y : columns.
    line : the column whose values are lines.
    look, name : style and name of a line, of its value.
    papers : the papers' values by the panel's column.
    limits : of the vertical axis; None for those of the data.
    log : whether both axes are logarithmic; `symlog_x` the horizontal one alone, with 0.
    """

    x: str
    y: str = "degrees"
    line: str = "recipe"
    look: Callable[[str], dict[str, Any]] = style
    name: Callable[[str], str] = short
    papers: Papers | None = None
    limits: tuple[float, float] | None = (0, 92)
    log: bool = False
    symlog_x: bool = False
    x_label: str = ""
    y_label: str = "degrees"


def by_paradigm(frame: pd.DataFrame, column: str, curves: Curves, note: str = "") -> Figure:
    """A row of panels for each paradigm, a column for each value of a column of the table."""
    known = frame.assign(group=frame["recipe"].map(group_of)).dropna(subset=["group"])
    order = {name: place for place, name in enumerate(in_order(known["recipe"]))}
    known = known.sort_values("recipe", key=lambda names: names.map(order), kind="stable")
    groups = groups_in_order(known["group"])
    return curve_panels(known, "group", groups, column, curves, note)


def curve_panels(
    frame: pd.DataFrame, row: str, rows: Sequence[Any], column: str, curves: Curves, note: str = ""
) -> Figure:
    """A panel for each value of two columns of a table; rows in the order given."""
    columns = list(frame[column].unique())
    figure, panels = grid_of_panels(rows, columns)
    for i, above in enumerate(rows):
        for j, beside in enumerate(columns):
            part = frame[(frame[row] == above) & (frame[column] == beside)]
            draw_curves(panels[i, j], part, curves)
    papers = "dashed: the papers" if curves.papers else ""
    notes = [note] if note else [*(words for name, words in NOTES.items() if name in frame), papers]
    finish(figure, panels, curves.x_label or curves.x, curves.y_label, "; ".join(filter(None, notes)))
    return figure


def grid_of_panels(rows: Sequence[Any], columns: Sequence[Any], height: float = HEIGHT) -> tuple[Figure, Any]:
    """A figure of README's width with named panels (rows, columns)."""
    figure = new_figure(WIDTH, len(rows) * (height + 0.3) + 1.45, layout=None)
    panels = figure.subplots(len(rows), len(columns), squeeze=False, sharex="col")
    for i, above in enumerate(rows):
        for j, beside in enumerate(columns):
            axes = panels[i, j]
            axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
            axes.set_title(f"{above}, {beside}", fontsize=TEXT, loc="left", y=1.0, color=COLOURS.get(above, "black"))
            axes.tick_params(labelsize=TEXT)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
            place_labels(axes, left=0.33, below=0.23)
    return figure, panels


def finish(figure: Figure, panels: Any, x_label: str, y_label: str, note: str = "", names: float = NAMES) -> None:
    """Name the axes, write the note below and give each panel its place."""
    for axes in panels[-1]:
        axes.set_xlabel(x_label, fontsize=TEXT)
        axes.tick_params(labelbottom=True)
    lines = textwrap.fill(note, 115)
    below = 0.14 * (lines.count("\n") + 1) if note else 0.0
    if note:
        place: dict[str, Any] = {"x": EDGE / figure.get_figwidth(), "y": EDGE / figure.get_figheight()}
        figure.text(s=lines, fontsize=TEXT, color=GREY, ha="left", va="bottom", **place)
    figure.supylabel(y_label, fontsize=TEXT, x=EDGE / figure.get_figwidth(), ha="left")
    room = Room(right=names, left=0.36, below=0.06, above=0.24, outer_left=0.16, outer_below=0.4, outer_above=HEAD)
    arrange(figure, replace(room, outer_below=room.outer_below + below))


def draw_curves(axes: Axes, part: pd.DataFrame, curves: Curves) -> None:
    """The lines of one panel, with chance, the papers' value and names."""
    _scale(axes, part, curves)
    _band(axes, part, curves.x)
    for value in curves.papers.values if curves.papers else ():
        axes.axhline(value, color=GREY, linestyle="--", linewidth=1.1, zorder=1)
    ends = []
    for name in part[curves.line].dropna().unique():
        one, look = part[part[curves.line] == name], curves.look(str(name))
        mean = _line(axes, one, curves, look)
        if len(mean):
            ends.append((float(mean.index[-1]), float(mean.iloc[-1]), curves.name(str(name)), look["color"]))
    name_ends(axes, ends)


def _line(axes: Axes, one: pd.DataFrame, curves: Curves, look: dict[str, Any]) -> pd.Series:
    """One line, its seeds, and crosses in place of what is not determined; the mean by x."""
    noise = one["undetermined"].fillna(False).astype(bool) if "undetermined" in one else pd.Series(False, one.index)
    certain = one[~noise]
    if "seed" in one and one["seed"].nunique() > 1:
        for _, seed in certain.groupby("seed"):
            mean = seed.groupby(curves.x)[curves.y].mean().reindex(sorted(one[curves.x].unique()))
            axes.plot(mean.index, mean, linewidth=0.6, **look)
    every = one.groupby(curves.x)[curves.y].mean()
    mean = certain.groupby(curves.x)[curves.y].mean().reindex(every.index)
    axes.plot(mean.index, mean, linewidth=1.9, **look)
    lone = one[noise].groupby(curves.x)[curves.y].mean()
    axes.plot(lone.index, lone, linestyle="none", marker="x", markersize=4, color=look["color"])
    return every.dropna()


def _band(axes: Axes, part: pd.DataFrame, x: str) -> None:
    """Where the angles of permuted rows lie, over all lines of a panel."""
    if "chance_low" in part:
        found = (
            part.dropna(subset=["chance_low"]).groupby(x).agg(low=("chance_low", "min"), high=("chance_high", "max"))
        )
        if len(found):
            low, high = found["low"].to_numpy(float), found["high"].to_numpy(float)
            # A band of a few tenths of a degree would not be seen.
            axes.fill_between(found.index, np.minimum(low, high - 1.2), high, color="0.82", linewidth=0, zorder=0)


def _scale(axes: Axes, part: pd.DataFrame, curves: Curves) -> None:
    if curves.log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    if curves.symlog_x:
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(0, float(part[curves.x].max()) if len(part) else 1)
    if curves.limits is not None:
        axes.set_ylim(*curves.limits)
        if curves.limits[1] == 92:
            axes.set_yticks(range(0, 91, 30))


def name_ends(axes: Axes, ends: Sequence[tuple[float, float, str, Any]]) -> None:
    """Write names right of a panel, each as near to its line's end (x, y, name, colour) as there is room."""
    axes.margins(x=0.02)
    low, high = axes.get_ylim()
    inside = [(x, min(max(y, low), high), name, colour) for x, y, name, colour in ends if name]
    ordered = sorted(inside, key=lambda end: end[1])
    values = np.array([y for _, y, *_ in ordered])
    if axes.get_yscale() == "log":
        values, low, high = np.log(values), math.log(low), math.log(high)
    places = spread(((values - low) / (high - low)).tolist(), APART / HEIGHT)
    for (x, y, name, colour), place in zip(ordered, places, strict=True):
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkB": 1, "relpos": (0, 0.5)}
        axes.annotate(
            name, (x, y), (1.05, place), textcoords="axes fraction", fontsize=TEXT, color=colour, va="center",
            annotation_clip=False, arrowprops=leader,
        )  # fmt: skip


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """Places near those wanted (ascending), at least so far apart, and from 0 to 1 if there is room."""
    clusters: list[list[float]] = []
    for place in wanted:
        clusters.append([place])
        while len(clusters) > 1 and _first(clusters[-1], apart) < _last(clusters[-2], apart) + apart - 1e-9:
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    return [_first(cluster, apart) + apart * number for cluster in clusters for number in range(len(cluster))]


def _first(cluster: list[float], apart: float) -> float:
    """Where the first of places that touch each other stands: around their middle, inside 0 to 1."""
    height = apart * (len(cluster) - 1)
    return max(0.0, min(float(np.mean(cluster)) - height / 2, 1 - height))


def _last(cluster: list[float], apart: float) -> float:
    return _first(cluster, apart) + apart * (len(cluster) - 1)


def key(axes: Axes, entries: Sequence[tuple[Hashable, Any]], place: tuple[float, float] = (1.04, 0.95)) -> None:
    """Names in their colours, one below the other, at a place in fractions of a panel."""
    for number, (name, colour) in enumerate(entries):
        y = place[1] - number * APART / HEIGHT * 1.05
        axes.text(place[0], y, str(name), color=colour, fontsize=TEXT, va="top", transform=axes.transAxes)
