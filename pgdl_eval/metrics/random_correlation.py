"""How far from zero the rank correlations of measures that know nothing stay: the band beside a coefficient."""

from __future__ import annotations

from functools import cache

import numpy as np

from .p_values import kendall_p, spearman_p

OUTSIDE = 0.05  # the share of random measures beyond the band, on both sides together
HALVINGS = 40


@cache
def spearman_band(models: int) -> float:
    """The size that Spearman's coefficient of 95% of random measures of n models does not pass; NaN below three models.

    The coefficient of which `spearman_p` is 0.05; 1 where even a perfect order is not that rare.
    """
    if models < 3:
        return np.nan
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if spearman_p(middle, models) > OUTSIDE else (low, middle)
    return high


@cache
def kendall_band(models: int) -> float:
    """The same of Kendall's tau-b without ties, by `kendall_p`."""
    if models < 3:
        return np.nan
    pairs, alone = models * (models - 1) // 2, np.ones(models, dtype=np.intp)
    low, high = 0, pairs // 2  # of pairs that are turned round in the rarer order
    while low < high:
        turned = (low + high + 1) // 2
        if kendall_p(pairs - 2 * turned, (alone, alone)) <= OUTSIDE:
            low = turned
        else:
            high = turned - 1
    return (pairs - 2 * low) / pairs
