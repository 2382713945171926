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
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
FEW_GROUPS = 32  # up to here a product of matrices sums them faster than one group after the other
BITS = 53  # whole numbers of so many bits are exact in float64


@dataclass(frozen=True)
class Split:
    """The groups of n models by one pair of hyper-parameters, none of them empty.

    Attributes
    ----------
    order : (n,) models by group.
    starts : (g,) where each group begins in this order.
    columns : where its counts stand in the rows.
    members : (g, n) 1 where a group has a model; None where there are too many groups for products of matrices.
    """

    order: Whole
    starts: Whole
    columns: slice
    members: Array | None

    def sums(self, rows: Array) -> Array:
        """The rows of each group's models, summed: (r, n, columns) -> (r, g, columns of this split)."""
        of_split = rows[:, :, self.columns]
        if self.members is not None:
            return np.asarray(self.members @ of_split)
        return np.asarray(np.add.reduceat(of_split.take(self.order, axis=1), self.starts, axis=1))


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
        members = np.equal.outer(np.arange(len(sizes)), label).astype(np.float64) if len(sizes) <= FEW_GROUPS else None
        splits.append(Split(np.argsort(label, kind="stable"), starts, slice(column, column + width), members))
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
    below : (r, k) how many of its set have less of the measure; None where no set has ties: those that come before.
    by_gap : (r, k) each one's place in the order of the gap; of the same gap the greater measure comes first.
    """

    order: Whole
    below: Whole | None
    by_gap: Whole


def sort_models(measures: Array, gaps: Whole) -> Sorted:
    """Sort r sets of k models by measure (r, k) and by `dense_ranks` of their gaps, (r, k) or (1, k) for all sets."""
    sets, models = measures.shape
    order = np.argsort(measures, axis=1)
    ordered = np.take_along_axis(measures, order, axis=1)
    rises = ordered[:, 1:] != ordered[:, :-1]
    ties_of_gap = gaps.max(axis=1).min() < models - 1
    if rises.all() and not ties_of_gap:
        return Sorted(order, None, gaps[0].take(order) if len(gaps) == 1 else np.take_along_axis(gaps, order, axis=1))
    measure = np.zeros((sets, models), dtype=np.intp)
    np.put_along_axis(measure, order[:, 1:], np.cumsum(rises, axis=1), axis=1)
    place = np.argsort(np.argsort(gaps * models + (models - 1 - measure), axis=1), axis=1)
    if rises.all():
        return Sorted(order, None, np.take_along_axis(place, order, axis=1))
    order = np.argsort(measure * models + (models - 1 - place), axis=1)
    begins = np.concatenate([np.zeros((sets, 1), dtype=np.bool_), rises], axis=1)
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


@dataclass(frozen=True)
class Blocks:
    """The rows of r sets of k models in some order, cut into blocks of equal size; the last one is filled with zeros.

    `rows` : (r, blocks, size, columns).
    """

    rows: Array
    models: int

    @classmethod
    def of(cls, rows: Array) -> Blocks:
        """Cut rows (r, k, columns)."""
        sets, models, columns = rows.shape
        size = block_size(models)
        blocks = -(-models // size)
        if blocks * size > models:
            rows = np.concatenate([rows, np.zeros((sets, blocks * size - models, columns))], axis=1)
        return cls(rows.reshape(sets, blocks, size, columns), models)

    def summed_before(self, below: Whole | None) -> Array:
        """For each model the sum of the rows of the `below` (r, k) first models, or of all before: (r, k, columns)."""
        sets, blocks, size, columns = self.rows.shape
        sums = _before(size).astype(np.float64) @ self.rows
        sums += _sums_before(self.rows.sum(axis=2))[:, :, None]
        flat = sums.reshape(sets, -1, columns)
        if below is None:
            return np.asarray(flat[:, : self.models])
        return np.asarray(flat.reshape(-1, columns).take(below + np.arange(sets)[:, None] * (blocks * size), axis=0))

    def summed_dominated(self, place: Whole) -> Array:
        """For each model the sum of the rows that stand before it and have the lower place: (r, k, columns).

        `place` : (r, k) another order, of the numbers 0 to k - 1.
        """
        sets, blocks, size, columns = self.rows.shape
        padded = blocks * size
        more = np.broadcast_to(np.arange(self.models, padded), (sets, padded - self.models))
        place = np.concatenate([place, more], axis=1)  # the last places in both orders have nothing to count
        kind: Any = np.int16 if padded < 2**15 else np.int32
        places = place.astype(kind).reshape(sets, blocks, size)
        # Within a block of the first order.
        found = _sums((places[..., None, :] < places[..., :, None]) & _before(size), self.rows)
        found = found.reshape(sets, padded, columns)
        # In an earlier block of both orders.
        block, numbers = places // kind(size), np.arange(blocks, dtype=kind)
        table = _sums_before(_sums(block[:, :, None, :] < numbers[:, None], self.rows))
        where = (np.arange(sets)[:, None, None] * blocks + np.arange(blocks)[:, None]) * blocks + block
        found += table.reshape(-1, columns).take(where.reshape(sets, padded), axis=0)
        # Within a block of the second order, in different ones of the first.
        position, first = np.argsort(place, axis=1), np.arange(sets)[:, None] * padded
        earlier = (position // size).astype(kind).reshape(sets, blocks, size)
        by_place = self.rows.reshape(-1, columns).take(position + first, axis=0).reshape(self.rows.shape)
        of_block = _sums((earlier[..., None, :] < earlier[..., :, None]) & _before(size), by_place)
        found += of_block.reshape(-1, columns).take(place + first, axis=0)
        return found[:, : self.models]


@cache
def _before(size: int) -> NDArray[np.bool_]:
    """(size, size) whether the second one stands before the first."""
    return np.tri(size, k=-1, dtype=np.bool_)


def _sums_before(parts: Array) -> Array:
    """Sums over all earlier entries of the second axis: (r, blocks, ...), as NumPy does column by column."""
    sums = np.zeros(parts.shape)
    for block in range(1, parts.shape[1]):
        np.add(sums[:, block - 1], parts[:, block - 1], out=sums[:, block])
    return sums


def block_size(models: int) -> int:
    """About the square root, in whole vectors of the processor."""
    return 8 * max(1, round(math.sqrt(models) / 8))


def _sums(chosen: NDArray[np.bool_], rows: Array) -> Array:
    """For each of (..., i, j) the sum of the chosen rows (..., j, columns): (..., i, columns)."""
    return np.asarray(chosen.astype(np.float64) @ rows)
