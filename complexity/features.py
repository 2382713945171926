"""The feature matrix of a model: in memory where it is small, recomputed block by block where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .models import TrainedModel, batches
from .models.interface import Array

MAX_BYTES = 2 * 10**9  # a feature matrix above this is not kept but streamed


def batch_size(inputs: NDArray[Any]) -> int:
    """Rows that go through a network at a time: about 2 MB of inputs, 32 to 2048 rows."""
    bytes_a_row = 4 * max(1, inputs[0].size)
    return int(np.clip(2**21 // bytes_a_row, 32, 2048))


class FeatureBlocks:
    """The rows of a feature matrix as a stream of (b, d) blocks; each pass runs the network again."""

    def __init__(self, model: TrainedModel, inputs: NDArray[Any], size: int) -> None:
        self.model, self.inputs, self.size = model, inputs, size

    def __iter__(self) -> Iterator[Array]:
        for rows in batches(len(self.inputs), self.size):
            yield self.model.features(self.inputs[rows])


def feature_matrix(model: TrainedModel, inputs: NDArray[Any], *, size: int | None = None) -> Array | FeatureBlocks:
    """Features of the inputs, one row a sample (section 3 of the paper).

    Parameters
    ----------
    inputs : (n, ...).
    size : rows that go through the network at a time; does not change the result beyond rounding.

    Returns
    -------
    (n, d) in the model's precision, or above `MAX_BYTES` a re-iterable stream of its row blocks.
    """
    size = size or batch_size(inputs)
    first = model.features(inputs[:size])
    if first[0].nbytes * len(inputs) > MAX_BYTES:
        return FeatureBlocks(model, inputs, size)
    matrix = np.empty((len(inputs), first.shape[1]), first.dtype)
    matrix[: len(first)] = first
    for rows in batches(len(inputs), size):
        if rows.start:
            matrix[rows] = model.features(inputs[rows])
    return matrix
