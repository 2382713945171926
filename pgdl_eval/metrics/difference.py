"""How much better one measure is than another on the same models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from .evaluation import TaskStatistics
from .half_samples import NORMAL_95, Interval, deviation, half_samples
from .mutual_information import conditional_mutual_information
from .score_interval import scores_of_halves

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """First minus second, with a 95% interval over models."""

    value: float
    interval: Interval


def score_difference(first: Array, second: Array, statistics: TaskStatistics) -> Difference:
    """Of the competition's scores of two measures (n,); the models are resampled for both at once."""
    one, other = (float(conditional_mutual_information(values, statistics.models)) for values in (first, second))
    halves = scores_of_halves(first, statistics.halves) - scores_of_halves(second, statistics.halves)
    return _difference(one - other, halves, len(first))


def spearman_difference(first: Array, second: Array, gap: Array) -> Difference:
    """Of the rank correlations with the gap (n,) of two measures, both turned so that larger means a larger gap."""
    whole = np.arange(len(gap))[None, :]
    one, other = (float(_spearman(values, gap, whole)[0]) for values in (first, second))
    halves = half_samples(len(gap))
    return _difference(one - other, _spearman(first, gap, halves) - _spearman(second, gap, halves), len(gap))


def _spearman(values: Array, gap: Array, chosen: NDArray[np.intp]) -> Array:
    """On each row of chosen models (r, m)."""
    x, y = (rankdata(one[chosen], axis=1) for one in (values, gap))
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.asarray(np.divide((x * y).sum(axis=1), scale, out=np.full(len(x), np.nan), where=scale > 0))


def _difference(value: float, of_halves: Array, models: int) -> Difference:
    reach = NORMAL_95 * deviation(of_halves, models)
    return Difference(value, Interval(value - reach, value + reach))
