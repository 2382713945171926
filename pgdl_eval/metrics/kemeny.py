"""The exact Kemeny order: the fewest pairs in opposite order, over several lists with weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
LONGEST = 16  # items of one block; 2**16 sets of them


def kemeny_order(doubled: Whole, units: Whole, group: NDArray[np.intp]) -> tuple[Array, float, bool]:
    """The Kemeny optimum of lists, by dynamic programming over sets of items.

    A majority often says most: where every item of a set goes before every other one by weighted majority, it does so
    in all optima (Truchon, "An extension of the Condorcet criterion and Kemeny orders", 1998). What is searched are the
    blocks that no majority parts. Two lists of different weights leave no block but items that both of them tie.

    Parameters
    ----------
    doubled : (m, n) twice the ranks of the items, which stand in the order that decides between equally good ones.
    units : (m,) weights.
    group : (n,) number of each item's group; groups stand side by side, and every list ties their items.

    Returns
    -------
    The mean place of each item's group, from 1; the least distance, where a pair that a list ties counts 1/2; and
    whether no other order of the groups attains it.

    Raises
    ------
    InputError
        For a block of more than `LONGEST` groups.
    """
    size = np.bincount(group)
    ranks = doubled[:, np.flatnonzero(np.diff(group, prepend=-1))]  # (m, groups)
    one, other = ranks[:, :, None], ranks[:, None, :]
    cost = np.tensordot(units, 2 * (one > other) + (one == other), axes=1) * np.outer(size, size)
    np.fill_diagonal(cost, 0)
    order: list[int] = []
    unique = True
    for block in _blocks(cost):
        best, alone = _best_order(cost[np.ix_(block, block)])
        order.extend(block[best])
        unique = unique and alone
    within = units.sum() * np.sum(size * (size - 1) // 2)  # pairs that every list ties
    distance = float(np.triu(cost[np.ix_(order, order)]).sum() + within) / 2
    places = np.empty(len(size))
    places[order] = np.cumsum(size[order]) - (size[order] - 1) / 2
    return places[group], distance, unique


def _blocks(cost: Whole) -> Iterator[NDArray[np.intp]]:
    """The items that no majority parts, block after block; cost (g, g) is that of a row's item before a column's."""
    from scipy.sparse.csgraph import connected_components

    _, block = connected_components(cost <= cost.T, connection="strong")
    following = np.sum((cost < cost.T) & (block[:, None] != block), axis=1)
    for number in sorted(set(following.tolist()), reverse=True):
        members = np.flatnonzero(following == number)
        if len(members) > LONGEST:
            problem = "the exact Kemeny order is out of reach; take the footrule"
            expected = f"at most {LONGEST} items that no majority parts"
            raise InputError(problem, field="lists", expected=expected, found=len(members))
        yield members


def _best_order(cost: Whole) -> tuple[NDArray[np.intp], bool]:
    """The order of g items with the least sum of the costs of one before another, and whether it is the only one.

    best(S), the least cost within the set S, is the minimum over its last item j of best(S - j) plus the costs of all
    others before j (Held and Karp). Sets are numbered by their bits and taken by their size.
    """
    g = len(cost)
    bits = 1 << np.arange(g)
    contains = (np.arange(1 << g)[:, None] & bits) > 0  # (2^g, g)
    before = contains @ cost  # (2^g, g): of all items of a set before an item
    best, ways, last = (np.zeros(1 << g, dtype=np.int64) for _ in range(3))
    ways[0] = 1
    sizes = contains.sum(axis=1)
    for size in range(1, g + 1):
        sets = np.flatnonzero(sizes == size)
        rest = sets[:, None] ^ bits
        totals = np.where(contains[sets], best[rest] + before[sets], np.iinfo(np.int64).max)
        best[sets] = totals.min(axis=1)
        least = totals == best[sets, None]
        ways[sets] = np.sum(np.where(least, ways[rest], 0), axis=1)
        last[sets] = g - 1 - least[:, ::-1].argmax(axis=1)
    order, left = [], (1 << g) - 1
    while left:
        order.append(last[left])
        left ^= 1 << int(last[left])
    return np.array(order[::-1]), bool(ways[-1] == 1)
