"""Measure against gap, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from ..formats.file_names import file_name
from ..metrics.evaluation import Evaluation, TaskStatistics
from ..scoreboard import Scoreboard
from .figure import canvas_of, new_figure, save_pixels
from .text import by_number, number, p_text, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

BELOW, ABOVE, MARGIN = 0.47, 0.41, 0.042  # the measure's axis and the titles of a picture, and what stays free: inches
MARKERS = "os^Dv<>pP*X"


def telling_hyperparameter(task: TaskStatistics) -> str:
    """The hyper-parameter whose values explain most of the gap's variance: the one to colour by."""
    gap = task.gap

    def explained(values: Sequence[str]) -> float:
        groups = [gap[np.array(values) == value] for value in sorted(set(values))]
        return float(sum(len(group) * (group.mean() - gap.mean()) ** 2 for group in groups))

    return max(task.hyperparameters, key=lambda name: explained(task.hyperparameters[name]))


def write_scatters(folder: Path, board: Scoreboard) -> list[str]:
    """TASK.MEASURE.png for each evaluation that is no floor: a point for each model.

    Returns
    -------
    What kept a picture from being drawn; the others are.

    Raises
    ------
    InputError
        If a picture cannot be written.
    """
    wrong = []
    for task in board.tasks:
        sheet: ScatterSheet | None = None
        for row in board.evaluations(task):
            if row.floor:
                continue
            path, (statistics, values) = folder / file_name(f"{task}.{row.measure}.png"), board.evaluated(row)
            try:
                if sheet is None or sheet.task is not statistics:
                    sheet = ScatterSheet(statistics)
                with np.errstate(over="raise"):
                    sheet.write(path, row, values)
            except InputError:
                raise
            except Exception as error:  # numbers or texts with which Matplotlib cannot cope
                sheet = None  # may be half drawn
                wrong.append(f"{path}: the picture cannot be drawn ({type(error).__name__}: {error})")
    return wrong


class ScatterSheet:
    """The picture of a task, on which one measure after the other is drawn.

    What all of them share (frame, gaps, legend) is laid out and drawn once, coloured by the most telling
    hyper-parameter; a measure adds its points, its axis and its titles.
    """

    def __init__(self, task: TaskStatistics) -> None:
        figure, self.task = new_figure(layout=None), task
        self.canvas = canvas_of(figure)
        self.axes, self.gap = figure.add_subplot(), 100 * task.gap
        name = telling_hyperparameter(task)
        of_models = np.array(task.hyperparameters[name])
        levels = sorted(set(task.hyperparameters[name]), key=by_number)
        self.models = [np.flatnonzero(of_models == level) for level in levels]
        self.points = [
            self.axes.scatter(np.zeros(len(chosen)), self.gap[chosen], marker=marker, s=34, alpha=0.75, label=level)
            for chosen, marker, level in zip(self.models, MARKERS * len(levels), levels, strict=False)
        ]
        self.title = self.axes.set_title("two\nlines", fontsize=10, loc="left")
        self.axes.set_xlabel("measure")
        self.axes.set_ylabel("generalization gap (points)")
        self.axes.grid(alpha=0.25)
        self._lay_out(figure, figure.legend(title=name, loc="center right", frameon=False))
        self.own = [self.axes.xaxis, *self.points, *self.axes.spines.values(), self.title]
        for artist in self.own:
            artist.set_animated(True)  # not drawn with the others
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(figure.bbox)

    def _lay_out(self, figure: Figure, legend: Legend) -> None:
        """Leave room for the labels of the gap and for the legend, as a constrained layout does in ten times the time.

        Titles and the measure's axis have the same height on every sheet.
        """
        width, height = figure.get_size_inches()
        bottom, tall = BELOW / height, 1 - (BELOW + ABOVE) / height
        self.axes.set_position((0.1, bottom, 0.7, tall))
        labels = self.axes.yaxis.get_tightbbox(self.canvas.get_renderer())
        assert labels is not None
        left = (self.axes.bbox.x0 - labels.x0) / figure.dpi + MARGIN
        right = width - legend.get_window_extent(self.canvas.get_renderer()).width / figure.dpi - 3 * MARGIN
        self.axes.set_position((left / width, bottom, max(right - left, 1.0) / width, tall))

    def write(self, path: Path, row: Evaluation, values: NDArray[np.float64]) -> None:
        """Draw a measure's values (n,) against the gap."""
        for chosen, points in zip(self.models, self.points, strict=True):
            points.set_offsets(np.column_stack([values[chosen], self.gap[chosen]]))
        standing = f"score {percent(row.score)} ({row.verdict})"
        correlation = f"Spearman {number(row.spearman.value)}, adds {number(row.adds.value)}"
        correlation += f" (p {p_text(row.adds.p_value)})"
        self.title.set_text(f"{row.task}: {row.measure}, {row.models} models\n{standing}, {correlation}")
        self.axes.set_xlabel(row.measure)
        self.axes.dataLim.intervalx = (float(values.min()), float(values.max()))
        self.axes.autoscale_view(scaley=False)
        self.canvas.restore_region(self.background)
        for artist in self.own:
            self.axes.draw_artist(artist)
        save_pixels(self.canvas, path)
