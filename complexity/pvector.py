"""Matrix in, P-vectors out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from .errors import InputError

Vector = NDArray[np.float64]
TOLERANCE = 1e-4  # degrees
GRAM_SIDE = 1024  # up to this number of columns or rows the Gram matrix is formed and decomposed whole
ROWS = 2048  # rows of a block


@dataclass(frozen=True)
class PVectors:
    """The top left singular vectors of a matrix A (n, d), and how well they are determined.

    Attributes
    ----------
    vectors : (n, k) unit columns; the entry sum is made non-negative, or where it vanishes the largest entry positive.
    singular_values : (k + 1,), 0 where the matrix has no more.
    spectral_gap : (k,) distance to the nearest other singular value, over the largest one.
    explained_variance_ratio : (k,) sigma_j^2 over the sum of all.
    residual : (k,) ||A^T u - sigma v|| / sigma_1 with u = A v / ||A v||.
    angle_error : (k,) estimated error in degrees.
    converged : whether every angle error is within the tolerance.
    reason : why not; empty if converged.
    route : how they were computed.
    passes : how often the matrix was read.
    """

    vectors: Vector
    singular_values: Vector
    spectral_gap: Vector
    explained_variance_ratio: Vector
    residual: Vector
    angle_error: Vector
    converged: bool
    reason: str
    route: str
    passes: int


class _Matrix:
    """A matrix as blocks of rows in float64, scaled to entries of at most 1, optionally with centred columns."""

    def __init__(self, source: Any, center: bool) -> None:
        self.source = source
        self.passes = 0
        self.scale = 1.0
        self.mean: Any = 0.0
        self.shape, self.scale, mean = self._survey()
        if center:
            self.mean = mean
            self.scale = self.scale or 1.0

    def blocks(self) -> Iterator[tuple[slice, Vector]]:
        start, width = 0, None
        self.passes += 1
        for block in self._raw_blocks():
            block = np.asarray(block)
            if block.ndim != 2 or block.dtype.kind not in "fiub":
                raise InputError(
                    "not a matrix",
                    field="matrix",
                    expected="rows and columns of numbers",
                    found=f"shape {block.shape} of {block.dtype}",
                )
            if width is not None and block.shape[1] != width:
                raise InputError("blocks differ in width", field="matrix", expected=width, found=block.shape[1])
            width = block.shape[1]
            stop = start + len(block)
            yield slice(start, stop), (np.asarray(block, dtype=np.float64) / self.scale) - self.mean
            start = stop

    def _raw_blocks(self) -> Iterator[Any]:
        if hasattr(self.source, "shape"):
            matrix = self.source.detach().cpu() if hasattr(self.source, "detach") else self.source
            if len(matrix.shape) != 2:
                yield matrix
                return
            for start in range(0, matrix.shape[0], ROWS):
                yield matrix[start : start + ROWS]
        else:
            yield from self.source

    def _survey(self) -> tuple[tuple[int, int], float, Any]:
        rows, largest, width = 0, 0.0, 0
        sums: Any = 0.0
        for where, block in self.blocks():
            if not np.isfinite(block).all():
                row, column = np.argwhere(~np.isfinite(block))[0]
                raise InputError(f"row {where.start + row}, column {column} holds {block[row, column]}", field="matrix")
            if not block.size:
                continue
            rows, width = where.stop, block.shape[1]
            largest = max(largest, float(np.abs(block).max()))
            total = np.sum(block / (largest or 1.0), axis=0) * (largest or 1.0)
            sums = sums + total
        if not rows:
            raise InputError("the matrix is empty", field="matrix")
        if largest == 0:
            raise InputError("every entry of the matrix is zero: it has no P-vector", field="matrix")
        return (rows, width), largest, sums / rows / largest

    def times(self, right: Vector) -> Vector:
        return np.concatenate([block @ right for _, block in self.blocks()])

    def transposed_times(self, left: Vector) -> Vector:
        return sum(block.T @ left[where] for where, block in self.blocks())  # type: ignore[return-value]

    def gram_times(self, right: Vector) -> Vector:
        return sum(block.T @ (block @ right) for _, block in self.blocks())  # type: ignore[return-value]


def p_vectors(matrix: Any, k: int = 1, *, center: bool = False, tolerance: float = TOLERANCE, rng: Any = 0) -> PVectors:
    """The top k left singular vectors of a matrix (section 3 of the paper).

    Parameters
    ----------
    matrix : (n, d) array or tensor, or a re-iterable stream of row blocks (b, d).
    k : how many.
    center : subtract column means first.
    tolerance : bound on the estimated error of each vector, in degrees.
    rng : seed or generator of the start vector.

    Raises
    ------
    InputError
        For no matrix, no finite numbers, a zero matrix, or k larger than the rank.
    """
    source = _Matrix(matrix, center)
    n, d = source.shape
    if not 1 <= k <= min(n, d):
        raise InputError("no such number of P-vectors", field="k", expected=f"1 to {min(n, d)}", found=k)
    total = sum(float(np.sum(block**2)) for _, block in source.blocks())
    if total <= 1e-20:
        raise InputError("every column is constant: centred, it has no P-vector", field="matrix")
    right, squares, route = _right_vectors(source, k, rng)
    left = source.times(right)
    sigma = np.linalg.norm(left, axis=0)
    if sigma[k - 1] <= 1e-13 * sigma[0]:
        raise InputError("k is larger than the rank of the matrix", field="k", found=k)
    left /= sigma
    residual = np.linalg.norm(source.transposed_times(left) - right * sigma, axis=0) / sigma[0]
    values = np.append(sigma, np.sqrt(max(0.0, squares[k])) if len(squares) > k else 0.0)
    distances = -np.diff(values)
    gap = np.minimum(distances, np.append(np.inf, distances)[:k]) / values[0]
    error = np.degrees(np.minimum(np.pi / 2, (residual + 4e-16 * max(n, d) ** 0.5) / np.maximum(gap, 1e-300)))
    bad = np.flatnonzero(error > tolerance)
    reason = "" if not len(bad) else f"singular value {bad[0] + 1} is too close to the next (gap {gap[bad[0]]:.2g})"
    return PVectors(
        _signed(left, center), values * source.scale, gap, sigma**2 / total, residual, error, not len(bad), reason,
        route, source.passes,
    )  # fmt: skip


def singular_values(matrix: Any, *, center: bool = False) -> Vector:
    """All min(n, d) singular values, the largest first."""
    source = _Matrix(matrix, center)
    whole = np.concatenate([block for _, block in source.blocks()])
    return np.asarray(np.linalg.svd(whole, compute_uv=False)) * source.scale


def _right_vectors(source: _Matrix, k: int, rng: Any) -> tuple[Vector, Vector, str]:
    """The top k right singular vectors (d, k), and the top k + 1 squared singular values."""
    n, d = source.shape
    if d <= GRAM_SIDE:
        gram = sum(block.T @ block for _, block in source.blocks())
        squares, vectors = eigh(gram, subset_by_index=(max(0, d - k - 1), d - 1))
        return vectors[:, ::-1][:, :k], squares[::-1], "gram matrix of columns"
    if n <= GRAM_SIDE:
        whole = np.concatenate([block for _, block in source.blocks()])
        squares, vectors = eigh(whole @ whole.T, subset_by_index=(max(0, n - k - 1), n - 1))
        right = whole.T @ vectors[:, ::-1][:, :k]
        return right / np.linalg.norm(right, axis=0), squares[::-1], "gram matrix of rows"
    operator = LinearOperator((d, d), matvec=source.gram_times, dtype=np.float64)
    start = np.random.default_rng(rng).standard_normal(d)
    squares, vectors = eigsh(operator, k=k + 1, v0=start, tol=1e-13)
    return vectors[:, ::-1][:, :k], squares[::-1], "lanczos"


def _signed(vectors: Vector, center: bool) -> Vector:
    """Signs that do not depend on the route: see `PVectors.vectors`."""
    total, magnitude = vectors.sum(axis=0), np.abs(vectors).sum(axis=0)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    by_sum = (np.abs(total) > 1e-5 * magnitude) & (not center)
    return vectors * np.where(np.where(by_sum, total, largest) < 0, -1.0, 1.0)
