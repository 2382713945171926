"""How much better one measure is than another on the same models."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .evaluation import Evaluation, TaskStatistics
from .half_samples import NORMAL_95, Interval, deviations

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """First minus second, with a 95% interval over models; NaN where one of the two is not defined."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Comparison:
    """Two measures on one task.

    Attributes
    ----------
    task, first, second : names.
    score : of the competition's scores, in [0, 1], the difference first minus second.
    spearman : the difference of the rank correlations with the gap, in the directions that the measures declare.
    """

    task: str
    first: str
    second: str
    score: Difference
    spearman: Difference


def compare(rows: Sequence[Evaluation], values: Sequence[Array], statistics: TaskStatistics) -> list[Comparison]:
    """Every pair of k measures on one task, in their order: k (k - 1) / 2.

    Parameters
    ----------
    rows, values : of each measure its evaluation and its values (n,).
    statistics : of the task.
    """
    models, turns = len(statistics.names), [1 if row.higher_means == "larger gap" else -1 for row in rows]
    resampled = [statistics.resampled(one) for one in values]
    scores = differences([row.score for row in rows], [one.scores for one in resampled], models)
    correlations = differences(
        [turn * row.spearman.value for turn, row in zip(turns, rows, strict=True)],
        [turn * one.spearman for turn, one in zip(turns, resampled, strict=True)],
        models,
    )
    pairs = zip(itertools.combinations(rows, 2), scores, correlations, strict=True)
    return [Comparison(one.task, one.measure, other.measure, *both) for (one, other), *both in pairs]


def differences(values: Sequence[float], of_halves: Sequence[Array], models: int) -> list[Difference]:
    """First minus second of every pair of k statistics; both are resampled at once: what they share drops out.

    Parameters
    ----------
    values : of each statistic on all models.
    of_halves : (RESAMPLES,) of each on the half-samples.
    models : how many.
    """
    found = []
    for i, value in enumerate(values[:-1]):
        reaches = NORMAL_95 * deviations(of_halves[i] - np.array(of_halves[i + 1 :]), models)
        for other, reach in zip(values[i + 1 :], reaches.tolist(), strict=True):
            found.append(Difference(value - other, Interval(value - other - reach, value - other + reach)))
    return found
