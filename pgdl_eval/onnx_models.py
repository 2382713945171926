"""The competition's stored models as ONNX graphs: each layer kind that config.json may hold, as Keras computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .formats.architecture import LayerConfig, ModelConfig
from .formats.layers import LAYERS, Shape

OPSET, IR_VERSION = 17, 8
INPUT = "inputs"
Weights = Mapping[str, NDArray[Any]]  # of one layer, by name


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph.

    Attributes
    ----------
    name : in the graph.
    shape : of a sample, as Keras has it: channels last.
    moved : whether the graph keeps it with the channels first.
    """

    name: str
    shape: Shape
    moved: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer of the stored model: its class, the tensors that it takes and gives, and that before its activation."""

    kind: str
    given: Tensor
    returned: Tensor
    inactive: Tensor


@dataclass
class StoredGraph:
    """The graph of a stored model.

    Attributes
    ----------
    layers : in order.
    nodes, initializers : its operators and weights.
    """

    layers: list[Layer] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)

    def add(self, kind: str, inputs: list[str], shape: Shape, moved: bool, **attributes: Any) -> Tensor:
        """An operator with one output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return Tensor(name, shape, moved)

    def like(self, kind: str, tensor: Tensor, *more: str, **attributes: Any) -> Tensor:
        """An operator whose output is shaped as its first input."""
        return self.add(kind, [tensor.name, *more], tensor.shape, tensor.moved, **attributes)

    def constant(self, array: Any) -> str:
        """A stored tensor: float32, or int64 for shapes."""
        name, array = f"w{len(self.initializers)}", np.asarray(array)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def channels_first(self, tensor: Tensor) -> Tensor:
        """The tensor as images (b, channels, height, width)."""
        if tensor.moved:
            return tensor
        return self.add("Transpose", [tensor.name], tensor.shape, True, perm=[0, 3, 1, 2])

    def channels_last(self, tensor: Tensor) -> Tensor:
        """The tensor as Keras has it."""
        if not tensor.moved:
            return tensor
        return self.add("Transpose", [tensor.name], tensor.shape, False, perm=[0, 2, 3, 1])

    def model(self, input_shape: Shape, outputs: list[str]) -> Any:
        """A `ModelProto` of what the outputs need."""
        needed, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if node.output[0] in needed:
                needed.update(node.input)
                nodes.append(node)
        graph = helper.make_graph(
            nodes[::-1],
            "stored",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, *input_shape])],
            [onnx.ValueInfoProto(name=name) for name in outputs],
            [one for one in self.initializers if one.name in needed],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def build_graph(config: ModelConfig, weights: list[NDArray[Any]]) -> StoredGraph:
    """The graph of a stored model.

    Parameters
    ----------
    weights : as `StoredModel` holds them, of the shapes that `config` asks for.
    """
    graph, tensor, remaining = StoredGraph(), Tensor(INPUT, config.input_shape), iter(weights)
    for layer, shapes in zip(config.layers, config.weight_shapes(), strict=True):
        own = {name: next(remaining) for name in shapes}
        _, shape = LAYERS[layer.kind].shapes(layer.arguments, tensor.shape)
        inactive = MAKERS[layer.kind](graph, layer, tensor, shape, own)
        function = layer.arguments.get("activation") if layer.kind != "Activation" else None
        returned = activated(graph, inactive, function or "linear")
        graph.layers.append(Layer(layer.kind, tensor, returned, inactive))
        tensor = returned
    return graph


def activated(graph: StoredGraph, tensor: Tensor, function: str) -> Tensor:
    """A function of `keras.activations` applied to a tensor; softmax runs over the channels."""
    if function == "linear":
        return tensor
    if function == "softmax":
        return graph.like("Softmax", tensor, axis=1 if tensor.moved else -1)
    if function == "swish":
        return graph.like("Mul", tensor, graph.like("Sigmoid", tensor).name)
    if function == "gelu":
        error = graph.like("Erf", graph.like("Mul", tensor, graph.constant(np.sqrt(0.5))))
        factor = graph.like("Mul", graph.like("Add", error, graph.constant(1.0)), graph.constant(0.5))
        return graph.like("Mul", tensor, factor.name)
    return graph.like(OPERATORS[function], tensor)


OPERATORS = {
    "elu": "Elu",
    "exponential": "Exp",
    "relu": "Relu",
    "selu": "Selu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
}


