"""Matrix in, P-vectors out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from .errors import InputError

Vector = NDArray[np.float64]
TOLERANCE = 1e-4  # degrees
GRAM_WORK = 2e9  # up to so many multiplications the Gram matrix is formed in float64 and decomposed whole
BLOCK_BYTES = 2**21  # rows are read in blocks that stay in cache between the two products of a step
MOST_STEPS = 150  # of each Lanczos iteration
PROBE_STEPS = 4  # that the second iteration, which looks for values that the first cannot see, takes at least
ROUNDING = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-14}  # of a product, relative to sigma_1


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
    """A matrix as blocks of rows: scaled where squares would overflow or vanish, with centred columns on demand.

    Centring is a correction of rank one to each product, so that blocks are used as they are read.
    """

    def __init__(self, source: Any, center: bool) -> None:
        self.source = source
        self.passes = 0
        self.scale = 1.0
        self.shape = (0, 0)
        self.sums: Vector = np.zeros(0)
        self.squares = 0.0
        self._survey()
        self.mean: Vector | None = self.sums / self.shape[0] if center else None

    def blocks(self, precision: Any = np.float32) -> Iterator[tuple[slice, Any]]:
        """Blocks in float64, or in float32 where that loses nothing and `precision` allows it."""
        self.passes += 1
        start = 0
        for block in self._raw_blocks():
            single = (block.dtype.itemsize <= 4 and block.dtype.kind == "f") or block.dtype.itemsize <= 2
            block = np.asarray(block, dtype=np.float32 if single and precision == np.float32 else np.float64)
            yield slice(start, start + len(block)), block if self.scale == 1 else block / self.scale
            start += len(block)

    def _raw_blocks(self) -> Iterator[NDArray[Any]]:
        matrices = [self.source] if hasattr(self.source, "shape") else self.source
        width: int | None = None
        for matrix in matrices:
            matrix = matrix.detach().cpu().numpy() if hasattr(matrix, "detach") else np.asanyarray(matrix)
            if matrix.ndim != 2 or matrix.dtype.kind not in "fiub":
                found = f"shape {matrix.shape} of {matrix.dtype}"
                raise InputError("not a matrix", field="matrix", expected="rows and columns of numbers", found=found)
            if width is not None and matrix.shape[1] != width:
                raise InputError("blocks differ in width", field="matrix", expected=width, found=matrix.shape[1])
            width = matrix.shape[1]
            rows = max(1, BLOCK_BYTES // max(1, 4 * width))
            for start in range(0, len(matrix), rows):
                yield matrix[start : start + rows]

    def _survey(self) -> None:
        """Shape, scale, column sums and sum of squares, in one pass; NaN and infinity are refused."""
        rows, largest, columns = 0, 0.0, 0
        for where, block in self.blocks():
            rows, columns = where.stop, block.shape[1]
            top = float(np.abs(block).max()) if block.size else 0.0
            if not np.isfinite(top):
                row, column = np.argwhere(~np.isfinite(block))[0]
                place = f"row {where.start + row}, column {column}"
                raise InputError(f"{place} holds {block[row, column]}", field="matrix")
            largest = max(largest, top)
        if rows * columns == 0:
            raise InputError("the matrix is empty", field="matrix")
        if largest == 0:
            raise InputError("every entry of the matrix is zero: it has no P-vector", field="matrix")
        # A power of two, so that scaling changes no digit.
        self.scale = 1.0 if 1e-10 < largest < 1e10 else 2.0 ** np.floor(np.log2(largest))
        self.shape, self.sums = (rows, columns), np.zeros(columns)
        for _, block in self.blocks():
            self.sums += block.sum(axis=0, dtype=np.float64)
            self.squares += float(np.einsum("ij,ij->", block, block, dtype=np.float64))

    def variance(self) -> float:
        """The sum of all squared singular values."""
        return self.squares if self.mean is None else self.squares - self.shape[0] * float(self.mean @ self.mean)

    def both_products(self, right: Vector, precision: Any = np.float32) -> tuple[Vector, Vector]:
        """A right and A^T A right in one pass, for right (d, k)."""
        n, d = self.shape
        left, back = np.empty((n, right.shape[1])), np.zeros((d, right.shape[1]))
        shift = 0.0 if self.mean is None else self.mean @ right
        for where, block in self.blocks(precision):
            product = block @ right.astype(block.dtype) - np.asarray(shift, dtype=block.dtype)
            left[where] = product
            back += block.T @ product
        if self.mean is not None:
            back -= np.outer(self.mean, left.sum(axis=0))
        return left, back

    def whole(self) -> Vector:
        """All of it in float64."""
        matrix = np.concatenate([block for _, block in self.blocks(np.float64)])
        return matrix if self.mean is None else matrix - self.mean


def p_vectors(matrix: Any, k: int = 1, *, center: bool = False, tolerance: float = TOLERANCE, rng: Any = 0) -> PVectors:
    """The top k left singular vectors of a matrix (section 3 of the paper).

    Small matrices: eigenvectors of the Gram matrix in float64. Others: the Lanczos iteration on A^T A with full
    reorthogonalization, both products of a step in one pass over the rows; in float32 where the matrix has no more,
    and again in float64 where that does not reach the tolerance.

    Parameters
    ----------
    matrix : (n, d) array or tensor, or a re-iterable stream of row blocks (b, d).
    k : how many.
    center : subtract column means first.
    tolerance : bound on the estimated error of each vector, in degrees.
    rng : seed or generator of the start vectors.

    Raises
    ------
    InputError
        For no matrix, no finite numbers, a zero matrix, or k larger than the rank.
    """
    source = _Matrix(matrix, center)
    n, d = source.shape
    if not 1 <= k <= min(n, d):
        raise InputError("no such number of P-vectors", field="k", expected=f"1 to {min(n, d)}", found=k)
    if source.variance() <= 1e-12 * source.squares:
        raise InputError("every column is constant: centred, it has no P-vector", field="matrix")
    if n * d * min(n, d) <= GRAM_WORK:
        right, squares = _by_gram_matrix(source, k)
        return _result(source, right, squares, np.dtype(np.float64), tolerance, "gram matrix")
    generator = np.random.default_rng(rng)
    start = generator.standard_normal(d)
    for precision in (np.float32, np.float64):
        right, squares = _by_lanczos(source, k, start, tolerance, precision, generator)
        found = _result(source, right, squares, np.dtype(precision), tolerance, f"lanczos in {precision.__name__}")
        if found.converged:
            break
        start = right.sum(axis=1)
    return found


def singular_values(matrix: Any, *, center: bool = False) -> Vector:
    """All min(n, d) singular values, the largest first."""
    source = _Matrix(matrix, center)
    return np.asarray(np.linalg.svd(source.whole(), compute_uv=False)) * source.scale


def _result(
    source: _Matrix, right: Vector, squares: Vector, precision: np.dtype[Any], tolerance: float, route: str
) -> PVectors:
    """The left vectors that belong to right ones, with residuals, gaps and errors."""
    k = right.shape[1]
    left, back = source.both_products(right, precision)
    sigma = np.linalg.norm(left, axis=0)
    if sigma[k - 1] <= 1e-7 * sigma[0]:
        raise InputError("k is larger than the rank of the matrix", field="k", expected="fewer", found=k)
    left /= sigma
    residual = np.linalg.norm(back / sigma - right * sigma, axis=0) / sigma[0]
    values = np.append(sigma, float(squares[k]) ** 0.5 if len(squares) > k and squares[k] > 0 else 0.0)
    distances = np.abs(np.diff(values))
    gap: Vector = np.asarray(np.minimum(distances, np.append(np.inf, distances)[:k]) / values[0])
    noise = residual + 0.1 * ROUNDING[precision]
    error = np.degrees(np.minimum(np.pi / 2, noise / np.maximum(gap, 1e-300)))
    bad = np.flatnonzero((error > tolerance) | (gap <= ROUNDING[precision]))
    error[gap <= ROUNDING[precision]] = 90.0
    reason = (
        f"singular values {bad[0] + 1} and the nearest other differ by {gap[bad[0]]:.1g} of the largest"
        if len(bad)
        else ""
    )
    return PVectors(
        vectors=_signed(left, source.mean is not None),
        singular_values=values * source.scale,
        spectral_gap=gap,
        explained_variance_ratio=sigma**2 / source.variance(),
        residual=residual,
        angle_error=error,
        converged=not len(bad),
        reason=reason,
        route=route,
        passes=source.passes,
    )


def _by_gram_matrix(source: _Matrix, k: int) -> tuple[Vector, Vector]:
    """The top k right singular vectors (d, k) and the top k + 1 squared singular values, of a small matrix."""
    n, d = source.shape
    matrix = source.whole()
    small = matrix.T @ matrix if d <= n else matrix @ matrix.T
    squares, vectors = eigh(small, subset_by_index=(max(0, len(small) - k - 1), len(small) - 1))
    top = vectors[:, ::-1][:, :k]
    right = top if d <= n else matrix.T @ top
    norms = np.linalg.norm(right, axis=0)
    return right / np.where(norms > 0, norms, 1), squares[::-1]


def _by_lanczos(
    source: _Matrix, k: int, start: Vector, tolerance: float, precision: Any, rng: np.random.Generator
) -> tuple[Vector, Vector]:
    """The same by the Lanczos iteration; a second, deflated one looks for values that the first start misses."""
    none = np.zeros((len(start), 0))
    right, squares = _lanczos(
        source, start, none, precision, k, lambda values, rest: _settled(values, rest, k, tolerance)
    )
    # One start vector never sees that a value is repeated, nor what is orthogonal to it.
    found = squares[k - 1]
    _, hidden = _lanczos(
        source, rng.standard_normal(len(start)), right, precision, 1, lambda values, rest: _told(values, rest, found)
    )
    return right, np.append(squares[:k], max(squares[k] if len(squares) > k else 0.0, hidden[0]))


def _lanczos(
    source: _Matrix, start: Vector, deflated: Vector, precision: Any, k: int, done: Callable[[Vector, Vector], bool]
) -> tuple[Vector, Vector]:
    """The top k Ritz vectors (d, k), and all Ritz values, of A^T A on a Krylov space orthogonal to `deflated` (d, l).

    `done` decides from the Ritz values, the largest first, and the residuals of their vectors.
    """
    basis = deflated
    new = _orthogonal(start, basis)
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    for _ in range(min(MOST_STEPS, min(source.shape) - deflated.shape[1])):
        basis = np.column_stack([basis, new / np.linalg.norm(new)])
        image = source.both_products(basis[:, -1:], precision)[1][:, 0]
        diagonal.append(float(basis[:, -1] @ image))
        new = _orthogonal(image, basis)
        length = float(np.linalg.norm(new))
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1))
        values, vectors = values[::-1], vectors[:, ::-1]
        off_diagonal.append(length)
        if length <= ROUNDING[np.dtype(precision)] * values[0] or done(values, np.abs(length * vectors[-1])):
            break
    return basis[:, deflated.shape[1] :] @ vectors[:, :k], np.maximum(values, 0)


def _settled(values: Vector, residuals: Vector, k: int, tolerance: float) -> bool:
    """Whether the top k Ritz vectors are within a third of the tolerance, by residual over gap."""
    if len(values) < k + 2:
        return False
    gaps = np.maximum(values[:k] - values[1 : k + 1], 1e-300)
    return bool(np.all(np.degrees(residuals[:k] / gaps) <= tolerance / 3))


def _told(values: Vector, residuals: Vector, found: float) -> bool:
    """Whether the largest value of the rest is told from the least one found, to a tenth of their distance.

    Where it is as large, or larger, it never is: then it is enough that it is known to six digits.
    """
    known = residuals[0] <= max(0.1 * (found - values[0]), 1e-6 * found)
    return len(values) >= PROBE_STEPS and bool(known)


def _orthogonal(vector: Vector, basis: Vector) -> Vector:
    """The part of a vector that is orthogonal to a basis; twice is enough (Kahan and Parlett)."""
    for _ in range(2):
        vector = vector - basis @ (basis.T @ vector)
    return vector


def _signed(vectors: Vector, center: bool) -> Vector:
    """Signs that do not depend on the route: see `PVectors.vectors`."""
    total, magnitude = vectors.sum(axis=0), np.abs(vectors).sum(axis=0)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    by_sum = (np.abs(total) > 1e-5 * magnitude) & (not center)
    return vectors * np.where(np.where(by_sum, total, largest) < 0, -1.0, 1.0)
