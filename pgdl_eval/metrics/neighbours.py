"""Pairs of models that differ in one hyper-parameter alone: what a controlled experiment compares."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]  # first and second model of each


def neighbours(hyperparameters: Mapping[str, Sequence[str]]) -> dict[str, Pairs]:
    """For each hyper-parameter which of the n models differ in it and agree in all others.

    Parameters
    ----------
    hyperparameters : for each name n values.

    Returns
    -------
    for each name the pairs, each in both orders.
    """
    differs = {name: np.not_equal.outer(np.array(values), np.array(values)) for name, values in hyperparameters.items()}
    changes = np.sum(list(differs.values()), axis=0)
    return {name: _pairs(table & (changes == 1)) for name, table in differs.items()}


def environments(hyperparameters: Mapping[str, Sequence[str]]) -> dict[tuple[str, str, str], Pairs]:
    """The same by (name, value of the first model, other value of the second), for each two values that have pairs."""
    found = {}
    for name, (first, second) in neighbours(hyperparameters).items():
        values = np.array(hyperparameters[name])
        for one, other in itertools.combinations(dict.fromkeys(hyperparameters[name]), 2):
            chosen = (values[first] == one) & (values[second] == other)
            if chosen.any():
                found[name, one, other] = first[chosen], second[chosen]
    return found


def _pairs(table: NDArray[np.bool_]) -> Pairs:
    first, second = np.nonzero(table)
    return first, second
