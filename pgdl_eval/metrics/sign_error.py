"""How often a measure gets the direction of a change wrong, in the mean and in the worst environment.

Dziugaite et al., "In Search of Robust Measures of Generalization" (2020), the coupled-network experiments: two settings
that differ in one hyper-parameter are an environment, and its sign-error is E[1 - sgn(m' - m) sgn(g' - g)] / 2 over
repeated trainings. A task of the competition holds one network a setting, so that here an environment changes one
hyper-parameter from one value to another, and the mean is over the settings of the others. Their weights for noise in
the gap need the size of the test set, which a task does not tell: all pairs count alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .concordance import concordance
from .neighbours import neighbours

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SignError:
    """Sign-errors over environments, in [0, 1]; a measure that knows nothing has 0.5.

    Attributes
    ----------
    mean, percentile_90, maximum : over all environments, each with the same weight.
    environments : how many there are.
    worst : the environment of the maximum, as "name: value - value".
    """

    mean: float
    percentile_90: float
    maximum: float
    environments: int
    worst: str


def sign_error(measure: Array, gap: Array, hyperparameters: Mapping[str, Sequence[str]]) -> SignError:
    """Sign-error of a measure (n,), turned so that larger means a larger expected gap, against the gap (n,)."""
    errors = environment_sign_errors(measure, gap, hyperparameters)
    if not errors:
        return SignError(float("nan"), float("nan"), float("nan"), 0, "")
    values = np.array(list(errors.values()))
    name, first, second = list(errors)[int(values.argmax())]
    return SignError(
        float(values.mean()),
        float(np.quantile(values, 0.9)),
        float(values.max()),
        len(values),
        f"{name}: {first} - {second}",
    )


def environment_sign_errors(
    measure: Array, gap: Array, hyperparameters: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str, str], float]:
    """The sign-error of each environment (name, value, other value); an environment without any pair is left out."""
    wrong = (1 - concordance(measure, gap)) / 2
    found = {}
    for name, pairs in neighbours(hyperparameters).items():
        values = np.array(hyperparameters[name])
        for first, second in itertools.combinations(dict.fromkeys(hyperparameters[name]), 2):
            chosen = pairs & np.logical_and.outer(values == first, values == second)
            if chosen.any():
                found[name, first, second] = float(wrong[chosen].mean())
    return found
