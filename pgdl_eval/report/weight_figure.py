"""How the score of a combination moves with the weight of its second measure, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.measures.combination import LATER

from .figure import new_figure, save_figure

Array = NDArray[np.float64]


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
