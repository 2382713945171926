"""The order of pairs of models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def signs(values: Array) -> Array:
    """sgn(v_i - v_j) of (..., n) values: (..., n, n)."""
    greater = (values[..., :, None] > values[..., None, :]).astype(np.float64)
    return np.asarray(greater - greater.swapaxes(-1, -2))


def concordance(measure: Array, gap: Array) -> Array:
    """sgn(m_i - m_j) sgn(g_i - g_j) of (n,) values: (n, n); 1 for the same order, -1 for the opposite, 0 for ties."""
    return signs(measure) * signs(gap)
