"""Keras models: Keras 2, tf_keras and Keras 3 on any backend, the starter kit's wrapped layers among them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ..errors import InputError
from .interface import Array, Gradients, Seen, TrainedModel, to_numpy
from .keras_layers import is_dense_or_convolutional, leaves, outputs_noted, watched

KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")


class KerasModel(TrainedModel):
    """A Keras model; layers are watched through their `call` while the model runs, and left as they were."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.name = str(getattr(model, "name", type(model).__name__))
        self.layers = list(leaves(model))
        self.dense_or_convolutional = [layer for layer in self.layers if is_dense_or_convolutional(layer)]
        self._gradients_by_shape: dict[tuple[int, ...], Gradients] = {}
        if not self.dense_or_convolutional:
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="layers")

    def weights(self) -> list[Array]:
        return [to_numpy(_raw(variable)) for variable in self.model.weights]

    def trainable_weights(self) -> list[Array]:
        return [to_numpy(variable) for variable in self._trainable_variables()]

    def kernels(self) -> list[Array]:
        found = [getattr(layer, attribute, None) for layer in self.layers for attribute in KERNELS]
        return [to_numpy(_raw(kernel)) for kernel in found if kernel is not None]

    def _stored_initial_weights(self) -> list[Array]:
        found = getattr(self.model, "initial_weights", None)
        return [] if found is None else [to_numpy(array) for array in found]

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        for variable, array in zip(self.model.trainable_variables, weights, strict=True):
            variable.assign(array)

    def _trainable_variables(self) -> list[Any]:
        """The backend's own variables."""
        return [_raw(variable) for variable in self.model.trainable_variables]

    def _forward(self, inputs: Array, watch: Sequence[Any] = ()) -> tuple[Any, Seen]:
        with self._without_gradients():
            return self._call(np.asarray(inputs, dtype=np.float32), watch)

    def _layer_output(self, inputs: Array, layer: Any) -> Array:
        noted: list[Any] = []
        with outputs_noted(layer, noted.append):
            self._forward(inputs)
        output = to_numpy(noted[0])
        return np.moveaxis(output, 1, -1) if getattr(layer, "data_format", None) == "channels_first" else output

    def _call(self, inputs: Any, watch: Sequence[Any]) -> tuple[Any, Seen]:
        """Logits and what the watched layers were given, of an array or of the backend's tensor."""
        seen: Seen = []
        try:
            with watched(watch, lambda layer, given: seen.append((layer, given))):
                output = self.model(inputs, training=False)
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
        return getattr(output, "_keras_logits", output), seen  # Keras' own note of what its softmax was given

    def _without_gradients(self) -> AbstractContextManager[Any]:
        if self._backend() != "torch":
            return nullcontext()
        import torch

        return torch.no_grad()

    def _gradients(self, shape: tuple[int, ...]) -> Gradients:
        if shape not in self._gradients_by_shape:
            self._gradients_by_shape[shape] = self._new_gradients(shape)
        return self._gradients_by_shape[shape]

    def _new_gradients(self, shape: tuple[int, ...]) -> Gradients:
        # All layers are watched, so that a wrapped one keeps none of the tensors that belong to a compiled function.
        forward, weights = functools.partial(self._call, watch=self.layers), self._trainable_variables()
        if self._backend() == "tensorflow":
            from .tensorflow_gradients import TensorFlowGradients

            return TensorFlowGradients(forward, self.layers, weights, shape)
        if self._backend() == "torch":
            from .torch_gradients import TorchGradients

            return TorchGradients(forward, weights, like=_raw(self.model.weights[0]))
        raise InputError(
            "no gradients on this Keras backend",
            model=self.name,
            field="backend",
            expected="tensorflow or torch",
            found=self._backend(),
        )

    def _backend(self) -> str:
        """The name of the Keras backend; Keras 2 has one only."""
        if "keras" not in {base.__module__.partition(".")[0] for base in type(self.model).__mro__}:
            return "tensorflow"
        import keras

        return str(keras.backend.backend())


def _raw(variable: Any) -> Any:
    """The backend's variable, which that of Keras 3 holds as its `value`; that of Keras 2 is TensorFlow's itself."""
    value = getattr(variable, "value", None)
    return variable if value is None or callable(value) else value
