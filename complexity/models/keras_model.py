"""Keras models: Keras 2, tf_keras and Keras 3 on any backend, the starter kit's wrapped layers among them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from ..errors import InputError
from .interface import Array, TrainedModel

DENSE_OR_CONVOLUTIONAL = ("Dense", "Conv1D", "Conv2D", "Conv3D", "EinsumDense", "DepthwiseConv1D", "DepthwiseConv2D")
KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")


class KerasModel(TrainedModel):
    """A Keras model; layers are watched through their `call` while the model runs, and left as they were."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.name = str(getattr(model, "name", type(model).__name__))
        self.layers = list(_leaves(model))
        self._last_layer: Any = None
        if not any(map(_is_dense_or_convolutional, self.layers)):
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="layers")

    def features(self, inputs: Array) -> Array:
        if self._last_layer is None:
            self._last_layer = self._find_last_layer(inputs[:1])
        seen: list[Any] = []
        with watched([self._last_layer], lambda layer, tensor: seen.append(tensor)):
            self._forward(inputs)
        return _to_numpy(seen[-1]).reshape(len(inputs), -1)

    def logits(self, inputs: Array) -> Array:
        return _to_numpy(self._forward(inputs)).reshape(len(inputs), -1)

    def weights(self) -> list[Array]:
        return [np.array(array) for array in self.model.get_weights()]

    def initial_weights(self) -> list[Array]:
        return matching_weights(getattr(self.model, "initial_weights", None), self.weights(), self.name)

    def kernels(self) -> list[Array]:
        found = [getattr(layer, attribute, None) for layer in self.layers for attribute in KERNELS]
        return [np.array(_to_numpy(kernel)) for kernel in found if kernel is not None]

    def _find_last_layer(self, inputs: Array) -> Any:
        """The dense or convolutional layer that runs last."""
        order: list[Any] = []
        watching = [layer for layer in self.layers if _is_dense_or_convolutional(layer)]
        with watched(watching, lambda layer, tensor: order.append(layer)):
            self._forward(inputs)
        return order[-1]

    def _forward(self, inputs: Array) -> Any:
        with self._without_gradients():
            try:
                return self.model(np.asarray(inputs, dtype=np.float32), training=False)
            except Exception as error:
                if tuple(inputs.shape[1:]) == tuple(self.model.input_shape[1:]):
                    raise
                raise InputError(
                    "the model does not take these inputs",
                    model=self.name,
                    field="inputs",
                    expected=f"samples of shape {self.model.input_shape[1:]}",
                    found=tuple(inputs.shape[1:]),
                ) from error

    def _without_gradients(self) -> AbstractContextManager[Any]:
        if self._backend() != "torch":
            return nullcontext()
        import torch

        return torch.no_grad()

    def _backend(self) -> str:
        """The name of the Keras backend; Keras 2 has one only."""
        if "keras" not in {base.__module__.partition(".")[0] for base in type(self.model).__mro__}:
            return "tensorflow"
        import keras

        return str(keras.backend.backend())


@contextmanager
def watched(layers: Sequence[Any], note: Callable[[Any, Any], None]) -> Iterator[None]:
    """While the context lasts, `note(layer, tensor)` is called with the input of each layer that runs.

    The instance's `call` is shadowed past `__setattr__`, which Keras overrides to track state.
    """

    def shadow(layer: Any) -> Callable[..., Any]:
        call = layer.call

        @functools.wraps(call)
        def noted(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            note(layer, tensor)
            return call(tensor, *args, **kwargs)

        return noted

    before = [layer.__dict__.get("call") for layer in layers]
    try:
        for layer in layers:
            layer.__dict__["call"] = shadow(layer)
        yield
    finally:
        for layer, call in zip(layers, before, strict=True):
            if call is not None:
                layer.__dict__["call"] = call
            else:
                layer.__dict__.pop("call", None)


def matching_weights(found: Any, weights: Sequence[Array], model: str) -> list[Array]:
    """The initial weights as arrays, checked against the trained ones.

    Raises
    ------
    InputError
        If there are none, or if number or shapes differ.
    """
    if found is None or len(found) == 0:
        raise InputError(
            "the model carries no initial weights",
            model=model,
            field="initial_weights",
            expected="the weights before training (weights_init.hdf5 in a task folder)",
        )
    arrays = [np.array(_to_numpy(array)) for array in found]
    shapes, expected = [a.shape for a in arrays], [w.shape for w in weights]
    if shapes != expected:
        raise InputError(
            "the initial weights do not fit the trained ones",
            model=model,
            field="initial_weights",
            expected=expected,
            found=shapes,
        )
    return arrays


def _leaves(layer: Any) -> Iterator[Any]:
    """The layers that hold no other layers, in the order of the model; wrappers give what they wrap."""
    inner = list(getattr(layer, "layers", None) or ([layer.layer] if hasattr(layer, "layer") else []))
    if not inner:
        yield layer
    for child in inner:
        yield from _leaves(child)


def _is_dense_or_convolutional(layer: Any) -> bool:
    names = {base.__name__ for base in type(layer).__mro__}
    return bool(names & set(DENSE_OR_CONVOLUTIONAL))


def _to_numpy(tensor: Any) -> Array:
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().float().cpu()
    array = np.asarray(tensor)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)
