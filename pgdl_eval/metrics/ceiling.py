"""What one seed's gaps tell of another seed's: the most that a measure of the setting, not of the model, can reach."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .constant import is_constant_value
from .mutual_information import conditional_mutual_information
from .orders import inner, order_of
from .pairing import pairing
from .variance_components import check_seeds, variance_components

Array = NDArray[np.float64]
CEILING = "another seed's gaps (ceiling)"  # its name where measures have theirs


@dataclass(frozen=True)
class Ceiling:
    """Of s seeds of the same settings.

    Attributes
    ----------
    seeds : how many.
    score : the competition's, in [0, 1], of one seed's gaps as a measure of another's, in the mean over the s (s - 1)
        ordered pairs of seeds.
    spearman : the rank correlation of two seeds' gaps, in the mean over pairs; NaN where gaps of a seed are constant.
    share_between_seeds : of the gaps' variance, in [0, 1]; only a measure of the model can explain it.
    """

    seeds: int
    score: float
    spearman: float
    share_between_seeds: float


def ceiling(gaps: Array, hyperparameters: Mapping[str, Sequence[str]]) -> Ceiling:
    """What the gaps (s, n) of s seeds of n settings tell of each other.

    Both sides of the correlation are noisy: a measure of the setting that knew its mean gap without noise would reach
    about the root of it with one seed's gaps.

    Parameters
    ----------
    hyperparameters : for each name n values; the seed is none of them.

    Raises
    ------
    InputError
        Without a second seed, without finite gaps, and as `pairing`.
    """
    check_seeds(gaps)
    settings = len(next(iter(hyperparameters.values()), ()))
    if settings != gaps.shape[1]:
        expected = f"shape (seeds, {settings})"
        raise InputError("not one gap for each setting", field="gaps", expected=expected, found=gaps.shape)
    scores = []
    for seed, of_seed in enumerate(gaps):
        others = np.delete(gaps, seed, axis=0)
        scores.append(conditional_mutual_information(others, pairing(of_seed, hyperparameters)))
    share = variance_components(gaps).share_of_seeds
    return Ceiling(len(gaps), float(np.mean(scores)), seed_correlation(gaps), share)


def seed_correlation(values: Array) -> float:
    """Spearman's correlation of the rows of (s, n), in the mean over their pairs; NaN where one of them is constant."""
    if any(is_constant_value(one) for one in values):
        return float("nan")
    ranks = order_of(values).ranks
    norms = np.sqrt(inner(ranks, ranks))
    pairs = itertools.combinations(range(len(values)), 2)
    return float(np.mean([inner(ranks[i], ranks[j]) / (norms[i] * norms[j]) for i, j in pairs]))
