"""Rank correlation among the models that share a value of a hyper-parameter.

A measure can rank well over all models and fail within every depth: Simpson's paradox. Martin and Mahoney,
"Post-mortem on a deep learning contest: a Simpson's paradox and the complementary roles of scale metrics versus shape
metrics" (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .correlation import Correlation, kendall_of, spearman_of
from .orders import Order, order_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WithinGroup:
    """Correlations among the models whose `hyperparameter` has this value."""

    hyperparameter: str
    value: str
    models: int
    spearman: Correlation
    kendall: Correlation


@dataclass(frozen=True)
class Groups:
    """Groups of models of equal size, whose correlations are computed at once.

    Attributes
    ----------
    numbers : the place of each among all groups of the task.
    labels : hyper-parameter and value of each.
    models : (g, k) indices.
    gaps : (g, k) of these models.
    """

    numbers: tuple[int, ...]
    labels: tuple[tuple[str, str], ...]
    models: NDArray[np.intp]
    gaps: Order


def groups_of_equal_value(gap: Array, hyperparameters: Mapping[str, Sequence[str]]) -> tuple[Groups, ...]:
    """The models with each value of each hyper-parameter that varies, by size; gap (n,), n values a name."""
    found: dict[int, list[tuple[int, tuple[str, str], NDArray[np.intp]]]] = {}
    number = 0
    for name, values in hyperparameters.items():
        levels = tuple(dict.fromkeys(values))
        for level in levels if len(levels) > 1 else ():
            chosen = np.flatnonzero(np.array(values) == level)
            found.setdefault(len(chosen), []).append((number, (name, level), chosen))
            number += 1
    sizes = (tuple(zip(*of_size, strict=True)) for of_size in found.values())
    return tuple(Groups(ns, labels, np.array(models), order_of(gap[np.array(models)])) for ns, labels, models in sizes)


def correlation_within_groups(measure: Array, groups: Sequence[Groups]) -> tuple[WithinGroup, ...]:
    """Spearman and Kendall of a measure (n,) with the gap within each group, in the order of the hyper-parameters."""
    found: dict[int, WithinGroup] = {}
    for some in groups:
        values, size = order_of(measure[some.models]), some.models.shape[1]
        both = zip(spearman_of(values, some.gaps), kendall_of(values, some.gaps), strict=True)
        for number, label, pair in zip(some.numbers, some.labels, both, strict=True):
            found[number] = WithinGroup(*label, size, *pair)
    return tuple(found[number] for number in sorted(found))


def reversed_within(groups: Sequence[WithinGroup], overall: float) -> tuple[WithinGroup, ...]:
    """The groups whose tau-b has the other sign than the coefficient over all models."""
    return tuple(group for group in groups if group.kendall.value * overall < 0)
