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
    levels = {name: np.unique(np.array(values), return_inverse=True)[1] for name, values in hyperparameters.items()}
    return {name: _pairs(levels[name], [of for other, of in levels.items() if other != name]) for name in levels}


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


def _pairs(level: NDArray[np.intp], others: Sequence[NDArray[np.intp]]) -> Pairs:
    """Both orders of each pair of n models that agree in all others, as levels, and differ in this one."""
    models = len(level)
    setting = np.zeros(models, dtype=np.intp)
    for other in others:
        setting = np.unique(setting * (other.max() + 1) + other, return_inverse=True)[1]
    order = np.argsort(setting, kind="stable")
    sizes = np.bincount(setting)
    starts = np.cumsum(sizes) - sizes
    partners = sizes[setting]  # of each model, itself included
    first = np.repeat(np.arange(models), partners)
    within = np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    second = order[starts[setting[first]] + within]
    differ = level[first] != level[second]
    return first[differ], second[differ]
