"""What the measures may ask of a trained network, whatever framework it was made with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


class TrainedModel(ABC):
    """A trained network in evaluation mode; inputs and outputs are NumPy arrays.

    No method leaves a trace in the network: weights, batch statistics, training flags and hooks are afterwards what
    they were before, also after an exception.

    Attributes
    ----------
    name : how messages call the model.
    channels_last : whether images come as (h, w, c) rather than (c, h, w).
    """

    name: str
    channels_last: bool

    @abstractmethod
    def features(self, inputs: Array) -> Array:
        """The input of the last dense or convolutional layer, flattened: (b, ...) -> (b, d)."""

    @abstractmethod
    def logits(self, inputs: Array) -> Array:
        """The network's output: (b, ...) -> (b, classes)."""

    @abstractmethod
    def squared_jacobians(self, inputs: Array) -> Array:
        """Mean squared entry of d logits / d layer input, for each sample and layer: (b, ...) -> (b, layers)."""

    @abstractmethod
    def loss_gradient(self, inputs: Array, labels: NDArray[np.integer]) -> list[Array]:
        """Gradient of the mean cross-entropy with respect to the trainable weights, in their order."""

    @abstractmethod
    def weights(self) -> list[Array]:
        """Copies of all weights, those of normalization statistics included, in the framework's order."""

    @abstractmethod
    def trainable_weights(self) -> list[Array]:
        """Copies of the weights that training moves, in the framework's order."""

    @abstractmethod
    def initial_weights(self) -> list[Array]:
        """The weights before training, in the order of `weights`.

        Raises
        ------
        InputError
            If the model does not carry them.
        """

    @abstractmethod
    def kernels(self) -> list[Array]:
        """Copies of the weight matrices and filters of the dense and convolutional layers."""

    @abstractmethod
    def perturbed(self, weights: Sequence[Array]) -> AbstractContextManager[None]:
        """A context in which the trainable weights are these; on leaving it the old ones are back bit for bit."""


def batches(rows: int, size: int) -> Iterator[slice]:
    """Slices that cover range(rows) in order, each of at most `size` rows."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
