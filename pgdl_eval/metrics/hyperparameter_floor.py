"""What hyper-parameters alone tell of the gap: a floor, not a measure.

A linear fit of the gap on the values of the hyper-parameters predicts each model from all others (leave-one-out). It
looks at no network, but at the gaps of the other models, which no participant sees; a measure that stays below it says
less of the gap than the names of the settings do. Where the settings tell nothing it runs against the gap: the mean of
all other models is the smaller the larger a model's own gap is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .additive_model import additive_basis, residual

Array = NDArray[np.float64]
FLOOR = "hyper-parameters (floor)"  # its name where measures have theirs
SMALLEST_FREEDOM = 1e-9
DECIMALS = 12  # what differs by rounding alone is a tie


def hyperparameter_floor(gap: Array, hyperparameters: Mapping[str, Sequence[str]]) -> Array | None:
    """The gap (n,) of each model as a least-squares fit to the others predicts it, or None.

    Indicators of every value of every hyper-parameter enter additively, with an intercept. The fit without a model
    follows from the fit with all: the leave-one-out residual is r_i / (1 - h_i), h the diagonal of the hat matrix
    (Allen, "The relationship between variable selection and data augmentation and a method for prediction", 1974). None
    if some model alone determines a coefficient, so that nothing is left to predict it from.
    """
    basis = additive_basis(hyperparameters)
    freedom = 1 - np.sum(basis**2, axis=1)
    if np.any(freedom < SMALLEST_FREEDOM):
        return None
    return np.asarray(np.round(gap - residual(gap, basis) / freedom, DECIMALS))
