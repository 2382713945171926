"""How all studies are drawn: panels of curves, of matrices, and what is written of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from numpy.typing import NDArray

from complexity.errors import InputError
from pgdl_eval.formats.atomic import write_text
from pgdl_eval.report.figure import canvas_of, new_figure, save_pixels

from ..recipes.recipes import RECIPES
from .layout import EDGE, LETTER, Room, arrange, place_labels
from .vectors import RANDOM

Sharing = Literal["all", "col", "none"]
PANEL = (3.3, 2.6)  # inches
LEGEND = 7  # points
COLORBAR = 0.95  # inches, with its numbers and name
ANNOTATED = 14  # the largest matrix whose cells are labelled

# The strong colours of the map first, then its pale ones; few networks are not supervised, and those come first.
SHADES = [*range(0, 20, 2), *range(1, 20, 2)]
COLOURED = sorted(RECIPES, key=lambda name: RECIPES[name].paradigm == "supervised")


def style(name: str) -> dict[str, Any]:
    """Colour and line of a recipe, the same in every figure; shuffled labels are black and dashed."""
    if name not in RECIPES:
        return {"color": "0.4", "linestyle": ":"} if name.startswith(RANDOM) else {}
    if RECIPES[name].shuffled_labels:
        return {"color": "black", "linestyle": "--"}
    return {"color": colormaps["tab20"](SHADES[COLOURED.index(name) % len(SHADES)])}


def empty_grid(
    rows: int, columns: int, size: tuple[float, float] = PANEL, share_x: Sharing = "none"
) -> tuple[Figure, NDArray[Any]]:
    """A figure with so many panels, and these, (rows, columns)."""
    figure = new_figure(size[0] * columns + 0.4, size[1] * rows + 0.7, layout=None)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=share_x)
    for axes in panels.flat:
        place_labels(axes, left=0.28, below=0.2)
    return figure, panels


def title(axes: Axes, text: str) -> None:
    """Write above the left corner of a panel."""
    axes.set_title(text, fontsize=8, loc="left", y=1.0)  # without y Matplotlib looks at all ticks for a place


def grid(
    frame: pd.DataFrame, row: str, column: str, size: tuple[float, float] = PANEL, share_x: Sharing = "all"
) -> tuple[Figure, Iterator[tuple[Axes, pd.DataFrame]]]:
    """A panel for each value of two columns of a table, in the order of their first appearance, with its rows."""
    rows, columns = frame[row].unique(), frame[column].unique()
    figure, panels = empty_grid(len(rows), len(columns), size, share_x)

    def filled() -> Iterator[tuple[Axes, pd.DataFrame]]:
        for i, above in enumerate(rows):
            for j, beside in enumerate(columns):
                axes = panels[i, j]
                part = frame[(frame[row] == above) & (frame[column] == beside)]
                if part.empty:
                    axes.axis("off")
                    continue
                title(axes, f"{above}\n{beside}")
                axes.tick_params(labelsize=7)
                yield axes, part

    return figure, filled()


def curves(axes: Axes, frame: pd.DataFrame, x: str, y: str, line: str = "recipe") -> None:
    """A line for each value of a column: mean over the rows with equal x (seeds, pairs), and one deviation around."""
    table = frame.groupby([line, x], sort=True)[y].agg(["mean", "std"]).dropna(subset=["mean"]).reset_index()
    for name in frame[line].dropna().unique():
        part = table[table[line] == name]
        at, mean, spread = (part[column].to_numpy(float) for column in (x, "mean", "std"))
        look = style(str(name))
        (drawn,) = axes.plot(at, mean, label=str(name), linewidth=1.3, marker=".", markersize=3, **look)
        if np.nan_to_num(spread).any():  # else there is nothing to be seen
            low, high = mean - np.nan_to_num(spread), mean + np.nan_to_num(spread)
            axes.fill_between(at, low, high, color=drawn.get_color(), alpha=0.15, linewidth=0)
    axes.grid(alpha=0.25)


def level(axes: Axes, value: float, label: str, dashes: str) -> None:
    """A horizontal line for a reference."""
    if np.isfinite(value):
        axes.axhline(value, label=label, color="0.4", linestyle=dashes, linewidth=1.2)


def line_panels(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str = "degrees",
    row: str,
    column: str,
    line: str = "recipe",
    finish: Callable[[Axes, pd.DataFrame], None] | None = None,
    x_label: str = "",
    share_x: Sharing = "all",
) -> Figure:
    """Panels of curves, with one legend; rows without x are references, drawn as levels.

    Parameters
    ----------
    finish : called for each panel with its rows, for scales.
    x_label : of the horizontal axis; the column's name by default.
    """
    figure, panels = grid(frame, row, column, share_x=share_x)
    lowest: dict[str, Axes] = {}
    for axes, part in panels:
        lowest[str(part[column].iloc[0])] = axes
        references = part[x].isna()
        curves(axes, part[~references], x, y, line)
        for dashes, (name, found) in zip((":", "-."), part[references].groupby(line, sort=False), strict=False):
            level(axes, found[y].mean(), str(name), dashes)
        if finish is not None:
            finish(axes, part)
    for axes in lowest.values():
        axes.set_xlabel(x_label or x.replace("_", " "), fontsize=8)
        axes.tick_params(labelbottom=True)
    inner = 0.08 if share_x == "all" else 0.2  # shared numbers stand below the lowest panels alone
    finish_figure(figure, Room(below=inner, outer_below=0.38 - inner), y.replace("_", " "))
    return figure


def degrees_axis(axes: Axes, frame: pd.DataFrame) -> None:
    """Let the vertical axis go from 0 to 90 degrees."""
    axes.set_ylim(-2, 92)
    axes.set_yticks(range(0, 91, 30))


def finish_figure(figure: Figure, room: Room, y_label: str = "") -> None:
    """Name the vertical axes, put one legend below all panels and give each text its place."""
    if y_label:
        figure.supylabel(y_label, fontsize=8, x=EDGE / figure.get_figwidth(), ha="left")
    arrange(figure, room, legend=one_legend(figure))


def one_legend(figure: Figure) -> float:
    """The labels of all panels, each once, at the bottom of the figure; the inches that they take."""
    found = {
        label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if not found:
        return 0.0
    columns = max(1, int(figure.get_figwidth() / 2))
    look = {"frameon": False, "fontsize": LEGEND, "borderaxespad": 0.0, "borderpad": 0.5, "labelspacing": 0.5}
    figure.legend(found.values(), found.keys(), loc="lower center", ncols=columns, **look)
    return (1.5 * math.ceil(len(found) / columns) + 0.5) * LEGEND / 72


def matrix_panels(frame: pd.DataFrame, *, value: str, row: str, column: str, names: list[str]) -> Figure:
    """Panels of symmetric matrices: the mean of a value over all pairs of rows with the same two names.

    Parameters
    ----------
    frame : with columns `first` and `second`, each pair once.
    names : order of rows and columns.
    """
    longest = 7 * LETTER * max(map(len, names)) + 0.1
    side = 1.6 + max(0.3, 0.42 if len(names) <= ANNOTATED else 0) * len(names)
    figure, panels = grid(frame, row, column, (side, side))
    for axes, part in panels:
        turned = part.rename(columns={"first": "second", "second": "first"})
        table = pd.concat([part, turned]).pivot_table(index="first", columns="second", values=value, aggfunc="mean")
        table = table.reindex(index=names, columns=names)
        image = axes.imshow(table, vmin=0, vmax=1, cmap="viridis")
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.tick_params(labelbottom=True)
        if len(names) <= ANNOTATED:
            annotate(axes, table)
    room = Room(left=longest, below=longest, outer_left=0, outer_below=0, outer_right=COLORBAR)
    arrange(figure, room)
    width = figure.get_figwidth()
    beside = figure.add_axes((1 - (COLORBAR - 0.1) / width, 0.25, 0.2 / width, 0.5))
    figure.colorbar(image, cax=beside, label=value)
    return figure


def annotate(axes: Axes, table: pd.DataFrame) -> None:
    """Write each known cell's value into it."""
    for (i, j), cell in np.ndenumerate(table.to_numpy()):
        if np.isfinite(cell):
            axes.text(j, i, f"{cell:.2f}", ha="center", va="center", fontsize=6, color="w" if cell < 0.6 else "k")


def save(figure: Figure, frame: pd.DataFrame, path: Path, above: str) -> None:
    """Write `path` with .png, .pdf and .csv, the same bytes for the same figure; `above` is the figure's title.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    width, height = figure.get_size_inches()
    figure.suptitle(above, fontsize=10, x=EDGE / width, y=1 - EDGE / height, ha="left", va="top")
    write_text(path.with_suffix(".csv"), frame.to_csv(index=False, float_format="%.6g"))
    try:
        # `Figure.savefig` draws a figure twice; its canvases' methods, which have no types, do so once.
        canvas = canvas_of(figure)
        canvas.draw()
        save_pixels(canvas, path.with_suffix(".png"))
        pdf: Any = FigureCanvasPdf(figure)
        pdf.print_pdf(path.with_suffix(".pdf"), metadata={"CreationDate": None})
    except OSError as error:
        raise InputError(f"the picture cannot be written: {error.strerror}", file=path) from error
