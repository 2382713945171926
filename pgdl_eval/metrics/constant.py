"""Constants: values that differ by nothing, or by the rounding of their last digits alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ROUNDING = 64 * float(np.finfo(np.float64).eps)  # relative; sums of some thousand numbers differ by so much


def is_constant_value(values: Array) -> bool:
    """Whether n finite values are one value but for rounding; no real difference of 1.4e-14 of them is known."""
    least, largest = float(values.min()), float(values.max())
    return largest / 2 - least / 2 <= ROUNDING / 2 * max(abs(least), abs(largest))


def without_rounding_noise(values: Array) -> Array:
    """The values (n,); where they are a constant with rounding noise all of them are the first one."""
    return np.full_like(values, values[0]) if is_constant_value(values) else values
