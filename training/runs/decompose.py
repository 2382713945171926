"""Feature matrices in, arrays of a record out: P-vectors, singular values, gaps and errors, uncentred and centred."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from complexity import PVectors, p_vectors, singular_values
from complexity.errors import InputError
from complexity.pvectors.lanczos import RankError
from pgdl_eval.formats.npz import Arrays

from .evaluation import Features
from .run_folder import CENTERING

TOLERANCE = 1e-3  # degrees; what the studies compare differs by more
VALUE_ERROR = 1e-6  # of singular values, over the largest; smaller ones count as zero


def decompose(name: str, matrix: Features, k: int, *, every_value: bool) -> Arrays:
    """The decompositions of one matrix (n, d), named as `run_folder` says.

    Parameters
    ----------
    name : of the matrix.
    k : P-vectors wanted; those beyond the rank are NaN.
    every_value : whether all singular values are computed, or the top k + 1.

    Raises
    ------
    InputError
        If an entry is not finite.
    """
    if not all(torch.isfinite(block).all() for block in _blocks(matrix)):
        raise InputError("features hold NaN or infinity", field=name)
    found: Arrays = {}
    for convention, center in CENTERING.items():
        for field, array in _one(matrix, k, center, every_value).items():
            found[f"{name}/{convention}/{field}"] = array
    return found


def _one(matrix: Features, k: int, center: bool, every_value: bool) -> Arrays:
    most = min(len(matrix), next(iter(_blocks(matrix[:1]))).shape[1])
    try:
        values = singular_values(matrix, center=center, relative_error=VALUE_ERROR) if every_value else None
        possible = min(k, most if values is None else int((values > VALUE_ERROR * values[0]).sum()))
        result = _p_vectors(matrix, possible, center)
    except InputError:  # zero or, with centred columns, constant: a network that has collapsed has no P-vector
        return _nothing(len(matrix), k, np.zeros(most if every_value else k + 1))
    first = _numpy(result.singular_values)
    fields = {
        "spectral_gap": result.spectral_gap,
        "explained_variance_ratio": result.explained_variance_ratio,
        "residual": result.residual,
        "angle_error": result.angle_error,
    }
    return {
        "vectors": _padded(_numpy(result.vectors).astype(np.float32), k),
        "singular_values": np.pad(first, (0, k + 1 - len(first))) if values is None else values,
        **{field: _padded(_numpy(array), k) for field, array in fields.items()},
        "converged": np.append(_numpy(result.angle_error) <= TOLERANCE, np.zeros(k - len(result.reason), bool)),
    }


def _p_vectors(matrix: Features, k: int, center: bool) -> PVectors:
    """The top k, or as many as the matrix has."""
    try:
        return p_vectors(matrix, k, center=center, tolerance=TOLERANCE)
    except RankError as error:
        return p_vectors(matrix, error.rank, center=center, tolerance=TOLERANCE)


def _blocks(matrix: Features) -> Iterable[Tensor]:
    return [matrix] if isinstance(matrix, Tensor) else matrix


def _nothing(rows: int, k: int, values: NDArray[Any]) -> Arrays:
    unknown = {
        field: np.full(k, np.nan) for field in ("spectral_gap", "explained_variance_ratio", "residual", "angle_error")
    }
    vectors = np.full((rows, k), np.nan, np.float32)
    return {"vectors": vectors, "singular_values": values, **unknown, "converged": np.zeros(k, bool)}


def _padded(array: NDArray[Any], k: int) -> NDArray[Any]:
    """An array with NaN for those of k entries that are missing on its last axis."""
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, k - array.shape[-1])], constant_values=np.nan)


def _numpy(array: Any) -> NDArray[Any]:
    """A NumPy array as it is, or a tensor on any device as an array."""
    return np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)
