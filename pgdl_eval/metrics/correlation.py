"""Rank correlation of a measure with the gap: coefficients, p-values, intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .half_samples import NORMAL_95, UNDEFINED, Interval, deviations
from .orders import Order, inner, order_of
from .p_values import kendall_p, spearman_p

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

    Value and p-value: as SciPy's. Interval: see `fisher_interval`.
    """
    return spearman_of(order_of(measure[None]), order_of(gap[None]))[0]


def kendall(measure: Array, gap: Array) -> Correlation:
    """Kendall's tau-b of two (n,) arrays; value, p-value and interval as for `spearman`."""
    return kendall_of(order_of(measure[None]), order_of(gap[None]))[0]


def spearman_of(measures: Order, gaps: Order) -> list[Correlation]:
    """`spearman` of each of g sets of models."""
    models = measures.values.shape[-1]
    pairs = ((measures.ranks, gaps.ranks), (measures.ranks, measures.ranks), (gaps.ranks, gaps.ranks))
    values = _ratio(*(inner(*pair) for pair in pairs))
    spreads = deviations(spearman_of_halves(measures, gaps), models).tolist()
    return [
        CONSTANT if nothing else Correlation(value, spearman_p(value, models), fisher_interval(value, spread))
        for nothing, value, spread in zip(_constant(measures, gaps), values.tolist(), spreads, strict=True)
    ]


def kendall_of(measures: Order, gaps: Order) -> list[Correlation]:
    """`kendall` of each of g sets of models."""
    models = measures.values.shape[-1]
    concordant, of_halves = measures.concordances(gaps)
    untied = ((models - one.shared).sum(axis=-1) for one in (measures, gaps))
    values = _ratio(concordant, *untied)
    spreads = deviations(_ratio(of_halves, measures.untied_of_halves, gaps.untied_of_halves), models).tolist()
    found = []
    for i, nothing in enumerate(_constant(measures, gaps)):
        if nothing:
            found.append(CONSTANT)
            continue
        value, p = float(values[i]), kendall_p(int(concordant[i]) // 2, (measures.shared[i], gaps.shared[i]))
        found.append(Correlation(value, p, fisher_interval(value, spreads[i])))
    return found


def is_constant(measure: Array, gap: Array) -> bool:
    """Whether no rank correlation is defined: one of the two is constant, or there are fewer than three models."""
    return len(gap) < 3 or bool(measure.max() == measure.min()) or bool(gap.max() == gap.min())


def fisher_interval(value: float, spread: float) -> Interval:
    """The 95% interval of a rank correlation from its standard deviation over half-samples.

    On Fisher's scale artanh r, on which a deviation of r counts 1 / (1 - r^2) times. None below 8 models, and none for
    a perfect order, in which the half-samples do not differ. Of simulated tasks of 32, 54 and 96 models (see
    `half_samples`) it holds the true Spearman coefficient in 96.6, 96.1 and 95.3%, tau-b in 96.8, 96.3 and 95.4%; in
    93.3% at least of the tasks of one kind and correlation.
    """
    if not spread > 0:
        return UNDEFINED
    centre, reach = math.atanh(value), NORMAL_95 * spread / (1 - value**2)
    return Interval(math.tanh(centre - reach), math.tanh(centre + reach))


def spearman_of_halves(measure: Order, gap: Order) -> Array:
    """Spearman's coefficient of each half-sample of n models: (..., RESAMPLES); NaN for constant halves."""
    return _ratio(*measure.spearman_sums(gap))


def kendall_of_halves(measure: Order, gap: Order) -> Array:
    """Kendall's tau-b of each half-sample of n models: (..., RESAMPLES); NaN for constant halves."""
    return _ratio(measure.concordances(gap)[1], measure.untied_of_halves, gap.untied_of_halves)


def _ratio(products: Array, first: Array, second: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(products / np.sqrt(first * second))


def _constant(measures: Order, gaps: Order) -> list[bool]:
    return [is_constant(measure, gap) for measure, gap in zip(measures.values, gaps.values, strict=True)]
