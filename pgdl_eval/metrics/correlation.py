"""Rank correlation of a measure with the gap: coefficients, p-values, intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, norm, spearmanr

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """A rank correlation with its two-sided p-value and 95% interval; NaN where the measure is constant."""

    value: float
    p_value: float
    low: float
    high: float


def spearman(measure: Array, gap: Array) -> Correlation:
    """Spearman's rank correlation of two (n,) arrays.

    p-value: SciPy's. Interval: Fisher's z with the variance (1 + r^2 / 2) / (n - 3) of Bonett and Wright (2000),
    "Sample size requirements for estimating Pearson, Kendall and Spearman correlations".
    """
    if _undefined(measure, gap):
        return Correlation(np.nan, np.nan, np.nan, np.nan)
    found = spearmanr(measure, gap)
    value = float(found.statistic)
    return Correlation(value, float(found.pvalue), *_fisher_interval(value, (1 + value**2 / 2) / max(1, len(gap) - 3)))


def kendall(measure: Array, gap: Array) -> Correlation:
    """Kendall's tau-b of two (n,) arrays.

    p-value: SciPy's. Interval: Fisher's z with the variance 0.437 / (n - 4) of Fieller, Hartley and Pearson (1957).
    """
    if _undefined(measure, gap):
        return Correlation(np.nan, np.nan, np.nan, np.nan)
    found = kendalltau(measure, gap)
    value = float(found.statistic)
    return Correlation(value, float(found.pvalue), *_fisher_interval(value, 0.437 / max(1, len(gap) - 4)))


def _undefined(measure: Array, gap: Array) -> bool:
    return len(gap) < 3 or np.ptp(measure) == 0 or np.ptp(gap) == 0


def _fisher_interval(value: float, variance: float) -> tuple[float, float]:
    if abs(value) >= 1:
        return value, value
    half = norm.ppf(0.975) * np.sqrt(variance)
    return float(np.tanh(np.arctanh(value) - half)), float(np.tanh(np.arctanh(value) + half))
