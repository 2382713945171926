"""Rank correlation of a measure with the gap: coefficients, p-values, intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from .concordance import signs
from .half_samples import NORMAL_95, UNDEFINED, Interval, deviation, half_membership

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """A rank correlation with its two-sided p-value and 95% interval; NaN where the measure or the gap is constant."""

    value: float
    p_value: float
    interval: Interval


CONSTANT = Correlation(np.nan, np.nan, UNDEFINED)


def spearman(measure: Array, gap: Array) -> Correlation:
    """Spearman's rank correlation of two (n,) arrays; ties have average ranks.

    Value and p-value: SciPy's. Interval: see `fisher_interval`.
    """
    return _correlation(scipy.stats.spearmanr, spearman_of_halves, measure, gap)


def kendall(measure: Array, gap: Array) -> Correlation:
    """Kendall's tau-b of two (n,) arrays; value, p-value and interval as for `spearman`."""
    return _correlation(scipy.stats.kendalltau, kendall_of_halves, measure, gap)


def _correlation(
    test: Callable[[Array, Array], Any], of_halves: Callable[[Array, Array], Array], measure: Array, gap: Array
) -> Correlation:
    if is_constant(measure, gap):
        return CONSTANT
    found = test(measure, gap)
    interval = fisher_interval(found.statistic, deviation(of_halves(measure, gap), len(gap)))
    return Correlation(float(found.statistic), float(found.pvalue), interval)


def is_constant(measure: Array, gap: Array) -> bool:
    """Whether no rank correlation is defined: one of the two is constant, or there are fewer than three models."""
    return len(gap) < 3 or bool(np.ptp(measure) == 0) or bool(np.ptp(gap) == 0)


def fisher_interval(value: float, spread: float) -> Interval:
    """The 95% interval of a rank correlation from its standard deviation over half-samples.

    On Fisher's scale artanh r, on which a deviation of r counts 1 / (1 - r^2) times. None below 8 models, and none for
    a perfect order, in which the half-samples do not differ. Of simulated tasks of 32, 54 and 96 models (see
    `half_samples`) it holds the true Spearman coefficient in 96.6, 96.1 and 95.3%, tau-b in 96.8, 96.3 and 95.4%; in
    93.3% at least of the tasks of one kind and correlation.
    """
    if not spread > 0:
        return UNDEFINED
    centre, reach = np.arctanh(value), NORMAL_95 * spread / (1 - value**2)
    return Interval(float(np.tanh(centre - reach)), float(np.tanh(centre + reach)))


def spearman_of_halves(measure: Array, gap: Array) -> Array:
    """Spearman's coefficient of each half-sample of two (n,) arrays: (RESAMPLES,); NaN for constant halves.

    The average rank of a model within a half, less the mean rank, is half the sum of the signs of its differences.
    """
    chosen = half_membership(len(gap))
    x, y = (chosen * (chosen @ signs(values).T) for values in (measure, gap))  # (RESAMPLES, n) twice the centred ranks
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(x * y, axis=1) / np.sqrt(np.sum(x * x, axis=1) * np.sum(y * y, axis=1)))


def kendall_of_halves(measure: Array, gap: Array) -> Array:
    """Kendall's tau-b of each half-sample of two (n,) arrays: (RESAMPLES,); NaN for constant halves."""
    chosen = half_membership(len(gap))
    x, y = signs(measure), signs(gap)
    concordance, of_measure, of_gap = (
        np.sum(chosen @ table * chosen, axis=1) for table in (x * y, np.abs(x), np.abs(y))
    )
    with np.errstate(invalid="ignore"):
        return np.asarray(concordance / np.sqrt(of_measure * of_gap))
