"""From a table of values, models x measures, to ranks, their consensus and its interval over samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...metrics.constant import without_rounding_noise
from ...metrics.kendall_w import Agreement, kendall_w
from ...metrics.rank_aggregation import aggregate
from ...metrics.ranks import twice_ranks

Array = NDArray[np.float64]
MOST_BY_FOOTRULE = 1000  # models; the exact footrule of more takes minutes
MOST_BY_FOOTRULE_IN_DRAWS = 64
DRAWS, SEED = 200, 0
SHARES = (0.025, 0.975)


@dataclass(frozen=True)
class Consensus:
    """One order of n models out of those of m measures.

    Attributes
    ----------
    ranks : (m, n) of each measure, from 1 for the least expected gap; tied models share their mean rank.
    places : (n,) in the consensus; models that every measure ties share theirs.
    low, high : (n,) the 95% interval of each place over samples; NaN where no measure has a spread.
    method : "footrule" or "mean_rank".
    unique : whether no other order is as good.
    agreement : of the measures; None for fewer than two, or fewer than three models.
    """

    ranks: Array
    places: Array
    low: Array
    high: Array
    method: str
    unique: bool
    agreement: Agreement | None


def consensus(values: Array, deviations: Array | None) -> Consensus:
    """The consensus of measures with equal weights.

    The footrule optimum, or above 1,000 models the mean rank (see `metrics.rank_aggregation`). Its interval: values are
    drawn 200 times with the covariance over models and measures that half-samples show, and ranked each time (above 64
    models by the mean rank); an interval always holds the place itself.

    Parameters
    ----------
    values : (m, n), finite, turned so that larger means a larger expected gap.
    deviations : (s, m, n) for s splits of the samples into halves a deviation with the standard deviation of the
        values; 0 for measures without one. None where there are no splits.
    """
    m, n = values.shape
    method = "footrule" if n <= MOST_BY_FOOTRULE else "mean_rank"
    found = aggregate(values, [1.0] * m, method)
    low, high = _interval(values, deviations, found.ranks)
    ranks = twice_ranks(np.array([without_rounding_noise(one) for one in values])) / 2
    return Consensus(ranks, found.ranks, low, high, method, found.unique, kendall_w(values))


def deviations_of(halves: Array, used: Sequence[tuple[float, float]]) -> Array:
    """Deviations (s, m, n) with the spread of whole values, out of values on both halves of splits (s, m, n, 2).

    Two halves share no sample, so half their difference has the variance of the mean over both. A measure that takes
    the same number of samples from a half as from all has as much in each: the factor is sqrt(2 u / U) for u and U
    samples used of a half and of all.

    Parameters
    ----------
    used : (u, U) of each measure; NaN in `halves` where a measure has none, which counts as no deviation.
    """
    factors = np.array([np.sqrt(2 * half / whole) if whole else 1.0 for half, whole in used])
    found = (halves[..., 0] - halves[..., 1]) / 2 * factors[:, None]
    return np.asarray(np.nan_to_num(found, nan=0.0))


def _interval(values: Array, deviations: Array | None, places: Array) -> tuple[Array, Array]:
    if deviations is None or not deviations.any():
        return np.full(len(places), np.nan), np.full(len(places), np.nan)
    method = "footrule" if len(places) <= MOST_BY_FOOTRULE_IN_DRAWS else "mean_rank"
    normal = np.random.default_rng(SEED).standard_normal((DRAWS, len(deviations))) / np.sqrt(len(deviations))
    drawn = (
        aggregate(values + np.tensordot(one, deviations, axes=1), [1.0] * len(values), method).ranks for one in normal
    )
    low, high = np.quantile(np.array(list(drawn)), SHARES, axis=0)
    return np.minimum(np.floor(low), np.floor(places)), np.maximum(np.ceil(high), np.ceil(places))
