"""Ranks of values, of which tied ones share theirs."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.intp]


def places(lists: NDArray[Any]) -> tuple[Whole, Whole]:
    """Of each of (..., n) values how many of its list are less, and how many are not greater: (..., n) each."""
    ordered = np.sort(lists, axis=-1).reshape(-1, lists.shape[-1])
    rows = list(zip(ordered, lists.reshape(ordered.shape), strict=True))
    below = [np.searchsorted(one, values, "left") for one, values in rows]
    through = [np.searchsorted(one, values, "right") for one, values in rows]
    return np.array(below).reshape(lists.shape), np.array(through).reshape(lists.shape)


def twice_ranks(lists: NDArray[Any]) -> Whole:
    """Twice the rank of each of (..., n) values, from 1 for the least; tied values share their mean rank.

    As `scipy.stats.rankdata`, whose import takes longer than all that is ranked here.
    """
    below, through = places(lists)
    return below + through + 1


def normal_scores(values: NDArray[Any]) -> NDArray[np.float64]:
    """Each of n values as the normal quantile of its rank r, Phi^-1((r - 1/2) / n); tied values share their mean rank.

    A constant has zeros. Bliss's offset; Beasley, Erickson and Allison, "Rank-based inverse normal transformations are
    increasingly used, but are they merited?" (2009).
    """
    return _quantiles(len(values))[twice_ranks(values) - 2]


@cache
def _quantiles(count: int) -> NDArray[np.float64]:
    """Phi^-1((r - 1/2) / n) of the ranks r = 1, 1.5, 2, ... n: (2 n - 1,); SciPy's takes longer to import."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((twice - 1) / (2 * count)) for twice in range(2, 2 * count + 1)])
