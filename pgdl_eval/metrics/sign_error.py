"""How often a measure gets the direction of a change wrong, in the mean and in the worst environment.

Dziugaite et al., "In Search of Robust Measures of Generalization" (2020), the coupled-network experiments: two settings
that differ in one hyper-parameter are an environment, and its sign-error is E[1 - sgn(m' - m) sgn(g' - g)] / 2 over
repeated trainings. A task of the competition holds one network a setting, so that here an environment changes one
hyper-parameter from one value to another, and the mean is over the settings of the others. Their weights for noise in
the gap need the size of the test set, which a task does not tell: all pairs count alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .concordance import concordance_of_pairs
from .neighbours import Pairs

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


def sign_error(measure: Array, gap: Array, environments: Mapping[tuple[str, str, str], Pairs]) -> SignError:
    """Sign-error of a measure (n,), turned so that larger means a larger expected gap, against the gap (n,).

    `environments` : the pairs of models of each.
    """
    if not environments:
        return SignError(float("nan"), float("nan"), float("nan"), 0, "")
    agreements = concordance_of_pairs(measure, gap, list(environments.values()))
    values = np.array([float(((1 - agreement) / 2).mean()) for agreement in agreements])
    name, first, second = list(environments)[int(values.argmax())]
    return SignError(
        float(values.mean()),
        float(np.quantile(values, 0.9)),
        float(values.max()),
        len(values),
        f"{name}: {first} - {second}",
    )
