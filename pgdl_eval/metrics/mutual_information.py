"""The competition's score: conditional mutual information of measure and gap, given two hyper-parameters.

Jiang et al., "NeurIPS 2020 Competition: Predicting Generalization in Deep Learning", section on the score.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

Array = NDArray[np.float64]
EPSILON = 1e-12  # the official program adds it within the logarithm of the entropy
AT_A_TIME = 64  # measures whose tables are in memory at a time


@dataclass(frozen=True)
class Pairing:
    """All ordered pairs of a task's models, split into cells for each pair of hyper-parameters; made once a task.

    Attributes
    ----------
    gap_greater : (n, n) whether the gap of the first model is the greater one; ties are not.
    pairs : names of the two hyper-parameters of each split.
    groups : (n, g) one column for each pair of values of each split: 1 where a model has these values.
    cells : two index arrays (c,) into the columns of `groups`: each cell is a pair of groups of one split.
    starts : (splits,) where the cells of each split begin.
    size, gap_count : (c,) ordered pairs of models in a cell, and how many of them have `gap_greater`.
    """

    gap_greater: NDArray[np.float32]
    pairs: tuple[tuple[str, str], ...]
    groups: NDArray[np.float32]
    cells: tuple[NDArray[np.intp], NDArray[np.intp]]
    starts: NDArray[np.intp]
    size: Array
    gap_count: Array

    def count(self, table: NDArray[np.float32]) -> Array:
        """Sums over the cells of tables (..., n, n): (..., c). Whole numbers up to 2**24 are exact in float32."""
        return np.asarray((self.groups.T @ table @ self.groups)[..., self.cells[0], self.cells[1]], dtype=np.float64)


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
    pairs = tuple(itertools.combinations(hyperparameters, 2))
    splits = [_groups(hyperparameters[first], hyperparameters[second]) for first, second in pairs]
    groups = np.concatenate(splits, axis=1)
    widths = np.array([split.shape[1] for split in splits])
    offsets = np.concatenate([[0], np.cumsum(widths)[:-1]])
    grids = [np.indices((width, width)).reshape(2, -1) + offset for width, offset in zip(widths, offsets, strict=True)]
    first, second = np.concatenate(grids, axis=1)
    starts = np.concatenate([[0], np.cumsum(widths**2)[:-1]])
    greater = (gap[:, None] > gap[None, :]).astype(np.float32)
    unfilled = Pairing(greater, pairs, groups, (first, second), starts, np.empty(0), np.empty(0))
    return replace(unfilled, size=unfilled.count(np.ones_like(greater)), gap_count=unfilled.count(greater))


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
    """The ratio of each pair of hyper-parameters, whose least is the score: (m, n) -> (m, splits)."""
    above = (measures[:, :, None] > measures[:, None, :]).astype(np.float32)
    above_count, both = models.count(above), models.count(above * models.gap_greater)
    return ratios_of_counts(models.size, models.gap_count, above_count, both, models.starts)


def ratios_of_counts(size: Array, gap_count: Array, above_count: Array, both: Array, starts: NDArray[np.intp]) -> Array:
    """Information over entropy from the counts of pairs in each cell (..., c): (..., splits); NaN where no gap differs.

    Parameters
    ----------
    size : pairs in each cell; an empty cell adds nothing.
    gap_count, above_count, both : those in which the gap, the measure, both of the first model are the greater ones.
    starts : where the cells of each split begin.
    """
    information, entropy = np.zeros(both.shape), np.zeros(np.shape(size))
    with np.errstate(divide="ignore", invalid="ignore"):
        for joint, of_gap, of_measure in (
            (both, gap_count, above_count),
            (gap_count - both, gap_count, size - above_count),
            (above_count - both, size - gap_count, above_count),
            (size - gap_count - above_count + both, size - gap_count, size - above_count),
        ):
            term = joint / size * np.log2(joint * size / (of_gap * of_measure))
            information += np.where(joint > 0, term, 0.0)
        for of_gap in (gap_count, size - gap_count):
            p = of_gap / size
            entropy -= np.where(size > 0, p * np.log2(p + EPSILON), 0.0)
        total = np.add.reduceat(information, starts, axis=-1)
        return np.asarray(total / np.add.reduceat(entropy, starts, axis=-1))


def signed_agreement(measure: Array, gap: Array, models: Pairing) -> float:
    """The direction that the score does not show, in [-1, 1].

    Concordant minus discordant pairs over both, each cell with the same weight as in the score, for the pair of
    hyper-parameters that decides the score: +1 if the measure rises with the gap within all cells, -1 if it falls.
    """
    split = int(np.argmin(information_ratios(np.asarray(measure, float)[None, :], models)[0]))
    cells = slice(models.starts[split], models.starts[split + 1] if split + 1 < len(models.starts) else None)
    signs = np.sign(gap[:, None] - gap[None, :]) * np.sign(measure[:, None] - measure[None, :])
    concordant, discordant = (
        models.count((signs == s).astype(np.float32))[cells] / models.size[cells] for s in (1, -1)
    )
    decided = np.sum(concordant + discordant)
    return float(np.sum(concordant - discordant) / decided) if decided else 0.0


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
