"""Counts of pairs of many models by sorting: no table of all pairs.

A model is dominated where another one has the greater measure and the greater gap. In the order of the measure a pair
is dominated if it stands in the same order by gap. Both orders are cut into about sqrt(n) blocks of as many models:
pairs within a block of either order are compared, all others are told by the numbers of their blocks. What is summed
for each model is not one count but a row: how many of the models below it each group has, several of these counts in
one float64. That is n sqrt(n) steps for each column of the rows, where a table of all pairs takes n^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
BITS = 53  # whole numbers of so many bits are exact in float64


@dataclass(frozen=True)
class Split:
    """The groups of n models by one pair of hyper-parameters, none of them empty.

    Attributes
    ----------
    order : (n,) models by group.
    starts : (g,) where each group begins in this order.
    columns : where its counts stand in the rows.
    """

    order: Whole
    starts: Whole
    columns: slice

    def sums(self, rows: Array) -> Array:
        """The rows of each group's models, summed: (r, n, columns) -> (r, g, columns of this split)."""
        return np.asarray(np.add.reduceat(rows[:, self.order, self.columns], self.starts, axis=1))


@dataclass(frozen=True)
class Packing:
    """How the groups of n models stand in rows, several in a column.

    Attributes
    ----------
    rows : (n, columns) each model as one count of its own groups.
    splits : the groups, split by split.
    places, shifts, masks : (c,) where the count of a cell stands in the flat sums of all splits, and in which bits.
    """

    rows: Array
    splits: tuple[Split, ...]
    places: Whole
    shifts: NDArray[np.int64]
    masks: NDArray[np.int64]

    def count(self, rows: Array) -> NDArray[np.int64]:
        """What the rows (r, n, columns) of all models hold for each cell, its first group by its second: (r, c)."""
        sums = [split.sums(rows).reshape(len(rows), -1) for split in self.splits]
        packed = np.concatenate(sums, axis=1).astype(np.int64).take(self.places, axis=1)
        packed >>= self.shifts
        packed &= self.masks
        return packed


