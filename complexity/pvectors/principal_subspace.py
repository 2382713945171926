"""Principal subspaces of feature matrices, and how much two of them have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..threads import one_blas_thread
from .gram import top_eigenpairs

Frame = NDArray[np.float64]
RANK = 1e-5  # of the root of the sum of squares: what float32 rounding can leave where there is no further direction


def principal_subspace(matrix: NDArray[Any], k: int, *, center: bool = True) -> Frame:
    """The top k left singular vectors, where all that counts is the space that they span.

    By the Gram matrix of the shorter side in float64, which loses nothing of a matrix in float32. `p_vectors` is not
    what is needed here: it tells the vectors from each other, also where their singular values are close, and takes
    a rank below k for an error.

    Parameters
    ----------
    matrix : (n, d).
    k : how many.
    center : subtract column means first.

    Returns
    -------
    (n, r) orthonormal columns, the largest singular value first; r = k, or the rank of the matrix where that is
    smaller.
    """
    rows, tall, lengths, vectors = _decomposed(matrix, k, center)
    return np.asarray(rows @ vectors / lengths if tall else vectors)


def principal_directions(matrix: NDArray[Any], k: int, *, center: bool = True) -> Frame:
    """The top k right singular vectors of a matrix (n, d): (d, r), otherwise as `principal_subspace`."""
    rows, tall, lengths, vectors = _decomposed(matrix, k, center)
    return np.asarray(vectors if tall else rows.T @ vectors / lengths)


def _decomposed(matrix: NDArray[Any], k: int, center: bool) -> tuple[Frame, bool, Frame, Frame]:
    """The rows (n, d), whether these are d or more, r singular values, and the vectors of the shorter side (., r)."""
    rows = np.array(matrix, dtype=np.float64)
    least = RANK * np.linalg.norm(rows)
    if center:
        rows -= rows.mean(axis=0)
    tall, count = len(rows) >= rows.shape[1], min(k, *rows.shape)
    gram = rows.T @ rows if tall else rows @ rows.T
    with one_blas_thread():
        squares, vectors = top_eigenpairs(gram, count)
    determined = squares[:count] > least**2
    return rows, tall, np.sqrt(squares[:count][determined]), vectors[determined].T


def overlap(first: Frame, second: Frame, k: int) -> float:
    """(1/k) sum of cos^2 of the principal angles between two subspaces: ||U^T V||_F^2 / k, in [0, 1].

    The singular values of U^T V are the cosines (Bjorck and Golub, "Numerical methods for computing angles between
    linear subspaces", 1973, theorem 1). A direction that one of them lacks of k counts 0.

    Parameters
    ----------
    first, second : (n, r) and (n, s) orthonormal columns, r and s up to k.
    """
    return min(1.0, float(np.sum((first.T @ second) ** 2)) / k)
