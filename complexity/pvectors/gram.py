"""P-vectors by way of the Gram matrix of the shorter side, and what that costs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .accuracy import ROUNDING, Accuracy
from .sources import BlockSource, Source, Vectors

Table = NDArray[np.float64]
MOST_COLUMNS = 4096  # whose Gram matrix is made of a large matrix
FEW_COLUMNS = 24  # up to which all eigenvectors are as fast as those that are asked for
LEAST = 1e-300  # in place of a zero length

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
    sigma = np.maximum(lengths(left), LEAST)
    residual = lengths(image - right * sigma[:, None] ** 2) / (sigma * sigma[0])
    return right, left, accuracy_of(source, sigma, residual, squares)


def of_small_matrix(source: BlockSource, whole: NDArray[np.float64], k: int) -> tuple[Vectors, Accuracy]:
    """A times the top right vectors (k, n) of a matrix (n, d) at hand, and their accuracy."""
    tall = whole.shape[0] >= whole.shape[1]
    squares, vectors = top_eigenpairs(whole.T @ whole if tall else whole @ whole.T, k)
    right = vectors
    if not tall:
        right = vectors @ whole
        right /= np.maximum(lengths(right), LEAST)[:, None]
    left = right @ whole.T
    sigma = np.maximum(lengths(left), LEAST)
    residual = lengths(left @ whole - right * (sigma * sigma)[:, None]) / (sigma * sigma[0])
    return left, accuracy_of(source, sigma, residual, squares)


def accuracy_of(source: Source, sigma: Table, residual: Table, squares: Table) -> Accuracy:
    """What is known of k vectors from the top k + 1 eigenvalues of the Gram matrix, or k where it has no more."""
    k = len(sigma)
    following = max(0.0, float(squares[k])) if len(squares) > k else 0.0
    rounding = ROUNDING[np.float64] * source.raw_squares**0.5 / sigma
    return Accuracy(sigma * sigma, residual, rounding, following, following)


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


def lengths(rows: NDArray[np.float64]) -> Table:
    """Euclidean lengths of the rows: (b,)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows)))
