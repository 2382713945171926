"""P-vectors out of records, the angles between them, and the references that every study shows beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity import angle, p_vectors, singular_values

from ..runs.run_folder import CENTERING, field_of

Vector = NDArray[Any]

# Model against data, by name: whether features are centred, which inputs, whether inputs are centred. Once both are
# centred, standardizing three channels changes little.
DATA_CONVENTIONS: Mapping[str, tuple[str, str, str]] = {
    "neither centered": ("uncentered", "raw", "uncentered"),
    "both centered": ("centered", "raw", "centered"),
    "data alone centered": ("uncentered", "raw", "centered"),
    "standardized inputs": ("uncentered", "standardized", "uncentered"),
}
CONSTANT = "constant vector"
RANDOM = "random ReLU"


def p_vector(arrays: Mapping[str, Vector], matrix: str, centering: str) -> Vector:
    """The P-vector (n,) of a matrix of a record; within the first epoch (t, n). NaN where there is none."""
    return np.asarray(field_of(arrays, matrix, "vectors", center=CENTERING[centering])[..., 0])


def degrees(u: Vector, v: Vector) -> float:
    """The angle between two lines or subspaces; NaN where one is not known."""
    if u.ndim == 1 and u.shape == v.shape:  # `angle`'s formula in fewer steps; what is neither known nor unknown is its
        u, v = (np.asarray(line, np.float64) for line in (u, v))
        lengths = math.sqrt(u @ u), math.sqrt(v @ v)
        if min(lengths) > 0 and max(lengths) < math.inf:
            u, v = u / lengths[0], v / lengths[1]
            apart, together = (u - v, u + v) if u @ v >= 0 else (u + v, u - v)
            return math.degrees(2 * math.atan2(math.sqrt(apart @ apart), math.sqrt(together @ together)))
    return float(angle(u, v)) if np.isfinite(u).all() and np.isfinite(v).all() else float("nan")


def largest_angles(u: Vector, v: Vector) -> Vector:
    """The largest angle between the spans of the first k vectors of two bases (n, m), for k = 1 to m.

    Of independent vectors; the same as `degrees(u[:, :k], v[:, :k])`, in a fifth of the time: the first k columns of
    one orthonormal basis span what the first k vectors span, and of Knyazev and Argentati's (2002, algorithm 3.1)
    cosines and sines only the largest angle's are taken.

    Returns
    -------
    (m,) degrees in [0, 90]; NaN where a vector is not known.
    """
    known = min(u.shape[1], v.shape[1], *(_finite_columns(basis) for basis in (u, v)))
    found = np.full(min(u.shape[1], v.shape[1]), np.nan)
    if known == 0:
        return found
    first, second = (_orthonormal(basis[:, :known]) for basis in (u, v))
    overlap = first.T @ second
    for k in range(1, known + 1):
        cosine = float(np.linalg.svd(overlap[:k, :k], compute_uv=False)[-1])
        if cosine**2 < 0.5:
            found[k - 1] = math.degrees(math.acos(cosine))
        else:
            outside = second[:, :k] - first[:, :k] @ overlap[:k, :k]
            found[k - 1] = math.degrees(math.asin(min(1.0, float(np.linalg.norm(outside, 2)))))
    return found


def _finite_columns(basis: Vector) -> int:
    """How many columns there are before the first that is not finite."""
    unknown = np.flatnonzero(~np.isfinite(basis).all(axis=0))
    return int(unknown[0]) if len(unknown) else basis.shape[1]


def _orthonormal(basis: Vector) -> Vector:
    return np.asarray(np.linalg.qr(np.asarray(basis, np.float64))[0])


def to_constant(u: Vector) -> float:
    """The angle of a vector to the all-ones vector."""
    return degrees(u, np.ones(len(u)))


def pair_with_data(
    record: Mapping[str, Vector], data: Mapping[str, Vector], matrix: str, convention: str
) -> tuple[Vector, Vector]:
    """Model and data P-vector (n,).

    Parameters
    ----------
    record, data : arrays of an epoch and of the data.
    matrix : of the record; the data P-vector is that of the same rows.
    convention : of `DATA_CONVENTIONS`.
    """
    features, inputs, of_data = DATA_CONVENTIONS[convention]
    part = matrix if matrix in ("train", "test") else "subset"
    return p_vector(record, matrix, features), p_vector(data, f"{part}/{inputs}", of_data)


def shape(record: Mapping[str, Vector], matrix: str) -> tuple[int, int]:
    """Rows and columns of a matrix of a record, `train`, `test` or `subset`, of which all singular values are there."""
    return len(field_of(record, matrix, "vectors")), len(field_of(record, matrix, "singular_values"))


def random_vectors(rows: int, columns: int, centering: str, k: int = 1) -> tuple[Vector, Vector]:
    """The top k left singular vectors (n, k) of two random matrices."""
    first, second = (_random_vectors(rows, columns, centering, k, seed) for seed in (0, 1))
    return first, second


def random_matrix(rows: int, columns: int, seed: int) -> Vector:
    """A matrix of independent entries max(0, N(0, 1)): like features after a ReLU it is non-negative, and no more."""
    return np.maximum(np.random.default_rng(seed).standard_normal((rows, columns), dtype=np.float32), 0)


# Several studies ask for the same few.
@lru_cache(maxsize=64)
def _random_vectors(rows: int, columns: int, centering: str, k: int, seed: int) -> Vector:
    # Beyond the first vector the values of a random matrix lie close together: no more digits are to be had.
    return np.asarray(
        p_vectors(random_matrix(rows, columns, seed), k, center=CENTERING[centering], tolerance=0.1).vectors
    )


def random_singular_values(rows: int, columns: int, centering: str) -> Vector:
    """The singular values of a random matrix."""
    return np.asarray(singular_values(random_matrix(rows, columns, seed=0), center=CENTERING[centering]))


def random_degrees(record: Mapping[str, Vector], matrix: str, centering: str) -> float:
    """The angle between two random matrices of the shape of a matrix of a record: what agrees without any learning."""
    return degrees(*random_vectors(*shape(record, matrix), centering))


def random_to_data(record: Mapping[str, Vector], data: Mapping[str, Vector], matrix: str, convention: str) -> float:
    """The angle between a random matrix of the shape of `train` or `test` of a record and the data."""
    features, inputs, of_data = DATA_CONVENTIONS[convention]
    random, _ = random_vectors(*shape(record, matrix), features)
    return degrees(random[:, 0], p_vector(data, f"{matrix}/{inputs}", of_data))
