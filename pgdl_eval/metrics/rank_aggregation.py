"""Rank aggregation: one order of n items out of several lists, each with a weight.

A list gives every item its rank; items that it ties share their mean rank. The aggregate of lists r_i with weights w_i
is an order delta, the places 1 to n, that minimizes sum_i w_i d(delta, r_i) (Pihur, Datta and Datta, "RankAggreg, an R
package for weighted rank aggregation", BMC Bioinformatics 10:62, 2009). By method:

* `mean_rank`: d is the sum of squared differences. Sorting by the weighted mean rank minimizes it (Borda's count).
* `footrule`: d is Spearman's footrule, the sum of absolute differences. An assignment of items to places (Dwork, Kumar,
  Naor and Sivakumar, "Rank aggregation methods for the web", WWW 2001), solved exactly.
* `kemeny`: d is Kendall's tau, the number of pairs in opposite order, where a pair that the list ties counts 1/2 (as in
  Fagin et al., "Comparing partial rankings", SIAM Journal on Discrete Mathematics 20, 2006). Exact; see `kemeny_order`.

What two lists give. For weights 1 and w < 1, any metric d, and no ties in the first list, the optimum is the first
list itself and nothing else: by the triangle inequality d(x, r_1) + w d(x, r_2) >= (1 - w) d(x, r_1) + w d(r_1, r_2),
with equality for x = r_1 alone. Where the first list has ties, and w is as small as 0.05, the second only breaks them:
Kemeny for any w < 1; the footrule, on all lists of up to 6 items, for w up to 0.5, while at 0.6 the second may win. So
an aggregate with weight 0.05 that moves its first list is no such optimum, unless that list is full of ties. The
weighted mean rank, whose d is no metric, does move it. RankAggreg's own searches (cross-entropy, genetic) look for the
optima that are found here exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from complexity.errors import InputError

from .constant import without_rounding_noise
from .kemeny import kemeny_order
from .ranks import twice_ranks

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
UNIT = 10_000  # weights count to four decimals: all sums are whole numbers then, and comparisons exact


@dataclass(frozen=True)
class Aggregate:
    """The order that lists agree on best.

    Attributes
    ----------
    ranks : (n,) the place of each item, from 1. Items that every list ties share the mean of their places; so do, by
        the mean rank, all items of the same mean.
    distance : the least sum_i w_i d(delta, r_i) over all orders.
    unique : whether one order alone attains it, but for exchanges of items that every list ties.
    """

    ranks: Array
    distance: float
    unique: bool


def aggregate(lists: ArrayLike, weights: Sequence[float], method: str = "mean_rank") -> Aggregate:
    """The aggregate of m lists of n items; it does not depend on the order of the items.

    Parameters
    ----------
    lists : (m, n) values; a list ranks its least value first. A list of weight 0 counts for nothing; one that is
        constant but for rounding ties all.
    weights : (m,), not negative; they count to four decimals.
    method : one of `METHODS`.

    Raises
    ------
    InputError
        For values that are not finite, weights that do not fit, an unknown method, and lists too long for it.
    """
    if method not in METHODS:
        raise InputError("unknown method", field="method", expected=f"one of {', '.join(METHODS)}", found=method)
    values, units = np.asarray(lists, dtype=np.float64), whole_weights(weights)
    if values.ndim != 2 or values.shape[1] == 0:
        raise InputError("no lists", field="lists", expected="shape (m, n)", found=values.shape)
    if len(values) != len(units):
        raise InputError("weights do not fit", field="weights", expected=f"{len(values)} numbers", found=weights)
    if not np.isfinite(values).all():
        raise InputError("a list holds NaN or infinity", field="lists")
    doubled = twice_ranks(np.array([without_rounding_noise(one) for one in values[units > 0]]))
    units = units[units > 0]
    # By mean rank, then list by list: an order of the items that depends on their ranks alone.
    order = np.lexsort((*doubled[::-1], units @ doubled))
    ordered = doubled[:, order]
    group = np.cumsum(np.diff(ordered, axis=1, prepend=0).any(axis=0)) - 1  # items that every list ties
    places, distance, unique = METHODS[method](ordered, units, group)
    ranks = np.empty(len(order))
    ranks[order] = (np.bincount(group, places) / np.bincount(group))[group]
    return Aggregate(ranks, distance / UNIT, unique)


def whole_weights(weights: Sequence[float]) -> Whole:
    """Weights in units of 1 / `UNIT`.

    Raises
    ------
    InputError
        If one is negative, not finite or too small to count, or all are 0.
    """
    try:
        given = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    counts = (given == 0) | ((given >= 1 / UNIT) & np.isfinite(given))
    if given.ndim != 1 or not counts.all() or not given.any():
        expected = f"numbers from {1 / UNIT} on, or 0, and not all 0"
        raise InputError("bad weights", field="weights", expected=expected, found=weights)
    return np.asarray(np.rint(given * UNIT), dtype=np.int64)


def _mean_rank(doubled: Whole, units: Whole, group: NDArray[np.intp]) -> tuple[Array, float, bool]:
    means = units @ doubled
    places = np.arange(1, len(means) + 1)
    distance = float(units @ ((2 * places - doubled) ** 2).sum(axis=1)) / 4
    return twice_ranks(means) / 2, distance, bool(len(np.unique(means)) == group[-1] + 1)


def _footrule(doubled: Whole, units: Whole, group: NDArray[np.intp]) -> tuple[Array, float, bool]:
    """An optimal assignment of items to places, and whether a second one, as different as can be, is the same.

    For the second all costs are n + 1 times as large, and larger by one at the places that the item's group has in the
    first: of all optima it keeps the fewest.
    """
    from scipy.optimize import linear_sum_assignment

    n = doubled.shape[1]
    if int(units.sum()) * 2 * n**2 * (n + 1) >= 2**53:  # whole numbers below are exact in the solver's float64
        raise InputError("too many items, or too large weights, for exact sums", field="lists", found=f"{n} items")
    places = 2 * np.arange(1, n + 1)
    cost = np.sum([unit * np.abs(ranks[:, None] - places) for unit, ranks in zip(units, doubled, strict=True)], axis=0)
    items, assigned = linear_sum_assignment(cost)  # cost (n, n): items x places
    order = np.argsort(assigned)
    kept = group[:, None] == group[order]
    _, other = linear_sum_assignment((n + 1) * cost + kept)
    distance = float(cost[items, assigned].sum()) / 2
    return np.argsort(_unanimous(order, doubled)).astype(np.float64) + 1, distance, bool(kept[items, other].all())


def _unanimous(order: NDArray[np.intp], doubled: Whole) -> NDArray[np.intp]:
    """An order (n,) of items, changed so that no item follows another that every list ranks later, or ties with it.

    Where the lists want both elsewhere the footrule leaves such a pair open; an exchange never makes it larger. Items
    are numbered by mean rank: the least number among those that belong before an item takes its place.
    """
    order = order.copy()
    for place in range(len(order)):
        later = order[place:]
        first = np.all(doubled[:, later] <= doubled[:, order[place], None], axis=0)
        found = place + int(np.argmin(np.where(first, later, len(order))))
        order[[place, found]] = order[[found, place]]
    return order


METHODS = {"mean_rank": _mean_rank, "footrule": _footrule, "kemeny": kemeny_order}
