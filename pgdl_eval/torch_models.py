"""A stored model on PyTorch, for the measures that need gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from complexity.models.inputs import Inputs
from complexity.models.interface import Gradients
from complexity.models.tensors import Array, LayerCall, Seen, to_numpy
from complexity.models.torch_gradients import TorchGradients
from complexity.timing import FORWARD, phase

from .formats.architecture import LayerConfig
from .formats.layers import LAYERS, Shape
from .formats.task import StoredModel
from .stored_network import PASSING, StoredNetwork

Weights = Mapping[str, Any]  # the tensors of one layer, by name


class TorchStoredNetwork(StoredNetwork):
    """A stored model whose gradients PyTorch computes; tensors and weights keep Keras' order of axes.

    Only logits and gradients follow `replaced_weights`.
    """

    def __init__(self, stored: StoredModel) -> None:
        super().__init__(stored)
        arrays = iter(stored.weights)
        self.tensors: list[dict[str, Any]] = []
        self.shapes: list[Shape] = []
        shape = stored.config.input_shape
        for layer, names in zip(self.layers, stored.config.weight_shapes(), strict=True):
            self.tensors.append({name: torch.from_numpy(np.array(next(arrays), np.float32)) for name in names})
            _, shape = LAYERS[layer.kind].shapes(layer.arguments, shape)
            self.shapes.append(shape)
        for tensor in self._trainable():
            tensor.requires_grad_()

    def trainable_weights(self) -> list[Array]:
        return [to_numpy(tensor) for tensor in self._trainable()]

    def logits(self, inputs: Inputs) -> Array:
        with phase(FORWARD), self._threads(inputs), torch.no_grad():
            return to_numpy(self._forward(self._tensor(inputs))[0]).reshape(len(inputs), -1)

    def squared_jacobians(self, inputs: Inputs) -> Array:
        with self._threads(inputs):
            return super().squared_jacobians(inputs)

    def loss_gradient(self, inputs: Inputs, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]:
        with self._threads(inputs):
            return super().loss_gradient(inputs, labels)

    @contextmanager
    def _threads(self, inputs: Inputs) -> Iterator[None]:
        """One thread of PyTorch's for little work, and as many as before afterwards."""
        before = torch.get_num_threads()
        if before == 1 or not isinstance(inputs, np.ndarray) or not self._is_small(inputs):
            yield
            return
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def _trainable(self) -> list[Any]:
        pairs = zip(self.layers, self.tensors, strict=True)
        return [
            tensor
            for layer, tensors in pairs
            if layer.arguments.get("trainable", True)
            for name, tensor in tensors.items()
            if not name.startswith("moving")
        ]

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        with torch.no_grad():
            for tensor, array in zip(self._trainable(), weights, strict=True):
                tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))

    def logit_gradients(self, inputs: Inputs, coefficients: Array, layer: str | None = None) -> Array:
        with self._threads(inputs):
            return super().logit_gradients(inputs, coefficients, layer)

    def _layer_object(self, name: str) -> Any:
        return self.layers[self.names.index(name)]

    def _gradients(self, inputs: Inputs) -> Gradients:
        return TorchGradients(self._forward, self._trainable(), self._tensor)

    def _tensor(self, inputs: Array) -> Any:
        return torch.from_numpy(np.array(inputs, np.float32))

    def _forward(self, inputs: Any) -> tuple[Any, Seen]:
        """Logits of a tensor in its graph, and what every layer is given and returns."""
        values, seen = inputs, []
        last = self._softmax_layer()
        for number, (layer, tensors) in enumerate(zip(self.layers, self.tensors, strict=True)):
            seen.append(LayerCall(layer, values, values))
            if layer.kind == "Activation" and number == last:
                continue
            values = COMPUTE[layer.kind](layer, values, tensors)
            if number != last and layer.kind != "Activation":
                values = activated(values, layer.arguments.get("activation"))
            seen[-1].returned = values
        return values, seen

    def _softmax_layer(self) -> int | None:
        """The number of the layer whose softmax ends the network."""
        for number in reversed(range(len(self.layers))):
            if self.layers[number].arguments.get("activation") == "softmax":
                return number
            if self.layers[number].kind not in PASSING:
                return None
        return None


def activated(values: Any, function: str | None) -> Any:
    """A function of `keras.activations`."""
    return FUNCTIONS[function or "linear"](values)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "elu": functional.elu,
    "exponential": torch.exp,
    "gelu": functional.gelu,
    "linear": lambda values: values,
    "relu": functional.relu,
    "selu": functional.selu,
    "sigmoid": torch.sigmoid,
    "softmax": lambda values: functional.softmax(values, -1),
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "swish": functional.silu,
    "tanh": torch.tanh,
}