def _dense(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    given = graph.channels_last(given)
    kernel, bias = graph.constant(weights["kernel"]), weights.get("bias")
    if len(given.shape) == 1 and bias is not None:
        return graph.add("Gemm", [given.name, kernel, graph.constant(bias)], shape, False)
    product = graph.add("MatMul", [given.name, kernel], shape, False)
    return product if bias is None else graph.like("Add", product, graph.constant(bias))


def _conv2d(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    arguments, given = layer.arguments, graph.channels_first(given)
    kernel = weights["kernel"].transpose(3, 2, 0, 1)
    dilation, strides = arguments.get("dilation_rate", (1, 1)), arguments.get("strides", (1, 1))
    window = [rate * (side - 1) + 1 for rate, side in zip(dilation, kernel.shape[2:], strict=True)]
    names = [graph.constant(one) for one in (kernel, weights.get("bias")) if one is not None]
    return graph.add(
        "Conv", [given.name, *names], shape, True, strides=list(strides), dilations=list(dilation),
        group=arguments.get("groups", 1), pads=_pads(arguments, given.shape, window, strides),
    )  # fmt: skip


def _max_pooling(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    return _pooling("MaxPool", graph, layer, given, shape)


def _average_pooling(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    return _pooling("AveragePool", graph, layer, given, shape)


def _pooling(kind: str, graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape) -> Tensor:
    window = list(layer.arguments.get("pool_size", (2, 2)))
    strides = list(layer.arguments.get("strides") or window)
    given = graph.channels_first(given)
    pads = _pads(layer.arguments, given.shape, window, strides)
    return graph.add(kind, [given.name], shape, True, kernel_shape=window, strides=strides, pads=pads)


def _pads(arguments: Mapping[str, Any], shape: Shape, window: Any, strides: Any) -> list[int]:
    """Rows and columns of padding before and after: TensorFlow's "same" puts the odd one after."""
    if arguments.get("padding", "valid") != "same":
        return [0, 0, 0, 0]
    totals = [
        max((-(-side // step) - 1) * step + size - side, 0)
        for side, size, step in zip(shape[:2], window, strides, strict=True)
    ]
    return [*(total // 2 for total in totals), *(total - total // 2 for total in totals)]


def _global_pooling(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    pooled = graph.add("GlobalAveragePool", [graph.channels_first(given).name], (1, 1, given.shape[-1]), True)
    if layer.arguments.get("keepdims", False):
        return pooled
    return graph.add("Flatten", [pooled.name], shape, False)


def _flatten(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    if len(given.shape) == 1:
        return given
    return graph.add("Flatten", [graph.channels_last(given).name], shape, False)


def _batch_normalization(
    graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights
) -> Tensor:
    epsilon, position = layer.arguments.get("epsilon", 1e-3), layer.arguments.get("axis", -1)
    scale = weights.get("gamma", 1.0) / np.sqrt(weights["moving_variance"].astype(np.float64) + epsilon)
    shift = weights.get("beta", 0.0) - weights["moving_mean"] * scale
    axis = position - 1 if position > 0 else position + len(given.shape)
    if given.moved:
        axis = (axis + 1) % 3
    sides = [len(scale) if one == axis else 1 for one in range(len(given.shape))]
    scaled = graph.like("Mul", given, graph.constant(scale.reshape(sides)))
    return graph.like("Add", scaled, graph.constant(shift.reshape(sides)))


def _dropout(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    return given


def _activation(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    return activated(graph, given, layer.arguments["activation"])


def _relu(graph: StoredGraph, layer: LayerConfig, given: Tensor, shape: Shape, weights: Weights) -> Tensor:
    """min(x, max_value) above the threshold, negative_slope * (x - threshold) elsewhere."""
    largest, slope = layer.arguments.get("max_value"), layer.arguments.get("negative_slope", 0.0)
    threshold = graph.constant(layer.arguments.get("threshold", 0.0))
    above = given if largest is None else graph.like("Min", given, graph.constant(largest))
    below = graph.like("Mul", graph.like("Sub", given, threshold), graph.constant(slope))
    passes = graph.like("Greater", given, threshold)
    return graph.like("Where", passes, above.name, below.name)


Maker = Callable[[StoredGraph, LayerConfig, Tensor, Shape, Weights], Tensor]
MAKERS: dict[str, Maker] = {
    "Dense": _dense,
    "Conv2D": _conv2d,
    "MaxPooling2D": _max_pooling,
    "AveragePooling2D": _average_pooling,
    "GlobalAveragePooling2D": _global_pooling,
    "Flatten": _flatten,
    "Dropout": _dropout,
    "BatchNormalization": _batch_normalization,
    "Activation": _activation,
    "ReLU": _relu,
}
