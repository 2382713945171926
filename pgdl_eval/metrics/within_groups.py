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

from .correlation import Correlation, kendall, spearman

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WithinGroup:
    """Correlations among the models whose `hyperparameter` has this value."""

    hyperparameter: str
    value: str
    models: int
    spearman: Correlation
    kendall: Correlation


def correlation_within_groups(
    measure: Array, gap: Array, hyperparameters: Mapping[str, Sequence[str]]
) -> tuple[WithinGroup, ...]:
    """Spearman and Kendall within each value of each hyper-parameter that varies; arrays (n,), n values a name."""
    groups = []
    for name, values in hyperparameters.items():
        levels = tuple(dict.fromkeys(values))
        for level in levels if len(levels) > 1 else ():
            chosen = np.array(values) == level
            found = (coefficient(measure[chosen], gap[chosen]) for coefficient in (spearman, kendall))
            groups.append(WithinGroup(name, level, int(chosen.sum()), *found))
    return tuple(groups)


def reversed_within(groups: Sequence[WithinGroup], overall: float) -> tuple[WithinGroup, ...]:
    """The groups whose tau-b has the other sign than the coefficient over all models."""
    return tuple(group for group in groups if group.kendall.value * overall < 0)
