"""How the score of a combination moves with the weight of its second measure, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.measures.combination import LATER, Combination

from ..formats.file_names import file_name
from ..measures import all_measures
from ..metrics.weight_sweep import WEIGHTS, score_by_weight
from ..scoreboard import Scoreboard
from .figure import new_figure, save_figure

Array = NDArray[np.float64]


def weight_sweeps(board: Scoreboard) -> dict[str, dict[str, Array]]:
    """For each combination of two in the table, by task, its score at each of `WEIGHTS` for the second measure."""
    sweeps: dict[str, dict[str, Array]] = {}
    for name, measure in all_measures().items():
        if not isinstance(measure, Combination) or len(measure.components) != 2:
            continue
        rows = [board.rows.get(part.name) for part in measure.components]
        for task, statistics in board.tasks.items():
            parts = zip(measure.components, rows, strict=True)
            oriented = [part.orient(1.0) * row.values[task] for part, row in parts if row and task in row.values]
            if len(oriented) == 2:
                sweeps.setdefault(name, {})[task] = score_by_weight(oriented[0], oriented[1], statistics.models)
    return sweeps


def write_weight_figures(folder: Path, board: Scoreboard) -> None:
    """weight.NAME.png for each combination of two whose components have values."""
    band = {task: float(np.quantile(statistics.random, 0.95)) for task, statistics in board.tasks.items()}
    for name, scores in weight_sweeps(board).items():
        write_weight_figure(folder / file_name(f"weight.{name}.png"), name, WEIGHTS, scores, band)


def write_weight_figure(
    path: Path, combination: str, weights: Array, scores: Mapping[str, Array], random_95: Mapping[str, float]
) -> None:
    """Draw a line for each task and, dashed, the score that one in twenty random measures passes there; as PNG.

    Parameters
    ----------
    combination : its name, a+b.
    weights : (k,) of the second measure.
    scores : for each task (k,) scores in [0, 1], as of `score_by_weight`.
    random_95 : for each task the 95th percentile of the scores of random measures.

    Raises
    ------
    InputError
        If the picture cannot be written.
    """
    figure = new_figure()
    axes = figure.add_subplot()
    for task, values in scores.items():
        (line,) = axes.plot(weights, 100 * values, drawstyle="steps-mid", label=task)
        axes.axhline(100 * random_95[task], color=line.get_color(), linestyle="--", linewidth=1)
    axes.axvline(LATER, color="grey", linestyle=":", linewidth=1)
    axes.set_xlabel(f"weight of the second measure (dotted: {LATER})")
    axes.set_ylabel("score (dashed: 95% of random measures)")
    axes.set_ylim(bottom=0)
    axes.set_title(f"{combination}: score against weight", fontsize=10, loc="left")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    save_figure(figure, path)
