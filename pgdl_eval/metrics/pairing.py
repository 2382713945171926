"""All ordered pairs of a task's models, split into cells: what the competition's score counts."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .sorted_pairs import Blocks, Packing, dense_ranks, packing, sort_models

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
EPSILON = 1e-12  # the official program adds it within the logarithm of the entropy
AT_A_TIME = 32  # measures whose tables are in memory at a time; more of them, of 96 models, leave the cache
FEW_MODELS = 200  # up to here tables of all pairs are faster than sorting
NUMBERS_AT_A_TIME = 2**17  # of one array of the sorted counts: they stay in the cache


@dataclass(frozen=True)
class Pairing(ABC):
    """All ordered pairs of a task's models, split into cells for each pair of hyper-parameters; made once a task.

    Several sets of models of one task are one object, whose counts have a leading axis.

    Attributes
    ----------
    gap : (..., n) generalization gaps.
    cells : two arrays (c,) of the numbers of groups, which are the pairs of values of each split: a cell is a pair of
        groups of one split.
    starts : (splits,) where the cells of each split begin.
    """

    gap: Array
    cells: tuple[Whole, Whole]
    starts: Whole

    @property
    @abstractmethod
    def group_members(self) -> Whole:
        """(..., g) the models of each group."""

    @property
    @abstractmethod
    def gap_count(self) -> Whole:
        """(..., c) the pairs of each cell whose first model has the greater gap; ties are not."""

    @property
    @abstractmethod
    def at_a_time(self) -> int:
        """How many measures, or sets of models, are best counted at once."""

    @property
    @abstractmethod
    def bytes_of_subset(self) -> int:
        """The memory that the tables of a set of half of the models take."""

    @property
    @abstractmethod
    def threaded(self) -> bool:
        """Whether counting is so much work that threads share it."""

    @abstractmethod
    def count(self, measures: Array) -> tuple[Whole, Whole]:
        """The pairs of each cell whose first model has the greater measure, and those with the greater gap, too.

        (m, n) -> (m, c) each: all m measures on the same models, or each on its own set of them.
        """

    @abstractmethod
    def subsets(self, chosen: Whole) -> Pairing:
        """The pairs within each of m sets (m, k) of models; a cell may be empty there."""

    @cached_property
    def members(self) -> tuple[Whole, Whole]:
        """(..., c) each: the models of the two groups of each cell."""
        members = self.group_members
        return members[..., self.cells[0]], members[..., self.cells[1]]

    @cached_property
    def size(self) -> Whole:
        """(..., c) ordered pairs of models in each cell."""
        return np.asarray(self.members[0] * self.members[1])

    @cached_property
    def self_pairs(self) -> Whole:
        """(..., c) how many pairs of each cell are a model with itself."""
        return np.where(self.cells[0] == self.cells[1], self.members[0], 0)

    @cached_property
    def entropy(self) -> Array:
        """(..., splits) entropy of the order by gap in bits, summed over the cells of each split."""
        return self._entropy_of_cells()

    def _entropy_of_cells(self) -> Array:
        entropy = np.zeros(self.size.shape)
        for count in (self.gap_count, self.size - self.gap_count):
            p = count / np.maximum(self.size, 1)
            entropy -= p * np.log2(p + EPSILON)
        return self.per_split(entropy)

    @cached_property
    def gap_bits(self) -> Array:
        """(..., c) what the sizes of a cell alone add to `cell_information`."""
        of_gap = self.count_log_count.take(self.gap_count) + self.count_log_count.take(self.size - self.gap_count)
        return np.asarray(self.count_log_count.take(self.size) - of_gap)

    @cached_property
    def count_log_count(self) -> Array:
        """x log2 x of each count of pairs x that a cell may have: (largest cell + 1,)."""
        counts = np.arange(self.size.max() + 1)
        return np.asarray(counts * np.log2(np.maximum(counts, 1)))

    def per_split(self, of_cells: Array) -> Array:
        """Sums over the cells of each split: (..., c) -> (..., splits)."""
        return np.asarray(np.add.reduceat(of_cells, self.starts, axis=-1))


@dataclass(frozen=True)
class TabledPairing(Pairing):
    """Counts by tables of all pairs of models: the fastest way for few.

    `groups` : (..., n, g) one column for each pair of values of each split, 1 where a model has these values.
    """

    groups: NDArray[np.float32]

    @cached_property
    def group_members(self) -> Whole:
        return np.asarray(self.groups.sum(axis=-2, dtype=np.intp))

    @cached_property
    def gap_count(self) -> Whole:
        return self._count(self.gap_greater)[0]

    @property
    def at_a_time(self) -> int:
        return AT_A_TIME

    @property
    def threaded(self) -> bool:
        return False

    @property
    def bytes_of_subset(self) -> int:
        models = len(self.gap) // 2
        return int(6 * models**2 + 8 * models * self.groups.shape[-1] + 48 * len(self.cells[0]))

    @cached_property
    def gap_greater(self) -> NDArray[np.bool_]:
        """(..., n, n) whether the gap of the first model is the greater one; ties are not."""
        return np.asarray(self.gap[..., :, None] > self.gap[..., None, :])

    @cached_property
    def shift(self) -> int:
        """Two counts of pairs stand in one whole number, the second one so many bits higher."""
        return int(self.size.max()).bit_length()

    @cached_property
    def weights(self) -> NDArray[np.floating[Any]]:
        """(..., n, n) what each pair adds to both counts: 1, and 1 as the second count where it has `gap_greater`.

        All sums are whole numbers that float32 holds exactly up to 2**24, else float64.
        """
        kind = np.float32 if 2 * self.shift <= 24 else np.float64
        return np.asarray(1 + self.gap_greater * kind(1 << self.shift), dtype=kind)

    @cached_property
    def places(self) -> Whole:
        """(c,) where a cell stands in a flat table groups x groups."""
        return np.asarray(self.cells[0] * self.groups.shape[-1] + self.cells[1])

    def count(self, measures: Array) -> tuple[Whole, Whole]:
        return self._count(measures[:, :, None] > measures[:, None, :])

    def _count(self, chosen: NDArray[np.bool_]) -> tuple[Whole, Whole]:
        """The pairs of each cell that are chosen, and those of them with the greater gap: (..., n, n) -> (..., c) each.

        One product of matrices counts both.
        """
        sums = self.groups.swapaxes(-1, -2) @ (chosen * self.weights) @ self.groups
        both = sums.reshape(*sums.shape[:-2], -1).take(self.places, axis=-1).astype(np.intp)
        return both & ((1 << self.shift) - 1), both >> self.shift

    def subsets(self, chosen: Whole) -> TabledPairing:
        return replace(self, gap=self.gap[chosen], groups=self.groups[chosen])


@dataclass(frozen=True)
class SortedPairing(Pairing):
    """Counts by sorting; cells in which the gaps of all pairs are in one order, and tell nothing, are left out.

    Attributes
    ----------
    layout : how the groups of all models of the task stand in the rows that are summed.
    groups : (splits, n) the group of each of the task's models; (g,) groups of all splits are numbered together.
    split_starts : (splits,) the number of the first group of each split.
    chosen : (m, k) the models of each set, or None: the task's models.
    """

    layout: Packing
    groups: Whole
    split_starts: Whole
    chosen: Whole | None = None

    @cached_property
    def group_members(self) -> Whole:
        if self.chosen is None:
            return np.bincount(self.groups.ravel())
        count = int(self.groups.max()) + 1
        of_set = self.groups[:, self.chosen] + count * np.arange(len(self.chosen))[:, None]
        return np.bincount(of_set.ravel(), minlength=count * len(self.chosen)).reshape(-1, count)

    @cached_property
    def gap_ranks(self) -> Whole:
        """Of the gap in each set: (m, k), or (1, n)."""
        return dense_ranks(np.atleast_2d(self.gap))

    @cached_property
    def gap_count(self) -> Whole:
        found = self._count(np.atleast_2d(self.gap), dominated=False)[0]
        return found[0] if self.chosen is None else found

    @property
    def at_a_time(self) -> int:
        largest = max(self.layout.rows.size, len(self.cells[0]))
        return max(1, min(AT_A_TIME, NUMBERS_AT_A_TIME // largest))

    @property
    def threaded(self) -> bool:
        return True

    @property
    def bytes_of_subset(self) -> int:
        return 16 * (len(self.gap) // 2) + 48 * len(self.cells[0])

    @cached_property
    def entropy(self) -> Array:
        kept = self._entropy_of_cells()
        occupied = np.add.reduceat(self.group_members > 0, self.split_starts, axis=-1, dtype=np.intp)
        left_out = occupied**2 - np.add.reduceat(self.size > 0, self.starts, axis=-1, dtype=np.intp)
        return np.asarray(kept - left_out * np.log2(1 + EPSILON))

    def count(self, measures: Array) -> tuple[Whole, Whole]:
        return self._count(measures)

    def _count(self, measures: Array, *, dominated: bool = True) -> tuple[Whole, Whole]:
        """Both counts, or the first one twice."""
        models = sort_models(measures, self.gap_ranks)
        sets = np.arange(len(measures))[:, None]
        order = models.order if self.chosen is None else self.chosen[sets, models.order]
        blocks = Blocks.of(self.layout.rows.take(order, axis=0))
        of_models = np.zeros((len(measures), *self.layout.rows.shape))
        of_models[sets, order] = blocks.summed_before(models.below)
        above = self.layout.count(of_models)
        if not dominated:
            return above, above
        of_models[sets, order] = blocks.summed_dominated(models.by_gap)
        return above, self.layout.count(of_models)

    def subsets(self, chosen: Whole) -> SortedPairing:
        return replace(self, gap=self.gap[chosen], chosen=chosen)


def pairing(gap: Array, hyperparameters: Mapping[str, Sequence[str]], *, few_models: int = FEW_MODELS) -> Pairing:
    """Split the ordered pairs of n models for every pair of different hyper-parameters.

    Parameters
    ----------
    gap : (n,) generalization gaps.
    hyperparameters : for each name n values as text; models of a cell share both models' values of both names.
    few_models : up to how many models tables of all pairs are made; the counts are the same.

    Raises
    ------
    InputError
        With fewer than two hyper-parameters: there is no pair to condition on, and the score is undefined.
    """
    if len(hyperparameters) < 2:
        raise InputError(
            "the score conditions on pairs of hyper-parameters, there are none",
            field="hparams",
            expected="at least 2 hyper-parameters",
            found=len(hyperparameters),
        )
    levels = [np.unique(np.array(values), return_inverse=True)[1] for values in hyperparameters.values()]
    labels = np.array([_groups(first, second) for first, second in itertools.combinations(levels, 2)])
    widths = labels.max(axis=1) + 1
    offsets = np.cumsum(widths) - widths
    grids = [np.indices((width, width)).reshape(2, -1) + offset for width, offset in zip(widths, offsets, strict=True)]
    first, second = np.concatenate(grids, axis=1)  # (c,) each
    starts = np.cumsum(widths**2) - widths**2
    groups = labels + offsets[:, None]
    if len(gap) <= few_models:
        columns = np.zeros((len(gap), widths.sum()), dtype=np.float32)
        columns[np.arange(len(gap)), groups] = 1
        return TabledPairing(gap, (first, second), starts, columns)
    return _of_telling_cells(gap, groups, offsets, (first, second), starts)


def _of_telling_cells(
    gap: Array, groups: Whole, offsets: Whole, cells: tuple[Whole, Whole], starts: Whole
) -> SortedPairing:
    """Of all cells (c,) those in which the gap varies, and one of each split at least."""
    split = np.repeat(np.arange(len(starts)), np.diff([*starts, len(cells[0])]))
    local = groups - offsets[:, None]
    layout = packing(local, split, *(cell - offsets[split] for cell in cells))
    every = SortedPairing(gap, cells, starts, layout, groups, offsets)
    telling = (every.gap_count > 0) & (every.gap_count < every.size)
    telling[starts] = True
    parts = (layout.places[telling], layout.shifts[telling], layout.masks[telling])
    kept = np.add.reduceat(telling, starts, dtype=np.intp)
    return replace(
        every,
        cells=(cells[0][telling], cells[1][telling]),
        starts=np.cumsum(kept) - kept,
        layout=Packing(layout.rows, layout.splits, *parts),
    )


def _groups(first: Whole, second: Whole) -> Whole:
    """The number (n,) of each model's pair of levels among those that occur, in the order of the levels."""
    return np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
