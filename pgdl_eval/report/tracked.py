"""The page of a training: a line for each measure and metric over the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from .page.sections import Cell, Chart, Column, Facts, Messages, Page, Scatters, Section, Table


def tracked_page(
    table: pd.DataFrame, directions: Mapping[str, str], failures: Sequence[str], settings: Mapping[str, str]
) -> Page:
    """What a `Tracker` recorded, as a page.

    Parameters
    ----------
    table : its first column holds epochs, the others numbers, NaN where there is none.
    directions : by measure, what a larger value means.
    failures, settings : what could not be computed, and how the rest was.
    """
    epochs, *others = table.columns
    at = table[epochs].tolist()
    names = tuple(f"{epochs} {one:g}" for one in at)
    charts = [_line(name, at, table[name].tolist(), directions.get(name, "")) for name in others if name != "seconds"]
    columns = [
        Column(str(name), tuple(Cell(_shown(value), value) for value in table[name].tolist()), directions.get(name, ""))
        for name in others
    ]
    first = Column(str(epochs), tuple(Cell(name) for name in names))
    sections: list[Section] = [Messages("What could not be computed", "warning", tuple(failures))]
    sections += [chart for chart in charts if chart is not None]
    sections += [Table("All numbers", (first, *columns)), Facts("Settings", tuple(settings.items()))]
    return Page("Measures during training", f"{len(at)} epochs recorded", tuple(sections))


def _line(name: str, epochs: Sequence[float], values: Sequence[float], direction: str) -> Scatters | None:
    """The finite values of a column over their epochs; None where there are none."""
    known = [(epoch, value) for epoch, value in zip(epochs, values, strict=True) if math.isfinite(value)]
    if not known:
        return None
    x, y = zip(*known, strict=True)
    ends = f"from {y[0]:.4g} at epoch {x[0]:g} to {y[-1]:.4g} at epoch {x[-1]:g}"
    text = f"{name} {ends}; between {min(y):.4g} and {max(y):.4g}."
    chart = Chart("epoch", tuple(range(len(x))), x, text, joined=True)
    return Scatters(name, tuple(f"epoch {one:g}" for one in x), y, name, (chart,), text=direction.capitalize())


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"