def _dense(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    return functional.linear(values, weights["kernel"].T, weights.get("bias"))


def _conv2d(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    arguments, kernel = layer.arguments, weights["kernel"].permute(3, 2, 0, 1)
    strides, dilation = arguments.get("strides", (1, 1)), arguments.get("dilation_rate", (1, 1))
    window = [rate * (side - 1) + 1 for rate, side in zip(dilation, kernel.shape[2:], strict=True)]
    images, groups = _channels_first(values), arguments.get("groups", 1)
    height, width = _sides_added(images.shape[2:], arguments, window, strides)
    padding = (0, 0)
    if height[0] == height[1] and width[0] == width[1]:
        padding = (height[0], width[0])  # the convolution's own padding makes no copy
    else:
        images = functional.pad(images, (*width, *height))
    found = functional.conv2d(images, kernel, weights.get("bias"), strides, padding, dilation, groups)
    return _channels_last(found)


def _max_pooling(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    window, strides = _window(layer)
    padded = _padded(_channels_first(values), layer.arguments, window, strides, -math.inf)
    return _channels_last(functional.max_pool2d(padded, window, strides))


def _average_pooling(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    """The mean over what of the window lies in the image."""
    window, strides = _window(layer)
    values = _channels_first(values)
    ones = torch.ones(1, 1, *values.shape[2:])
    sums, counts = (
        functional.avg_pool2d(_padded(one, layer.arguments, window, strides, 0.0), window, strides)
        for one in (values, ones)
    )
    return _channels_last(sums / counts)


def _global_pooling(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    return values.mean((1, 2), keepdim=layer.arguments.get("keepdims", False))


def _batch_normalization(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    epsilon, axis = layer.arguments.get("epsilon", 1e-3), layer.arguments.get("axis", -1)
    sides = [1] * values.ndim
    sides[axis] = values.shape[axis]
    scale = torch.rsqrt(weights["moving_variance"] + epsilon)
    scale = scale * weights["gamma"] if "gamma" in weights else scale
    centred = (values - weights["moving_mean"].reshape(sides)) * scale.reshape(sides)
    return centred + weights["beta"].reshape(sides) if "beta" in weights else centred


def _relu(layer: LayerConfig, values: Any, weights: Weights) -> Any:
    largest, slope = layer.arguments.get("max_value"), layer.arguments.get("negative_slope", 0.0)
    threshold = layer.arguments.get("threshold", 0.0)
    above = values if largest is None else values.clamp(max=largest)
    return torch.where(values > threshold, above, slope * (values - threshold))


def _window(layer: LayerConfig) -> tuple[tuple[int, int], tuple[int, int]]:
    height, width = layer.arguments.get("pool_size", (2, 2))
    return (height, width), tuple(layer.arguments.get("strides") or (height, width))


def _padded(
    values: Any, arguments: Mapping[str, Any], window: Sequence[int], strides: Sequence[int], filling: float
) -> Any:
    """Images (b, channels, height, width) with the rows and columns that TensorFlow's "same" adds."""
    height, width = _sides_added(values.shape[2:], arguments, window, strides)
    return functional.pad(values, (*width, *height), value=filling) if any((*height, *width)) else values


def _sides_added(
    sides: Sequence[int], arguments: Mapping[str, Any], window: Sequence[int], strides: Sequence[int]
) -> list[tuple[int, int]]:
    """How many rows before and behind, and columns, TensorFlow's "same" adds to images of these sides."""
    if arguments.get("padding", "valid") != "same":
        return [(0, 0), (0, 0)]
    totals = [
        max((-(-side // step) - 1) * step + size - side, 0)
        for side, size, step in zip(sides, window, strides, strict=True)
    ]
    return [(total // 2, total - total // 2) for total in totals]


def _channels_first(values: Any) -> Any:
    return values.permute(0, 3, 1, 2)


def _channels_last(values: Any) -> Any:
    return values.permute(0, 2, 3, 1)


COMPUTE: dict[str, Callable[[LayerConfig, Any, Weights], Any]] = {
    "Dense": _dense,
    "Conv2D": _conv2d,
    "MaxPooling2D": _max_pooling,
    "AveragePooling2D": _average_pooling,
    "GlobalAveragePooling2D": _global_pooling,
    "Flatten": lambda layer, values, weights: values.flatten(1),
    "Dropout": lambda layer, values, weights: values.clone(),
    "BatchNormalization": _batch_normalization,
    "Activation": lambda layer, values, weights: activated(values, layer.arguments["activation"]),
    "ReLU": _relu,
}
