"""Singular values and norms of a network's kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..models import TrainedModel
from ..models.tensors import Array


def kernel_matrices(network: TrainedModel) -> list[NDArray[np.float64]]:
    """Each kernel as a matrix (outputs, inputs x window), in float64.

    Raises
    ------
    InputError
        If there is none, or one is zero or not finite: it has no logarithm.
    """
    kernels = network.oriented_kernels()
    if not kernels:
        raise InputError("the network has no kernels", model=network.name, field="kernels")
    for number, kernel in enumerate(kernels):
        if not np.isfinite(kernel).all() or not kernel.any():
            problem = f"kernel {number} is zero, or not finite: its norm has no logarithm"
            raise InputError(problem, model=network.name, field="kernels", found=f"shape {kernel.shape}")
    return [kernel.reshape(len(kernel), -1).astype(np.float64) for kernel in kernels]


def spectral_norm(matrix: NDArray[np.float64]) -> float:
    """The largest singular value."""
    return float(np.sqrt(np.linalg.eigvalsh(_smaller_gram(matrix))[-1]))


def slices(kernel: Array) -> NDArray[np.float64]:
    """A kernel (outputs, inputs, ...) as one matrix for each place of its window: (places, outputs, inputs)."""
    return np.moveaxis(kernel.reshape(*kernel.shape[:2], -1), -1, 0).astype(np.float64)


def _smaller_gram(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix)
