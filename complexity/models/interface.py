"""What the measures may ask of a trained network, whatever framework it was made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Array = NDArray[np.floating]
Seen = list[tuple[Any, Any]]  # each layer that ran, in order, with the framework's tensors that it was given
Forward = Callable[[Any], tuple[Any, Seen]]  # a tensor (b, ...) -> logits, and what all layers were given


class Gradients(Protocol):
    """What a framework computes by differentiation; see the methods of `TrainedModel` by these names."""

    def squared_jacobians(self, inputs: Array) -> Array: ...

    def loss_gradient(self, inputs: Array, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]: ...


class TrainedModel:
    """A trained network in evaluation mode; inputs and outputs are NumPy arrays.

    A framework gives what it can; what it lacks is an InputError that says so, and who has it.

    No method leaves a trace in the network: weights, batch statistics, training flags and hooks are afterwards what
    they were before, also after an exception. The exception is `replaced_weights`, and it ends with its context.

    Attributes
    ----------
    name : how messages call the model.
    layers : all layers that hold no others.
    dense_or_convolutional : those of them that are dense or convolutional; at least one.
    """

    name: str = "the model"
    layers: Sequence[Any] = ()
    dense_or_convolutional: Sequence[Any] = ()
    _ends: tuple[Any, Any] | None = None

    def features(self, inputs: Array) -> Array:
        """The input of the last dense or convolutional layer, flattened: (b, ...) -> (b, d)."""
        _, last = self._first_and_last_layer(inputs)
        _, seen = self._forward(inputs, [last])
        return to_numpy(seen[-1][1]).reshape(len(inputs), -1)

    def first_layer(self, inputs: Array) -> Array:
        """The output of the first dense or convolutional layer: (b, ...) -> (b, ...), maps as (b, h, w, channels).

        With the layer's own activation where the framework makes that a part of it, as Keras does.
        """
        first, _ = self._first_and_last_layer(inputs)
        return self._layer_output(inputs, first)

    def _first_and_last_layer(self, inputs: Array) -> tuple[Any, Any]:
        """The layers that run first and last, which need not be the ones that are defined first and last."""
        if self._ends is None:
            _, seen = self._forward(inputs[:1], self.dense_or_convolutional)
            self._ends = seen[0][0], seen[-1][0]
        return self._ends

    def logits(self, inputs: Array) -> Array:
        """The output of the network, flattened: (b, ...) -> (b, classes).

        A softmax at the end is left out where it shows (in Keras always, in PyTorch as a module); a network that
        applies it unseen gives its probabilities.
        """
        return to_numpy(self._forward(inputs)[0]).reshape(len(inputs), -1)

    def squared_jacobians(self, inputs: Array) -> Array:
        """Mean squared entry of the Jacobian of a sample's logits in each layer's input: (b, ...) -> (b, layers).

        Every run of a layer counts, in the order of running; inputs that are not floating point are passed over.

        Raises
        ------
        InputError
            If the framework gives no gradients here.
        """
        return self._gradients(inputs.shape[1:]).squared_jacobians(inputs)

    def loss_gradient(self, inputs: Array, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]:
        """Logits (b, classes), and the gradient of the summed cross-entropy in the order of `trainable_weights`.

        Raises
        ------
        InputError
            If the framework gives no gradients here.
        """
        return self._gradients(inputs.shape[1:]).loss_gradient(inputs, labels)

    def weights(self) -> list[Array]:
        """Copies of all weights, those of normalization statistics included, in the framework's order."""
        raise self._lacks("weights")

    def trainable_weights(self) -> list[Array]:
        """Copies of the weights that training changes: no statistics, nothing frozen."""
        raise self._lacks("trainable weights")

    def initial_weights(self) -> list[Array]:
        """The weights before training, in the order of `weights`.

        Raises
        ------
        InputError
            If the model does not carry them, or if number or shapes differ from those of the trained ones.
        """
        arrays = self._stored_initial_weights()
        if not arrays:
            raise InputError(
                "the model carries no initial weights",
                model=self.name,
                field="initial_weights",
                expected="the weights before training (weights_init.hdf5 in a task folder)",
            )
        shapes, expected = [a.shape for a in arrays], [w.shape for w in self.weights()]
        if shapes != expected:
            raise InputError(
                "the initial weights do not fit the trained ones",
                model=self.name,
                field="initial_weights",
                expected=expected,
                found=shapes,
            )
        return arrays

    def kernels(self) -> list[Array]:
        """Copies of the weight matrices and filters of the dense and convolutional layers."""
        raise self._lacks("kernels")

    @contextmanager
    def replaced_weights(self) -> Iterator[Callable[[Sequence[Array]], None]]:
        """A function that sets the trainable weights while the context lasts; then they are again what they were."""
        before = self.trainable_weights()
        try:
            yield self._set_trainable_weights
        finally:
            self._set_trainable_weights(before)

    def _forward(self, inputs: Array, watch: Sequence[Any] = ()) -> tuple[Any, Seen]:
        """The network's logits as the framework's tensor, and what the watched layers were given."""
        raise self._lacks("forward passes")

    def _layer_output(self, inputs: Array, layer: Any) -> Array:
        """What a dense or convolutional layer gives when it runs first, channels last."""
        raise self._lacks("outputs of single layers")

    def _gradients(self, shape: tuple[int, ...]) -> Gradients:
        """The framework's gradients for samples of this shape."""
        raise self._lacks("gradients")

    def _stored_initial_weights(self) -> list[Array]:
        """Copies of what the model carries as its initial weights; empty if nothing."""
        return []

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        raise self._lacks("a way to set weights")

    def _lacks(self, ability: str) -> InputError:
        problem, expected = f"models of this kind have no {ability} here", "a Keras model or a torch.nn.Module"
        return InputError(problem, model=self.name, field=ability, expected=expected, found=type(self).__name__)


def to_numpy(tensor: Any) -> Array:
    """A copy as float32 or float64 of an array, a TensorFlow tensor, or a PyTorch tensor on any device."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor.float() if tensor.element_size() < 4 else tensor  # NumPy has no bfloat16
    array = np.asarray(tensor)
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def floating_point_tensors(seen: Seen) -> list[Any]:
    """The tensors that the layers were given, one after the other, without indices and masks."""
    tensors = [t for _, given in seen for t in (given if isinstance(given, (list, tuple)) else [given])]
    return [tensor for tensor in tensors if "float" in str(tensor.dtype)]


def batches(rows: int, size: int) -> Iterator[slice]:
    """Slices that cover range(rows) in order, each of at most `size` rows.

    Raises
    ------
    InputError
        For a size below 1.
    """
    if size < 1:
        raise InputError("bad setting", field="batch_size", expected="at least 1", found=size)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
