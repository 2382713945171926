"""The feature matrix of a model: in memory where it is small, recomputed block by block where it is not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import warn
from . import TrainedModel
from .inputs import Inputs, parts_of, rows_of, take
from .interface import counted_batches
from .layers import FEATURES, LOGITS, Findings
from .tensors import Array

SUM = 1e-3  # how far a sum of probabilities may be from 1, in half precision too
MAX_BYTES = 2 * 10**9  # a feature matrix above this is not kept but streamed


def batch_size(inputs: Inputs) -> int:
    """Rows that go through a network at a time: about 2 MB of inputs, 32 to 2048 rows."""
    bytes_a_row = 4 * max(1, sum(part[0].size for part in parts_of(inputs)))
    return int(np.clip(2**21 // bytes_a_row, 32, 2048))


def layer_output(model: TrainedModel, layer: str) -> Callable[[Inputs], Array]:
    """What gives the values at a layer of the model, (b, ...) -> (b, d): see `TrainedModel.values_at`."""
    if layer == FEATURES:
        return model.features
    return model.logits if layer == LOGITS else functools.partial(model.values_at, layer)


def look(model: TrainedModel, layer: str, inputs: Inputs) -> Findings | None:
    """What a look at a few samples says of a layer; None for logits, and for models that give features themselves."""
    if layer == LOGITS or (layer == FEATURES and type(model).features is not TrainedModel.features):
        return None
    return model.look(layer, inputs)


def warn_of_probabilities(layer: str, rows: Any, model: str) -> None:
    """Warn where what should be logits are probabilities or their logarithms, for all classes or for each by itself.

    Parameters
    ----------
    rows : some of the layer's values, (b, d).
    """
    if layer != LOGITS or not isinstance(rows, np.ndarray) or rows.shape[1] < 2:
        return
    with np.errstate(over="ignore"):
        found = [one for one in (rows, np.exp(rows)) if (one >= 0).all() and np.allclose(one.sum(1), 1, atol=SUM)]
    if found:
        kind = "probabilities" if found[0] is rows else "logarithms of probabilities"
        warn(f"{model}: the outputs are {kind}: the network ends in a softmax that could not be left out")
    elif 0 <= rows.min() < 0.5 < rows.max() <= 1 and ((rows > 0) & (rows < 1)).any():
        warn(f"{model}: all outputs are between 0 and 1, as those of a sigmoid, which is not left out")


class FeatureBlocks:
    """The rows of a feature matrix as a stream of (b, d) blocks of this width; each pass runs the network again."""

    def __init__(self, compute: Callable[[Array], Array], inputs: Inputs, size: int, width: int) -> None:
        self.compute, self.inputs, self.size, self.width = compute, inputs, size, width

    def __iter__(self) -> Iterator[Array]:
        # The rows are asked for where the iteration begins: it may go on in a thread, which has no line of progress.
        return (self.compute(take(self.inputs, rows)) for rows in counted_batches(rows_of(self.inputs), self.size))


def width_of(matrix: Array | FeatureBlocks) -> int:
    """How many columns a feature matrix has."""
    return matrix.width if isinstance(matrix, FeatureBlocks) else matrix.shape[1]


def feature_matrix(
    model: TrainedModel, inputs: Inputs, *, layer: str = "features", size: int | None = None
) -> Array | FeatureBlocks:
    """Features of the inputs, one row a sample (section 3 of the paper).

    Parameters
    ----------
    inputs : (n, ...), or several such arrays in a mapping or tuple.
    layer : "features", "logits", or the name of a layer; see `TrainedModel.values_at`.
    size : rows that go through the network at a time; does not change the result beyond rounding.

    Returns
    -------
    (n, d) in the model's precision, or above `MAX_BYTES` a re-iterable stream of its row blocks.
    """
    size, compute = size or batch_size(inputs), layer_output(model, layer)
    samples = rows_of(inputs)
    first = compute(take(inputs, slice(0, size)))
    if first[0].nbytes * samples > MAX_BYTES:
        return FeatureBlocks(compute, inputs, size, first.shape[1])
    matrix = np.empty((samples, first.shape[1]), first.dtype)
    matrix[: len(first)] = first
    for rows in counted_batches(samples, size):
        if rows.start:
            matrix[rows] = compute(take(inputs, rows))
    return matrix
