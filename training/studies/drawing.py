"""How all studies are drawn: panels of curves, of matrices, and what is written of them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from numpy.typing import NDArray

from complexity.errors import InputError
from pgdl_eval.report.figure import canvas_of, new_figure, save_pixels

from .cohort import SHUFFLED
from .layout import EDGE, LETTER, Room, arrange, place_labels
from .palette import group_of, short, style

Sharing = Literal["all", "col", "none"]
PANEL = (3.3, 2.6)  # inches
LEGEND = 8  # points
BOLD, LETTER_BOLD = 9.5, 0.62 / 72  # points; inches of a letter for each of them
CELL, MATRIX = 0.27, 3.4  # inches of a matrix's cell with its value, and of a matrix, at least


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
                axes.tick_params(labelsize=8)
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


def matrix_panels(
    frame: pd.DataFrame, *, value: str, row: str, column: str, names: list[str], head: float = 0.0
) -> Figure:
    """Panels of symmetric matrices: the mean of a value over all pairs of rows with the same two names.

    Parameters
    ----------
    frame : with columns `first` and `second`, each pair once.
    names : order of rows and columns.
    head : inches for a headline.
    """
    shown = [f"{short(name)}{', shuffled' * (group_of(name) == SHUFFLED)}" for name in names]
    longest = 8 * LETTER * max(map(len, shown)) + 0.1
    side = longest + 0.3 + max(CELL * len(names), MATRIX)
    figure, panels = grid(frame, row, column, (side, side))
    for axes, part in panels:
        turned = part.rename(columns={"first": "second", "second": "first"})
        table = pd.concat([part, turned]).pivot_table(index="first", columns="second", values=value, aggfunc="mean")
        table = table.reindex(index=names, columns=names)
        axes.imshow(table, vmin=0, vmax=1, cmap="cividis")
        axes.set_xticks(range(len(names)), shown, rotation=90, fontsize=8)
        axes.set_yticks(range(len(names)), shown, fontsize=8)
        axes.tick_params(labelbottom=True)
        annotate(axes, table)
    arrange(figure, Room(left=longest, below=longest, outer_left=0, outer_below=0, outer_above=head))
    return figure


def annotate(axes: Axes, table: pd.DataFrame) -> None:
    """Write each known value into its cell, in hundredths: those above the diagonal stand below it."""
    for (i, j), cell in np.ndenumerate(table.to_numpy()):
        if i >= j and np.isfinite(cell):
            axes.text(j, i, f"{100 * cell:.0f}", ha="center", va="center", fontsize=8, color="w" if cell < 0.6 else "k")


def write_titles(figure: Figure, above: str, headline: str = "") -> None:
    """Write what is seen in bold, wrapped to the figure's width, and what is shown below it; alone it is the title."""
    width, height = figure.get_size_inches()
    place = {"x": EDGE / width, "ha": "left", "va": "top"}
    if not headline:
        figure.suptitle(above, fontsize=10, y=1 - EDGE / height, **place)
        return
    lines = textwrap.wrap(headline, int((width - 2 * EDGE) / (BOLD * LETTER_BOLD)))
    figure.suptitle("\n".join(lines), fontsize=BOLD, weight="bold", y=1 - EDGE / height, **place)
    below = EDGE + len(lines) * BOLD * 1.25 / 72 + 0.03
    figure.text(s=above, y=1 - below / height, fontsize=8, color="0.45", **place)


def save(figure: Figure, path: Path, above: str, headline: str = "") -> None:
    """Write `path` with .png and .pdf, the same bytes for the same figure.

    Parameters
    ----------
    above : what is shown.
    headline : what is seen.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    write_titles(figure, above, headline)
    canvas = canvas_of(figure)  # `Figure.savefig` draws a figure twice; its canvases' methods, without types, once
    canvas.draw()
    save_pixels(canvas, path.with_suffix(".png"))
    _save_pdf(figure, path)


def save_pdf(figure: Figure, path: Path, above: str) -> None:
    """Write `path` with .pdf alone, for grids that are read enlarged; else as `save`."""
    write_titles(figure, above)
    _save_pdf(figure, path)


def _save_pdf(figure: Figure, path: Path) -> None:
    canvas: Any = FigureCanvasPdf(figure)
    try:
        canvas.print_pdf(path.with_suffix(".pdf"), metadata={"CreationDate": None})
    except OSError as error:
        raise InputError(f"the picture cannot be written: {error.strerror}", file=path) from error
