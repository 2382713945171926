"""Angles in degrees between lines and between subspaces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError


def angle(u: Any, v: Any) -> float:
    """The angle between the lines that two vectors span, or the largest principal angle between two subspaces.

    Lines: 2 atan2(||u - s v||, ||u + s v||) with s = sign(u.v) and unit u, v, which keeps its accuracy at both ends,
    where arccos has none. Subspaces: as `principal_angles`.

    Parameters
    ----------
    u, v : (n,) vectors, or (n, k) and (n, l) with the subspaces' spanning columns.

    Returns
    -------
    Degrees in [0, 90].

    Raises
    ------
    InputError
        For vectors of different lengths, no finite numbers, or zero vectors.

    Examples
    --------
    >>> angle([1, 0], [-1, 1])
    45.0
    """
    return float(principal_angles(u, v)[0])


def principal_angles(u: Any, v: Any) -> NDArray[np.float64]:
    """All principal angles between two subspaces, by `scipy.linalg.subspace_angles` (Knyazev and Argentati, 2002).

    Parameters
    ----------
    u, v : (n, k) and (n, l) with the subspaces' spanning columns; (n,) for a line.

    Returns
    -------
    (min(k, l),) degrees in [0, 90], the largest first.

    Raises
    ------
    InputError
        As `angle`.

    Examples
    --------
    >>> import numpy as np
    >>> principal_angles(np.eye(3)[:, [0, 1]], np.eye(3)[:, [0, 2]])
    array([90.,  0.])
    """
    first, second = _columns(u, "u"), _columns(v, "v")
    if len(first) != len(second):
        raise InputError("vectors differ in length", field="v", expected=len(first), found=len(second))
    if first.shape[1] == second.shape[1] == 1:
        return np.array([_between_lines(first[:, 0], second[:, 0])])
    from scipy.linalg import subspace_angles

    return np.asarray(np.degrees(subspace_angles(first, second)))


def _between_lines(u: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    s = -1.0 if u @ v < 0 else 1.0
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(u - s * v), np.linalg.norm(u + s * v))))


def _columns(array: Any, name: str) -> NDArray[np.float64]:
    columns = np.asarray(array.detach().cpu() if hasattr(array, "detach") else array, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.size == 0:
        raise InputError("no vectors", field=name, expected="shape (n,) or (n, k)", found=columns.shape)
    if not np.isfinite(columns).all():
        raise InputError("a vector holds NaN or infinity", field=name)
    largest = np.abs(columns).max(axis=0)
    if (largest == 0).any():
        raise InputError("a vector is zero: it spans no line", field=name)
    return np.asarray(columns / largest)
