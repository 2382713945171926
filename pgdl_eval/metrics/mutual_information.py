"""The competition's score: conditional mutual information of measure and gap, given two hyper-parameters.

Jiang et al., "NeurIPS 2020 Competition: Predicting Generalization in Deep Learning", section on the score.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
EPSILON = 1e-12  # the official program adds it within the logarithm of the entropy
AT_A_TIME = 32  # measures whose tables are in memory at a time; more of them, of 96 models, leave the cache


@dataclass(frozen=True)
class Pairing:
    """All ordered pairs of a task's models, split into cells for each pair of hyper-parameters; made once a task.

    Attributes
    ----------
    gap_greater : (n, n) whether the gap of the first model is the greater one; ties are not.
    groups : (n, g) one column for each pair of values of each split: 1 where a model has these values.
    cells : two index arrays (c,) into the columns of `groups`: each cell is a pair of groups of one split.
    starts : (splits,) where the cells of each split begin.

    Several sets of models of one task are one object in which `gap_greater` and `groups` have a leading axis.
    """

    gap_greater: NDArray[np.bool_]
    groups: NDArray[np.float32]
    cells: tuple[Whole, Whole]
    starts: Whole

    @cached_property
    def members(self) -> tuple[Whole, Whole]:
        """(..., c) each: the models of the two groups of each cell."""
        members = self.groups.sum(axis=-2, dtype=np.intp)
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
    def gap_count(self) -> Whole:
        """(..., c) the pairs of each cell that have `gap_greater`."""
        return self.count(self.gap_greater)[0]

    @cached_property
    def entropy(self) -> Array:
        """(..., splits) entropy of `gap_greater` in bits, summed over the cells of each split."""
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

    def per_split(self, of_cells: Array) -> Array:
        """Sums over the cells of each split: (..., c) -> (..., splits)."""
        return np.asarray(np.add.reduceat(of_cells, self.starts, axis=-1))

    def count(self, chosen: NDArray[np.bool_]) -> tuple[Whole, Whole]:
        """The pairs of each cell that are chosen, and those of them with the greater gap: (..., n, n) -> (..., c) each.

        One product of matrices counts both.
        """
        sums = self.groups.swapaxes(-1, -2) @ (chosen * self.weights) @ self.groups
        both = sums.reshape(*sums.shape[:-2], -1).take(self.places, axis=-1).astype(np.intp)
        return both & ((1 << self.shift) - 1), both >> self.shift

    def subsets(self, chosen: Whole) -> Pairing:
        """The pairs within each of m sets (m, k) of models; a cell may be empty there."""
        within = self.gap_greater[chosen[:, :, None], chosen[:, None, :]]
        return replace(self, gap_greater=within, groups=self.groups[chosen])


def pairing(gap: Array, hyperparameters: Mapping[str, Sequence[str]]) -> Pairing:
    """Split the ordered pairs of n models for every pair of different hyper-parameters.

    Parameters
    ----------
    gap : (n,) generalization gaps.
    hyperparameters : for each name n values as text; models of a cell share both models' values of both names.

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
    splits = [_groups(first, second) for first, second in itertools.combinations(hyperparameters.values(), 2)]
    groups = np.concatenate(splits, axis=1)
    widths = np.array([split.shape[1] for split in splits])
    offsets = np.concatenate([[0], np.cumsum(widths)[:-1]])
    grids = [np.indices((width, width)).reshape(2, -1) + offset for width, offset in zip(widths, offsets, strict=True)]
    first, second = np.concatenate(grids, axis=1)  # (c,) each
    starts = np.concatenate([[0], np.cumsum(widths**2)[:-1]])
    return Pairing(np.greater.outer(gap, gap), groups, (first, second), starts)


def _groups(first: Sequence[str], second: Sequence[str]) -> NDArray[np.float32]:
    """One-hot columns (n, groups) for the pairs of values that occur."""
    _, group = np.unique(np.array([first, second]), axis=1, return_inverse=True)
    group = group.reshape(-1)
    return np.asarray(group[:, None] == np.arange(group.max() + 1), dtype=np.float32)


def conditional_mutual_information(measures: Array, models: Pairing) -> Array:
    """The score of each measure on a task, in [0, 1]; the leaderboard shows 100 times the mean over tasks.

    For each pair of hyper-parameters the mutual information of [gap_i > gap_j] and [m_i > m_j], summed over the cells,
    over the sum of the entropies of [gap_i > gap_j]; the least of these ratios. Self-pairs count.

    Parameters
    ----------
    measures : (..., n) values of any number of measures.
    models : the task's models.

    Returns
    -------
    (...,) scores.
    """
    measures = np.asarray(measures, dtype=np.float64)
    flat = measures.reshape(-1, measures.shape[-1])
    scores = [information_ratios(flat[i : i + AT_A_TIME], models).min(axis=1) for i in range(0, len(flat), AT_A_TIME)]
    return np.concatenate(scores).reshape(measures.shape[:-1])


def information_ratios(measures: Array, models: Pairing) -> Array:
    """The ratio of each pair of hyper-parameters, whose least is the score: (m, n) -> (m, splits).

    All m measures on the same models, or each on its own set of them. An empty cell adds nothing.
    """
    information = cell_information(*count_pairs(measures, models), models)
    return np.asarray(models.per_split(information) / models.entropy)


def count_pairs(measures: Array, models: Pairing) -> tuple[Whole, Whole]:
    """Pairs in each cell whose first model has the greater measure, and those with the greater gap too: (m, c) each."""
    return models.count(measures[:, :, None] > measures[:, None, :])


def cell_information(above: Whole, both: Whole, models: Pairing) -> Array:
    """Mutual information of [gap_i > gap_j] and [m_i > m_j] in each cell from the counts of its pairs: (m, c), bits.

    With t(x) = x log2 x of counts of pairs, n of them in a cell, it is (sum of t(joint) - sum of t(margin) + t(n)) / n.
    What cancels where one of the two relations is constant stands side by side: there it is exactly 0.
    """
    of, size, greater = models.count_log_count, models.size, models.gap_count
    below = size - above
    where_above = of.take(both) + of.take(above - both) - of.take(above)
    where_below = of.take(greater - both) + of.take(below - greater + both) - of.take(below)
    return np.asarray((where_above + where_below + models.gap_bits) / np.maximum(size, 1))


def signed_score(measure: Array, models: Pairing) -> float:
    """The score of a measure (n,) with a direction: from -score, all of it against the gap, to +score, all along it.

    For the pair of hyper-parameters that decides the score the information of each cell counts positive where the two
    relations go together there, negative where they exclude each other: the sign of their covariance over the cell's
    pairs of different models. A correlation over all models may have the other sign.
    """
    above, both = count_pairs(measure[None, :], models)
    information = cell_information(above, both, models)
    together = np.sign((models.size - models.self_pairs) * both - models.gap_count * above)
    ratios, signed = (models.per_split(part)[0] / models.entropy for part in (information, together * information))
    return float(signed[np.argmin(ratios)])


def joined_values_collide(possible_values: Mapping[str, Sequence[str]]) -> bool:
    """Whether the official program, which joins values as text, takes two cells of a task for one.

    Then some of its cells stay empty, and its score is undefined (NaN or not, by the order of hyper-parameters).
    """
    joined = {
        name: [first + second for first in values for second in values] for name, values in possible_values.items()
    }
    for one, other in itertools.combinations(joined, 2):
        for first, second in ((one, other), (other, one)):
            keys = [left + right for left in joined[first] for right in joined[second]]
            if len(set(keys)) < len(keys):
                return True
    return False
