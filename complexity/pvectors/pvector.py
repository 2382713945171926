"""Matrix in, P-vectors out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..threads import one_blas_thread
from ..timing import DECOMPOSITION, phase
from .accuracy import Accuracy, distances
from .gram import by_gram_matrix, of_small_matrix
from .lanczos import Lanczos, rank_error, start_vectors
from .sources import ArraySource, BlockSource, Matrix, Source, TransposedSource, Vectors, open_source
from .watch import NextValue

Table = NDArray[np.float64]
TOLERANCE = 1e-4  # degrees
SAMPLE_ENTRIES = 2**19  # of the rows from which the iteration starts
GRAM_WORK = 1e8  # up to so many multiplications the Gram matrix is formed in float64 and decomposed whole
TINY_WORK = 2**15  # up to so many BLAS takes one thread
GRAM_ERROR = 1e-6  # of singular values by way of it, over the largest: a root of float64's rounding, and a margin
SAFE = (1e-140, 1e140)  # entries beyond these are scaled, before their squares leave the range of float64
OVERFLOW = "the largest singular value exceeds the largest number of float64"
RANK = 1e-13  # sigma_k / sigma_1 below which a vector is nothing but rounding
SINGLE_RANK = 6e-8  # the same over the root of all squares, where entries were rounded to float32: an entry's rounding


@dataclass(frozen=True)
class PVectors:
    """The top left singular vectors of a matrix A (n, d), and how well they are determined.

    Attributes
    ----------
    vectors : (n, k) unit columns; the entry sum is made non-negative, or where it vanishes the largest entry positive.
        For a tensor they are a tensor on its device, in float64.
    singular_values : (k + 1,), 0 where the matrix has no more. The last one only serves the gap: a lower bound, known
        to a tenth of its distance to the one before.
    spectral_gap : (k,) distance to the nearest other singular value, over the largest one.
    explained_variance_ratio : (k,) sigma_j^2 over the sum of all.
    residual : (k,) ||A^T u - sigma v|| / sigma_1 with u = A v / ||A v||.
    angle_error : (k,) bound on the error in degrees.
    converged : (k,) whether the angle error is within the tolerance.
    reason : for each vector why not; empty if converged.
    route : how they were computed.
    passes : how often the matrix was read.
    """

    vectors: Any
    singular_values: Table
    spectral_gap: Table
    explained_variance_ratio: Table
    residual: Table
    angle_error: Table
    converged: NDArray[np.bool_]
    reason: tuple[str, ...]
    route: str
    passes: int


def p_vectors(
    matrix: Matrix, k: int = 1, *, center: bool = False, tolerance: float = TOLERANCE, rng: Any = 0
) -> PVectors:
    """The top k left singular vectors of a matrix (section 3 of the paper).

    Small matrices: eigenvectors of the Gram matrix in float64. Others: the Lanczos iteration on A^T A, or on A A^T for
    an array with more columns than rows, started from the top vectors of a sample of rows; in float32 where the matrix
    has no more, and again in float64 where that does not reach the tolerance. Both products of a step share one reading
    of the matrix. Where many steps seem to be left, the Gram matrix of the shorter side ends it, if that is cheaper.

    Blocks are multiplied by as many threads as BLAS has, which is held to one thread of its own meanwhile, in the whole
    process; results do not depend on their number.

    The error bound is sound for every matrix whose other singular values are known to be smaller. That is certain where
    the sum of all squares leaves no room for another; elsewhere a random direction, of which the start knows nothing,
    goes along and bounds what the start can have missed, a repeated value of any multiplicity included; it fails with a
    probability of at most `watch.FAILURE`.

    Parameters
    ----------
    matrix : (n, d) NumPy array, memory map, PyTorch tensor on any device, Dask array, or a re-iterable stream of row
        blocks (b, d).
    k : how many.
    center : subtract column means first.
    tolerance : bound on the error of each vector, in degrees.
    rng : seed or generator of the random directions.

    Raises
    ------
    InputError
        For no matrix, no finite numbers, a zero matrix, a stream that cannot be read again, singular values beyond
        float64, or k larger than the rank, which the error has as its attribute `rank`.

    Examples
    --------
    >>> import numpy as np
    >>> found = p_vectors(np.array([[3.0, 0.0], [4.0, 0.0], [0.0, 1.0]]))
    >>> found.vectors[:, 0].round(6), found.singular_values.round(6), bool(found.converged[0])
    (array([0.6, 0.8, 0. ]), array([5., 1.]), True)
    """
    with phase(DECOMPOSITION):
        found = _found(open_source(matrix), k, center, tolerance, rng)
    if hasattr(matrix, "detach") and isinstance(found.vectors, np.ndarray):
        import torch

        return replace(found, vectors=torch.as_tensor(found.vectors))
    return found


def _found(source: Source, k: int, center: bool, tolerance: float, rng: Any) -> PVectors:
    sample, complete = source.sample(SAMPLE_ENTRIES)
    least = min(sample.shape)
    _check_count(k, least if complete else source.shape[1])
    work = sample.size * least if complete and isinstance(source, BlockSource) else np.inf
    if work <= TINY_WORK:  # BLAS itself takes one thread
        return _by_gram_matrix(source, sample, k, center, tolerance)
    with one_blas_thread() as threads:
        if work <= GRAM_WORK:
            return _by_gram_matrix(source, sample, k, center, tolerance)
        if isinstance(source, BlockSource) and not complete:
            source.threads = threads
        if isinstance(source, ArraySource) and source.shape[0] < source.shape[1]:
            source = source.transposed()
        return _by_lanczos(source, sample, k, center, tolerance, np.random.default_rng(rng))


def singular_values(matrix: Matrix, *, center: bool = False, relative_error: float = 0.0) -> Table:
    """All min(n, d) singular values, the largest first, in float64; kinds of matrices and errors as for `p_vectors`.

    Parameters
    ----------
    relative_error : what may be missing, over the largest value. From `GRAM_ERROR` on the eigenvalues of the Gram
        matrix serve, 3 to 8 times as fast; below it, singular values as exact as float64 has them.

    Examples
    --------
    >>> import numpy as np
    >>> singular_values(np.array([[3.0, 0.0], [4.0, 0.0], [0.0, 1.0]])).round(6)
    array([5., 1.])
    """
    source = open_source(matrix)
    largest = source.largest()
    if largest and not SAFE[0] < largest < SAFE[1]:
        source.divide_by(largest)
    if center:
        source.center(np.float64)
    with np.errstate(over="ignore"):
        found = source.singular_values_by_gram_matrix() if relative_error >= GRAM_ERROR else source.singular_values()
    if not np.isfinite(found[0]):
        raise InputError(OVERFLOW, field="matrix", expected="smaller numbers")
    return found


def _check_count(k: int, most: int) -> None:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= most:
        raise InputError("no such number of P-vectors", field="k", expected=f"1 to {most}", found=k)


def _by_lanczos(
    source: Source, sample: Any, k: int, center: bool, tolerance: float, rng: np.random.Generator
) -> PVectors:
    """The P-vectors of a large matrix, read once a step."""
    precisions = (np.float32, np.float64, np.float64)[0 if source.single else 1 :]
    if center:
        source.center(precisions[0])
    if isinstance(source, TransposedSource):
        sample, _ = source.sample(SAMPLE_ENTRIES)
    start, room = start_vectors(source, sample, k, rng)
    next_value, spent = NextValue(source, k, room, rng), 0.0
    for precision in precisions:
        if center and precision is not precisions[0]:
            source.center(precision)
        search = Lanczos(source, start, k, precision, next_value, spent)
        done = search.run(tolerance)
        if search.gave_up and isinstance(source, BlockSource):
            del search  # the products that it keeps
            return _by_large_gram_matrix(source, k, center, tolerance)
        if done or (precision is np.float64 and not next_value.missed(search.space)):
            break
        start, spent = search.restart(), search.spent
    left = search.right() if isinstance(source, TransposedSource) else search.left()
    return _result(source, left, search.accuracy, tolerance, f"lanczos in {precision.__name__}")


def _by_large_gram_matrix(source: BlockSource, k: int, center: bool, tolerance: float) -> PVectors:
    """The P-vectors of a matrix that resists the iteration; its shorter side is d."""
    if center:
        source.center(np.float64)
    right, left, accuracy = by_gram_matrix(source, k)
    if isinstance(source, TransposedSource):
        left = right * np.sqrt(accuracy.squares[:, None])
    return _result(source, left, accuracy, tolerance, "lanczos, then the gram matrix")


def _by_gram_matrix(source: Source, matrix: NDArray[Any], k: int, center: bool, tolerance: float) -> PVectors:
    """The P-vectors of a small matrix (n, d), whole and in float64."""
    assert isinstance(source, BlockSource)
    left, accuracy = of_small_matrix(source, source.hold(matrix, center), k)
    return _result(source, left, accuracy, tolerance, "gram matrix")


def _result(source: Source, left: Vectors, accuracy: Accuracy, tolerance: float, route: str) -> PVectors:
    """The left vectors (k, n), not yet of unit length, with all that is said of them."""
    sigma = _lengths(source, left)
    sizes = sigma.tolist()
    k = len(sizes)
    least = max(RANK * sizes[0], SINGLE_RANK * source.raw_squares**0.5 if source.single else 0.0)
    if k > 1 and sizes[-1] <= least:
        raise rank_error(k, sum(size > least for size in sizes))
    if not math.isfinite(sizes[0] * source.scale):
        raise InputError(OVERFLOW, field="matrix", expected="smaller numbers")
    values = [*sizes, accuracy.lower**0.5]
    gap = [step / sizes[0] for step in distances(values)]
    error = accuracy.angle_error()
    converged = error <= tolerance
    return PVectors(
        vectors=(left * source.array(_signs(source, left, sizes) / sigma)[:, None]).T,
        singular_values=np.array(values) * source.scale,
        spectral_gap=np.array(gap),
        explained_variance_ratio=sigma * sigma / source.squares,
        residual=accuracy.residual,
        angle_error=error,
        converged=converged,
        reason=tuple("" if converged[j] else _reason(j, gap[j], accuracy, tolerance) for j in range(k)),
        route=route,
        passes=source.passes,
    )


def _reason(j: int, gap: float, accuracy: Accuracy, tolerance: float) -> str:
    """Why the j-th vector is not known to the tolerance."""
    distance = f"singular value {j + 1} and the nearest other differ by {gap:.1g} of the largest"
    if accuracy.out_of_reach(tolerance):
        return distance
    return f"{distance}, and a residual of {accuracy.residual[j]:.1g} is left after the largest number of steps"


def _lengths(source: Source, rows: Vectors) -> Table:
    return source.host((rows * rows).sum(-1)) ** 0.5


def _signs(source: Source, rows: Vectors, sizes: list[float]) -> Table:
    """Signs that do not depend on the route, for rows of these lengths: see `PVectors.vectors`."""
    total = source.host(rows.sum(-1))
    if source.mean is None:
        # The sum of magnitudes is at most the length times the root of the number of entries.
        root = 1e-5 * rows.shape[1] ** 0.5
        if all(abs(t) > root * size for t, size in zip(total.tolist(), sizes, strict=True)):
            return np.copysign(1.0, total)
        by_sum = np.abs(total) > 1e-5 * source.host(abs(rows).sum(-1))
    else:
        by_sum = np.zeros(len(sizes), bool)
    xp = source.xp
    peak = source.host(xp.amax(rows, -1)) + source.host(xp.amin(rows, -1))
    return np.where(np.where(by_sum, total, peak) < 0, -1.0, 1.0)
