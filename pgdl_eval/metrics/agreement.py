"""How far measures agree on the order of the same models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .ranks import twice_ranks

Array = NDArray[np.float64]


def agreement(values: Array) -> Array:
    """Spearman's rank correlation of each pair of k measures on n models: (k, n) -> (k, k); NaN for constant ones."""
    ranks = twice_ranks(values).astype(np.float64)
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    products = centred @ centred.T
    sizes = np.sqrt(np.diag(products))
    with np.errstate(invalid="ignore"):
        found = products / np.outer(sizes, sizes)
    return np.asarray(np.clip(found, -1, 1))