def packing(labels: Whole, split_of_cell: Whole, first: Whole, second: Whole) -> Packing:
    """Lay out the groups of n models.

    Parameters
    ----------
    labels : (splits, n) number of each model's group within the split; none is left out.
    split_of_cell, first, second : (c,) each cell's split and its two groups, by these numbers.
    """
    rows, splits, places, shifts, masks = [], [], [], [], []
    column = offset = 0
    for label in labels:
        sizes = np.bincount(label)
        bits = int(sizes.max() ** 2).bit_length()  # no count of a cell needs more
        together = max(1, BITS // bits)
        width = -(-len(sizes) // together)
        of_split = np.zeros((len(label), width))
        of_split[np.arange(len(label)), label // together] = 2.0 ** (bits * (label % together))
        rows.append(of_split)
        starts = np.cumsum(sizes) - sizes
        splits.append(Split(np.argsort(label, kind="stable"), starts, slice(column, column + width)))
        column, here = column + width, split_of_cell == len(splits) - 1
        places.append(offset + first[here] * width + second[here] // together)
        shifts.append(bits * (second[here] % together))
        masks.append(np.full(len(shifts[-1]), (1 << bits) - 1))
        offset += len(sizes) * width
    return Packing(np.concatenate(rows, axis=1), tuple(splits), *map(np.concatenate, (places, shifts, masks)))


@dataclass(frozen=True)
class Sorted:
    """r sets of k models in the order of a measure, from the least.

    Attributes
    ----------
    order : (r, k) the models; of the same measure the one with the greater gap comes first, so that a tie is no rise.
    below : (r, k) how many of its set have less of the measure.
    by_gap : (r, k) each one's place in the order of the gap; of the same gap the greater measure comes first.
    """

    order: Whole
    below: Whole
    by_gap: Whole


def sort_models(measures: Array, gaps: Array) -> Sorted:
    """Sort r sets of k models, (r, k) each, by measure and by gap."""
    models = measures.shape[1]
    measure, gap = dense_ranks(measures), dense_ranks(gaps)
    place = np.argsort(np.argsort(gap * models + (models - 1 - measure), axis=1), axis=1)
    order = np.argsort(measure * models + (models - 1 - place), axis=1)
    sorted_ranks = np.take_along_axis(measure, order, axis=1)
    begins = np.diff(sorted_ranks, axis=1, prepend=-1) > 0
    below = np.maximum.accumulate(np.where(begins, np.arange(models), 0), axis=1)
    return Sorted(order, below, np.take_along_axis(place, order, axis=1))


def dense_ranks(values: Array) -> Whole:
    """Ranks of (r, k) values from 0, without gaps; equal values have the same."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    ranks = np.zeros(values.shape, dtype=np.intp)
    of_ordered = np.cumsum(ordered[:, 1:] != ordered[:, :-1], axis=1)
    np.put_along_axis(ranks, order[:, 1:], of_ordered, axis=1)
    return ranks


def rows_below(rows: Array, below: Whole) -> Array:
    """For each of (r, k) models in the order of a measure the sum of the rows of those with less: (r, k, columns)."""
    sets, models, columns = rows.shape
    sums = np.zeros((sets, models + 1, columns))
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    return sums.reshape(-1, columns).take(below + np.arange(sets)[:, None] * (models + 1), axis=0)


def rows_dominated(rows: Array, place: Whole) -> Array:
    """The sum of the rows that stand before each one and have the lower place.

    Parameters
    ----------
    rows : (r, k, columns).
    place : (r, k) an order of 0 to k - 1.

    Returns
    -------
    (r, k, columns)
    """
    sets, models, columns = rows.shape
    size = block_size(models)
    blocks = -(-models // size)
    padded = blocks * size
    if padded > models:  # the last places in both orders, with nothing to count
        rows = np.concatenate([rows, np.zeros((sets, padded - models, columns))], axis=1)
        more = np.broadcast_to(np.arange(models, padded), (sets, padded - models))
        place = np.concatenate([place, more], axis=1)
    kind = np.int16 if padded < 2**15 else np.int32
    flat, first = rows.reshape(-1, columns), np.arange(sets)[:, None] * padded
    before = np.tri(size, k=-1, dtype=np.bool_)
    places = place.astype(kind).reshape(sets, blocks, size)
    in_blocks = rows.reshape(sets, blocks, size, columns)
    # Within a block of the first order.
    found = _sums((places[..., None, :] < places[..., :, None]) & before, in_blocks).reshape(sets, padded, columns)
    # In an earlier block of both orders.
    block = places // kind(size)
    numbers = np.arange(blocks, dtype=kind)
    table = np.zeros((sets, blocks, blocks, columns))
    of_earlier = _sums(block[:, :-1, None, :] < numbers[:, None], in_blocks[:, :-1])
    np.cumsum(of_earlier, axis=1, out=table[:, 1:])
    where = (np.arange(sets)[:, None, None] * blocks + numbers[:, None]) * blocks + block
    found += table.reshape(-1, columns).take(where.reshape(sets, padded), axis=0)
    # Within a block of the second order, in different ones of the first.
    position = np.argsort(place, axis=1)
    earlier = (position // size).astype(kind).reshape(sets, blocks, size)
    by_place = flat.take(position + first, axis=0).reshape(sets, blocks, size, columns)
    of_block = _sums((earlier[..., None, :] < earlier[..., :, None]) & before, by_place)
    found += of_block.reshape(-1, columns).take(place + first, axis=0)
    return found[:, :models]


def block_size(models: int) -> int:
    """About the square root, in whole vectors of the processor."""
    return 8 * max(1, round(math.sqrt(models) / 8))


def _sums(chosen: NDArray[np.bool_], rows: Array) -> Array:
    """For each of (..., i, j) the sum of the chosen rows (..., j, columns): (..., i, columns)."""
    return np.asarray(chosen.astype(np.float64) @ rows)
