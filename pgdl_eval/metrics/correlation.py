"""Rank correlation of a measure with the gap: coefficients, p-values, intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata, spearmanr

from .half_samples import NORMAL_95, SMALLEST_SAMPLE, UNDEFINED, Halves, Interval, half_samples, membership

Array = NDArray[np.float64]
LARGEST = 0.999  # a half-sample in perfect order counts as this on Fisher's scale, where 1 is infinite


@dataclass(frozen=True)
class Correlation:
    """A rank correlation with its two-sided p-value and 95% interval; NaN where the measure is constant."""

    value: float
    p_value: float
    low: float
    high: float


CONSTANT = Correlation(np.nan, np.nan, np.nan, np.nan)


def spearman(measure: Array, gap: Array, *, halves: Halves | None = None) -> Correlation:
    """Spearman's rank correlation of two (n,) arrays.

    p-value: SciPy's. Interval: from half-samples, see `fisher_interval`; none below 8 models.
    """
    if is_constant(measure, gap):
        return CONSTANT
    found = spearmanr(measure, gap)
    interval = UNDEFINED
    if len(gap) >= SMALLEST_SAMPLE:
        halves = half_samples(len(gap)) if halves is None else halves
        interval = fisher_interval(found.statistic, spearman_of_rows(measure[halves], gap[halves]))
    return Correlation(float(found.statistic), float(found.pvalue), interval.low, interval.high)


def kendall(measure: Array, gap: Array, *, halves: Halves | None = None) -> Correlation:
    """Kendall's tau-b of two (n,) arrays; p-value and interval as for `spearman`."""
    if is_constant(measure, gap):
        return CONSTANT
    found = kendalltau(measure, gap)
    interval = UNDEFINED
    if len(gap) >= SMALLEST_SAMPLE:
        halves = half_samples(len(gap)) if halves is None else halves
        interval = fisher_interval(found.statistic, kendall_of_halves(measure, gap, halves))
    return Correlation(float(found.statistic), float(found.pvalue), interval.low, interval.high)


def is_constant(measure: Array, gap: Array) -> bool:
    """Whether no rank correlation is defined: one of the two is constant, or there are fewer than three models."""
    return len(gap) < 3 or bool(np.ptp(measure) == 0) or bool(np.ptp(gap) == 0)


def spearman_of_rows(measures: Array, gaps: Array) -> Array:
    """Spearman's coefficient of each row of two (m, n) arrays: (m,); NaN for constant rows."""
    x, y = (rankdata(rows, axis=1) - (rows.shape[1] + 1) / 2 for rows in (measures, gaps))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(x * y, axis=1) / np.sqrt(np.sum(x * x, axis=1) * np.sum(y * y, axis=1)))


def kendall_of_halves(measure: Array, gap: Array, halves: Halves) -> Array:
    """Kendall's tau-b of each half-sample (m, k) of two (n,) arrays: (m,); NaN for constant halves."""
    chosen = membership(halves, len(gap))
    x, y = (np.sign(values[:, None] - values[None, :]) for values in (measure, gap))

    def total(table: Array) -> Array:
        return np.asarray(np.sum(chosen @ table * chosen, axis=1))

    with np.errstate(invalid="ignore"):
        return np.asarray(total(x * y) / np.sqrt(total(x * x) * total(y * y)))


def fisher_interval(value: float, of_halves: Array) -> Interval:
    """The 95% interval of a correlation whose values on half-samples are given.

    On Fisher's scale, artanh, the value -/+ 1.96 standard deviations over the half-samples. NaN where most half-samples
    are constant.
    """
    defined = of_halves[np.isfinite(of_halves)]
    if 2 * len(defined) < len(of_halves):
        return UNDEFINED
    spread = float(np.arctanh(np.clip(defined, -LARGEST, LARGEST)).std())
    if abs(value) >= 1 and spread == 0:
        return Interval(float(np.sign(value)), float(np.sign(value)))
    centre = np.arctanh(np.clip(value, -LARGEST, LARGEST))
    low, high = np.tanh([centre - NORMAL_95 * spread, centre + NORMAL_95 * spread])
    return Interval(float(min(low, value)), float(max(high, value)))
