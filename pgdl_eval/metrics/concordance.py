"""The order of pairs of models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .neighbours import Pairs

Array = NDArray[np.float64]


def signs(values: Array) -> Array:
    """sgn(v_i - v_j) of (..., n) values: (..., n, n)."""
    greater = (values[..., :, None] > values[..., None, :]).astype(np.float64)
    return np.asarray(greater - greater.swapaxes(-1, -2))


def concordance_of_pairs(measure: Array, gap: Array, pairs: Sequence[Pairs]) -> list[Array]:
    """sgn(m_i - m_j) sgn(g_i - g_j) of (n,) values for pairs of models, list by list.

    1 for the same order, -1 for the opposite, 0 for ties.
    """
    if not pairs:
        return []
    first, second = (np.concatenate(models) for models in zip(*pairs, strict=True))
    signs_of_pairs = [
        (values[first] > values[second]).astype(np.float64) - (values[first] < values[second])
        for values in (measure, gap)
    ]
    ends = np.cumsum([len(models) for models, _ in pairs])
    return np.split(signs_of_pairs[0] * signs_of_pairs[1], ends[:-1])
