"""What the measures may ask of a trained network, whatever framework it was made with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

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
    """

    name: str

    @abstractmethod
    def features(self, inputs: Array) -> Array:
        """The input of the last dense or convolutional layer, flattened: (b, ...) -> (b, d)."""

    @abstractmethod
    def logits(self, inputs: Array) -> Array:
        """The output of the network as it is, flattened: (b, ...) -> (b, classes)."""

    @abstractmethod
    def weights(self) -> list[Array]:
        """Copies of all weights, those of normalization statistics included, in the framework's order."""

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


def batches(rows: int, size: int) -> Iterator[slice]:
    """Slices that cover range(rows) in order, each of at most `size` rows."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
