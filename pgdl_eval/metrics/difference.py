"""How much better one measure is than another on the same models."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .correlation import spearman, spearman_of_halves
from .evaluation import Evaluation, TaskStatistics
from .half_samples import NORMAL_95, Interval, deviation
from .mutual_information import conditional_mutual_information
from .score_interval import scores_of_halves

Array = NDArray[np.float64]
Resampled = tuple[float, Array]  # a statistic of a measure on all models, and on each half-sample (RESAMPLES,)


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
    turned = [v if row.higher_means == "larger gap" else -v for row, v in zip(rows, values, strict=True)]
    scores = [resampled_score(one, statistics) for one in values]
    correlations = [resampled_spearman(one, statistics.gap) for one in turned]
    models, found = len(statistics.names), []
    for i, j in itertools.combinations(range(len(rows)), 2):
        both = difference(scores[i], scores[j], models), difference(correlations[i], correlations[j], models)
        found.append(Comparison(rows[i].task, rows[i].measure, rows[j].measure, *both))
    return found


def resampled_score(measure: Array, statistics: TaskStatistics) -> Resampled:
    """The competition's score of a measure (n,)."""
    score = float(conditional_mutual_information(measure, statistics.models))
    return score, scores_of_halves(measure, statistics.halves)


def resampled_spearman(measure: Array, gap: Array) -> Resampled:
    """The rank correlation of a measure (n,), turned so that larger means a larger expected gap, with the gap (n,)."""
    return spearman(measure, gap).value, spearman_of_halves(measure, gap)


def difference(first: Resampled, second: Resampled, models: int) -> Difference:
    """First minus second of so many models; both are resampled at once, so that what they share drops out."""
    value, reach = first[0] - second[0], NORMAL_95 * deviation(first[1] - second[1], models)
    return Difference(value, Interval(value - reach, value + reach))
