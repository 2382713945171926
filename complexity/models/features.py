"""The feature matrix of a model: in memory where it is small, recomputed block by block where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from . import TrainedModel, batches
from .interface import Array

LAYERS = ("features", "logits")
MAX_BYTES = 2 * 10**9  # a feature matrix above this is not kept but streamed


def batch_size(inputs: NDArray[Any]) -> int:
    """Rows that go through a network at a time: about 2 MB of inputs, 32 to 2048 rows."""
    bytes_a_row = 4 * max(1, inputs[0].size)
    return int(np.clip(2**21 // bytes_a_row, 32, 2048))


def layer_output(model: TrainedModel, layer: str) -> Callable[[Array], Array]:
    """The model's method that gives its features or its logits, (b, ...) -> (b, d).

    Raises
    ------
    InputError
        For another layer.
    """
    if layer not in LAYERS:
        raise InputError("no such layer", field="layer", expected=" or ".join(LAYERS), found=layer)
    return model.features if layer == "features" else model.logits


class FeatureBlocks:
    """The rows of a feature matrix as a stream of (b, d) blocks; each pass runs the network again."""

    def __init__(self, compute: Callable[[Array], Array], inputs: NDArray[Any], size: int) -> None:
        self.compute, self.inputs, self.size = compute, inputs, size

    def __iter__(self) -> Iterator[Array]:
        for rows in batches(len(self.inputs), self.size):
            yield self.compute(self.inputs[rows])


def feature_matrix(
    model: TrainedModel, inputs: NDArray[Any], *, layer: str = "features", size: int | None = None
) -> Array | FeatureBlocks:
    """Features of the inputs, one row a sample (section 3 of the paper).

    Parameters
    ----------
    inputs : (n, ...).
    layer : "features", or "logits" to have the network's outputs in their place.
    size : rows that go through the network at a time; does not change the result beyond rounding.

    Returns
    -------
    (n, d) in the model's precision, or above `MAX_BYTES` a re-iterable stream of its row blocks.
    """
    size, compute = size or batch_size(inputs), layer_output(model, layer)
    first = compute(inputs[:size])
    if first[0].nbytes * len(inputs) > MAX_BYTES:
        return FeatureBlocks(compute, inputs, size)
    matrix = np.empty((len(inputs), first.shape[1]), first.dtype)
    matrix[: len(first)] = first
    for rows in batches(len(inputs), size):
        if rows.start:
            matrix[rows] = compute(inputs[rows])
    return matrix
