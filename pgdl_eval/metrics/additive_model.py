"""The additive model of a task's hyper-parameters: an intercept and an effect of each value of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SMALLEST_SINGULAR_VALUE = 1e-9  # relative; what is below depends on the others


def additive_basis(hyperparameters: Mapping[str, Sequence[str]]) -> Array:
    """An orthonormal basis (n, p) of all additive effects on n models.

    p counts the intercept and, for each hyper-parameter of v values, up to v - 1 more: what follows from others (a
    hyper-parameter that repeats another one, more of them than models) adds nothing.

    Parameters
    ----------
    hyperparameters : for each name n values as text; one name at least.
    """
    indicators = [
        np.array(values) == value for values in hyperparameters.values() for value in list(dict.fromkeys(values))[1:]
    ]
    models = len(next(iter(hyperparameters.values())))
    design = np.column_stack([np.ones(models), *indicators]).astype(np.float64)
    vectors, singular_values, _ = np.linalg.svd(design, full_matrices=False)
    return np.asarray(vectors[:, singular_values > singular_values[0] * SMALLEST_SINGULAR_VALUE])


def residual(values: Array, basis: Array) -> Array:
    """What the least-squares fit on a basis (n, p) leaves of values (..., n)."""
    return np.asarray(values - (values @ basis) @ basis.T)
