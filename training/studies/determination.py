"""Whether there is such a thing as "the" P-vector of a matrix: its error against the gap of its singular values.

Neural collapse (Papyan, Han and Donoho 2020) leads a classifier's centred features to classes - 1 equal singular
values: then any direction of their span is as good a first one. How far the first singular vector is from determined is
told by two errors: that of its computation, of which a bound is recorded; and that of the samples, since other samples
of the same distribution would give another vector.
"""

from __future__ import annotations

import math

LARGEST_ERROR = 10.0  # degrees, which the papers take for agreement


def error_of_sampling(first: float, second: float, rows: int) -> float:
    """By how many degrees the first singular vector turns towards the second from one sample of rows to another.

    The standard deviation sigma_1 sigma_2 / ((sigma_1^2 - sigma_2^2) sqrt(n)) radians of normally distributed rows
    (Anderson 1963, "Asymptotic theory for principal component analysis"), 90 degrees at most. It is that of the right
    vector; the left one turns sigma_2 / sigma_1 times as far, and so as far where the values are close.

    Parameters
    ----------
    first, second : the largest singular values.
    rows : n.
    """
    gap = (first**2 - second**2) * math.sqrt(rows)
    return min(90.0, math.degrees(first * second / gap)) if gap > 0 else 90.0


def error_degrees(first: float, second: float, angle_error: float, rows: int) -> float:
    """Both errors together; NaN where there is no P-vector.

    Parameters
    ----------
    angle_error : the recorded bound of the computation's error, degrees.
    """
    return math.hypot(angle_error, error_of_sampling(first, second, rows))


def is_determined(error: float) -> bool:
    """Whether the error is below what the papers take for agreement."""
    return error < LARGEST_ERROR
