"""Measure against gap, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..metrics.evaluation import Evaluation, TaskStatistics
from .figure import new_figure, save_figure
from .table import number, p_text, percent

MARKERS = "os^Dv<>pP*X"


def telling_hyperparameter(task: TaskStatistics) -> str:
    """The hyper-parameter whose values explain most of the gap's variance: the one to colour by."""
    gap = task.gap

    def explained(values: Sequence[str]) -> float:
        groups = [gap[np.array(values) == value] for value in sorted(set(values))]
        return float(sum(len(group) * (group.mean() - gap.mean()) ** 2 for group in groups))

    return max(task.hyperparameters, key=lambda name: explained(task.hyperparameters[name]))


def write_scatter(path: Path, row: Evaluation, values: NDArray[np.float64], task: TaskStatistics) -> None:
    """Draw a point for each model, coloured by the most telling hyper-parameter, as PNG."""
    figure = new_figure()
    axes = figure.add_subplot()
    name = telling_hyperparameter(task)
    levels = sorted(set(task.hyperparameters[name]), key=_numeric)
    for level, marker in zip(levels, MARKERS * len(levels), strict=False):
        chosen = np.array(task.hyperparameters[name]) == level
        axes.scatter(values[chosen], 100 * task.gap[chosen], marker=marker, s=34, alpha=0.75, label=level)
    axes.set_xlabel(row.measure)
    axes.set_ylabel("generalization gap (points)")
    standing = f"score {percent(row.score)} ({row.verdict})"
    correlation = f"Spearman {number(row.spearman.value)} (p {p_text(row.spearman.p_value)})"
    axes.set_title(
        f"{row.task}: {row.measure}, {row.models} models\n{standing}, {correlation}", fontsize=10, loc="left"
    )
    axes.grid(alpha=0.25)
    figure.legend(title=name, loc="outside right center", frameon=False)
    save_figure(figure, path)


def _numeric(value: str) -> tuple[int, float, str]:
    try:
        return (0, float(value), value)
    except ValueError:
        return (1, 0.0, value)
