"""P-vectors by way of the Gram matrix of the shorter side, and what that costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .accuracy import ROUNDING, Accuracy, product_rounding
from .sources import BlockSource, Source, Vectors

Table = NDArray[np.float64]
MOST_COLUMNS = 4096  # whose Gram matrix is made of a large matrix
FEW_COLUMNS = 24  # up to which all eigenvectors are as fast as those that are asked for
LEAST = 1e-300  # in place of zero

# Nanoseconds of one thread an entry, measured with OpenBLAS on AVX-512 and AVX2: only their ratios count.
READING, PRODUCT, MULTIPLICATION, DECOMPOSITION = 0.15, 0.06, 0.022, 0.25


def step_cost(source: Source, vectors: int, precision: Any) -> float:
    """Nanoseconds of one reading with so many vectors."""
    size = source.shape[0] * source.shape[1]
    return size * (READING + vectors * PRODUCT) * (2 if precision is np.float64 else 1)


def gram_cost(source: Source) -> float:
    """Nanoseconds of `by_gram_matrix`; infinite where it is not made."""
    side = source.shape[1]
    if not isinstance(source, BlockSource) or side > MOST_COLUMNS:
        return np.inf
    return source.shape[0] * side**2 * MULTIPLICATION + DECOMPOSITION * side**3


def by_gram_matrix(source: BlockSource, k: int) -> tuple[Vectors, Vectors, Accuracy]:
    """Right vectors (k, d), A times them (k, n), and their accuracy, by A^T A and one more reading in float64."""
    squares, right = top_eigenpairs(source.gram_matrix(), k)
    left, image = source.products(right, np.float64)
    pairs = [_length_and_residual(*vectors) for vectors in zip(right, left, image, strict=True)]
    return right, left, _accuracy(source, pairs, squares)


def of_small_matrix(source: BlockSource, whole: NDArray[np.float64], k: int) -> tuple[Vectors, Accuracy]:
    """A times the top right vectors (k, n) of a matrix (n, d) at hand, and their accuracy."""
    n, d = whole.shape
    squares, vectors = top_eigenpairs(whole.T @ whole if n >= d else whole @ whole.T, k)
    left, pairs = np.empty((k, n)), []
    for j, right in enumerate(vectors):
        if n < d:
            right = right @ whole
            right /= max(math.sqrt(right @ right), LEAST)
        product = np.dot(whole, right, out=left[j])
        pairs.append(_length_and_residual(right, product, product @ whole))
    return left, _accuracy(source, pairs, squares)


def _length_and_residual(right: Table, left: Table, image: Table) -> tuple[float, float]:
    """||A v|| and ||A^T A v - ||A v||^2 v|| of a unit vector v (d,), A v (n,) and A^T A v (d,)."""
    square = max(float(left @ left), LEAST)
    rest = image - square * right
    return math.sqrt(square), math.sqrt(rest @ rest)


def _accuracy(source: Source, pairs: list[tuple[float, float]], squares: Table) -> Accuracy:
    """What is known of k vectors, with the top k + 1 eigenvalues of the Gram matrix, or k where it has no more."""
    k, frobenius = len(pairs), source.raw_squares**0.5
    noise = ROUNDING[np.float64] * frobenius
    following = max(0.0, float(squares[k])) if len(squares) > k else 0.0
    residual = np.array([rest / (sigma * pairs[0][0]) for sigma, rest in pairs])
    rounding = np.array([noise / sigma for sigma, _ in pairs])
    tops = np.array([sigma * sigma for sigma, _ in pairs])
    product = product_rounding(np.float64, source.shape[1], frobenius, np.sqrt(tops))
    return Accuracy(tops, residual, rounding, following, following + noise * frobenius, product)


def top_eigenpairs(gram: NDArray[np.float64], k: int) -> tuple[Table, NDArray[np.float64]]:
    """The top k + 1 eigenvalues of a symmetric matrix (d, d), or all d, the largest first; the top k vectors (k, d)."""
    side = len(gram)
    found = None if side <= FEW_COLUMNS or 4 * k > side else _some_eigenpairs(gram, k + 1)
    values, vectors = np.linalg.eigh(gram) if found is None else found
    return values[: -k - 2 : -1], np.ascontiguousarray(vectors[:, : -k - 1 : -1].T)


def _some_eigenpairs(gram: NDArray[np.float64], count: int) -> tuple[Table, NDArray[np.float64]] | None:
    """The top eigenpairs by bisection and inverse iteration, rising; None where these fail."""
    from scipy.linalg.lapack import dsyevr  # takes longer to import than the whole package

    side = len(gram)
    values, vectors, found, _, problem = dsyevr(gram, range="I", il=side - count + 1, iu=side)
    if problem or found != count:
        return None
    return values[:count], vectors
