"""An ONNX graph, read: which tensors carry data, which layers there are, and what acts on what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import onnx

from ..errors import InputError
from .onnx_files import CONTROL

# Operators that are a dense or convolutional layer where one operand is data and the other is constant: for each the
# positions of both.
OPERANDS: dict[str, tuple[tuple[int, int], ...]] = {
    "Conv": ((0, 1),),
    "ConvTranspose": ((0, 1),),
    "ConvInteger": ((0, 1),),
    "QLinearConv": ((0, 3),),
    "Gemm": ((0, 1), (1, 0)),
    "MatMul": ((0, 1), (1, 0)),
    "FusedMatMul": ((0, 1), (1, 0)),
    "MatMulInteger": ((0, 1), (1, 0)),
    "QLinearMatMul": ((0, 3), (3, 0)),
    "Einsum": ((0, 1), (1, 0)),
}
RECURRENT = ("LSTM", "GRU", "RNN")
SHAPES = ("Shape", "Size")  # what gives the shape of its input, not its values
RANDOM = ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
# What leaves the order of a softmax's entries as it is.
RESHAPING = ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast", "Clip")
ACTIVATIONS = (
    *("Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "Tanh", "Softplus", "Softsign"),
    *("Gelu", "Exp", "Softmax", "Clip"),
)
QUANTIZING = ("DynamicQuantizeLinear", "QuantizeLinear")
INTEGER = ("MatMulInteger", "ConvInteger")  # their outputs get a scale later
# Quantized operators: for each operand the positions of its tensor, scale and zero point.
QUANTIZED = {"QLinearConv": ((0, 1, 2), (3, 4, 5)), "QLinearMatMul": ((0, 1, 2), (3, 4, 5))}
FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)


@dataclass(frozen=True)
class GraphLayer:
    """An operator that works on data.

    Attributes
    ----------
    name, kind : its name in the graph, and its operator.
    main : whether it is dense or convolutional.
    given, returned : the tensors that it takes and gives, an addition of its bias included.
    weights : its constant operands.
    kernel : the constant tensor of its weights; empty where there is none, or where the operator is not main.
    channels_last : whether what it gives was transposed so that channels come last.
    """

    name: str
    kind: str
    main: bool
    given: str
    returned: str
    weights: tuple[str, ...]
    kernel: str = ""
    channels_last: bool = False


class Graph:
    """What a `ModelProto` says.

    Attributes
    ----------
    model : the `ModelProto`; weights that are quantized get an operator that makes floats of them.
    constants : the tensors that depend on no input.
    data : the tensors that depend on the values of an input, not on its shape alone.
    layers : the operators that work on data, in order.

    Raises
    ------
    InputError
        For branches and loops over data.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.producers = {output: node for node in model.graph.node for output in node.output if output}
        self.initializers = {tensor.name: tensor for tensor in model.graph.initializer}
        self.inputs = [one for one in model.graph.input if one.name not in self.initializers]
        self._floats = self._dequantizing()
        self.producers |= {node.output[0]: node for node in self._floats}
        self.constants, self.data = self._kinds()
        self.layers = self._layers()

    def _dequantizing(self) -> list[Any]:
        """Operators that make floats of what quantized ones are given, as "NAME:float"."""
        found: dict[str, Any] = {}
        for node in self.model.graph.node:
            for operand, scale, zero in QUANTIZED.get(node.op_type, ()):
                name, names = f"{node.input[operand]}:float", [node.input[one] for one in (operand, scale, zero)]
                axis = 0 if node.op_type == "QLinearConv" else -1  # of scales that differ by channel
                found[name] = onnx.helper.make_node("DequantizeLinear", names, [name], axis=axis)
        return list(found.values())

    def _kinds(self) -> tuple[set[str], set[str]]:
        constants, data = set(self.initializers), {one.name for one in self.inputs}
        for node in (*self.model.graph.node, *self._floats):
            given = [name for name in node.input if name]
            outputs = [name for name in node.output if name]
            if node.op_type in CONTROL and not all(name in constants for name in (*given, *captured(node))):
                where = node.name or outputs[0]
                problem = f"a graph with branches or loops over data is not read ({node.op_type})"
                raise InputError(problem, field=where, expected="a graph without If, Loop and Scan")
            if node.op_type in RANDOM or (node.op_type not in SHAPES and any(name in data for name in given)):
                data.update(outputs)
            elif all(name in constants for name in given):
                constants.update(outputs)
        return constants, data

    @cached_property
    def random(self) -> bool:
        """Whether two passes may differ: the graph draws random numbers."""
        return any(node.op_type in RANDOM or _drops(node, self.constants) for node in self.model.graph.node)

    @cached_property
    def consumers(self) -> dict[str, list[Any]]:
        """The operators that take a tensor."""
        found: dict[str, list[Any]] = {}
        for node in self.model.graph.node:
            for name in node.input:
                found.setdefault(name, []).append(node)
        return found

    def _layers(self) -> list[GraphLayer]:
        found: list[GraphLayer] = []
        biases: set[str] = set()
        names: set[str] = set()
        for node in self.model.graph.node:
            given = next((name for name in node.input if name in self.data), "")
            output = next((name for name in node.output if name), "")
            if output in biases or output not in self.data or not given:
                continue
            name = node.name if node.name and node.name not in names else output
            names.add(name)
            layer = self._layer(node, name, given, output)
            if layer.main:
                layer = self._with_bias(layer)
                biases.add(layer.returned)
            found.append(layer)
        return found

    def _layer(self, node: Any, name: str, given: str, output: str) -> GraphLayer:
        weights = tuple(one for one in node.input if one in self.constants)
        for data, constant in OPERANDS.get(node.op_type, ()):
            if len(node.input) <= max(data, constant) or node.input[data] not in self.data:
                continue
            if node.input[constant] in self.constants:
                ending = ":float" if node.op_type in QUANTIZED else ""
                taken = f"{node.input[data]}{ending}" if ending else self._before_quantization(node.input[data])
                kernel = f"{node.input[constant]}{ending}"
                return GraphLayer(name, node.op_type, True, taken, output, weights, kernel)
        return GraphLayer(name, node.op_type, False, given, output, weights)

    def _before_quantization(self, tensor: str) -> str:
        """What was quantized to this tensor, which then holds whole numbers without their scale."""
        node = self.producers.get(tensor)
        return str(node.input[0]) if node is not None and node.op_type in QUANTIZING else tensor

    def _with_bias(self, layer: GraphLayer) -> GraphLayer:
        """The layer with the addition of a constant vector that alone follows it."""
        addition, channels_last = self._follower(layer)
        constant = "" if addition is None else next((name for name in addition.input if name in self.constants), "")
        if addition is None or addition.op_type != "Add" or not constant or self.is_matrix(constant):
            return layer
        weights = (*layer.weights, constant)
        return replace(layer, returned=addition.output[0], weights=weights, channels_last=channels_last)

    def with_activation(self, layer: GraphLayer) -> GraphLayer:
        """The layer with its own activation, where the graph's names tell of one, as those of tf2onnx do."""
        follower, channels_last = self._follower(layer)
        scope = layer.name.rpartition("/")[0]
        if follower is None or self.model.producer_name != "tf2onnx" or follower.op_type not in ACTIVATIONS:
            return layer
        if not scope or follower.name.rpartition("/")[0] != scope:
            return layer
        return replace(layer, returned=follower.output[0], channels_last=channels_last)

    def _follower(self, layer: GraphLayer) -> tuple[Any, bool]:
        """The only operator that takes what a layer gives, behind casts and transposing; None where there are several.

        With it, whether the channels come last there.
        """
        name, channels_last = layer.returned, layer.channels_last
        while len(followers := self.consumers.get(name, [])) == 1:
            (node,) = followers
            if node.op_type == "Transpose":
                order = next((list(one.ints) for one in node.attribute if one.name == "perm"), [0])
                channels_last = order[-1] == 1 and len(order) > 2
            elif node.op_type not in ("Cast", "Identity"):
                return node, channels_last
            name = node.output[0]
        return None, channels_last

    def is_matrix(self, constant: str) -> bool:
        """Whether a constant tensor has more than one axis that is longer than one."""
        return sum(side > 1 for side in self.shape(constant)) > 1

    def shape(self, constant: str) -> tuple[int, ...]:
        """The shape of a constant tensor where it is stored; that of what it is made of where it is computed."""
        if constant in self.initializers:
            return tuple(self.initializers[constant].dims)
        node = self.producers[constant]
        if node.op_type == "Constant":
            return np.shape(constant_value(node))
        return self.shape(node.input[0]) if node.input and node.input[0] else ()

    def roots(self, constants: Iterable[str]) -> list[str]:
        """The stored floating-point tensors of at least one axis of which constants are made, each once."""
        found: dict[str, None] = {}
        for constant in constants:
            for name in sorted(self.ancestors([constant])):
                stored = name in self.initializers or (name in self.producers and not self.producers[name].input)
                if stored and self.shape(name) and self.is_float(name):
                    found[name] = None
        return list(found)

    def is_float(self, stored: str) -> bool:
        """Whether a stored tensor holds floating-point numbers."""
        if stored in self.initializers:
            return self.initializers[stored].data_type in FLOATS
        value = constant_value(self.producers[stored])
        return bool(np.asarray(value).dtype.kind == "f")

    def ancestors(self, tensors: Sequence[str], without: str | None = None, *, through_shapes: bool = True) -> set[str]:
        """These tensors and all that they are computed from; not through the tensor `without`, nor shapes alone."""
        waiting, found = [name for name in tensors if name], set()
        while waiting:
            name = waiting.pop()
            if name in found or name == without:
                continue
            found.add(name)
            node = self.producers.get(name)
            if node is not None and (through_shapes or node.op_type not in SHAPES):
                waiting.extend(one for one in (*node.input, *captured(node)) if one)
        return found

    def integer_scale(self, layer: GraphLayer) -> str:
        """The constant by which the output of an integer operator is multiplied at last; empty where none is known."""
        name = layer.returned
        for _ in range(3):  # through a cast and a reshaping, at most
            node = next(iter(self.consumers.get(name, [])), None)
            if node is None:
                return ""
            if node.op_type == "Mul":
                other = next(one for one in node.input if one != name)
                product = self.producers.get(other)
                scales = [other] if product is None else [other, *product.input]
                return next((one for one in scales if one in self.constants), "")
            name = node.output[0]
        return ""

    def before_softmax(self, output: str) -> str:
        """What the softmax at the end was given, also behind reshaping, casting and clamping; else the output."""
        name = output
        while (node := self.producers.get(name)) is not None:
            if node.op_type in ("Softmax", "LogSoftmax"):
                return str(node.input[0])
            if node.op_type not in RESHAPING:
                break
            name = node.input[0]
        return output

    def is_raw(self, tensor: str) -> bool:
        """Whether a tensor is the network's input, reshaped at most."""
        while (node := self.producers.get(tensor)) is not None and node.op_type in (*RESHAPING, "Transpose"):
            tensor = node.input[0]
        return any(tensor == one.name for one in self.inputs)

    def part(self, outputs: Sequence[str]) -> Any:
        """A `ModelProto` of what these tensors need alone; they are its outputs."""
        needed = self.ancestors(outputs)
        whole, part = self.model, onnx.ModelProto()
        part.ir_version = whole.ir_version
        part.opset_import.extend(whole.opset_import)
        part.graph.name = whole.graph.name
        nodes = (*whole.graph.node, *self._floats)
        part.graph.node.extend(node for node in nodes if any(name in needed for name in node.output))
        part.graph.initializer.extend(tensor for name, tensor in self.initializers.items() if name in needed)
        part.graph.input.extend(one for one in self.inputs if one.name in needed)
        part.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(outputs))
        return part


def constant_value(node: Any) -> Any:
    """The value of a Constant operator."""
    attribute = node.attribute[0]
    value = onnx.helper.get_attribute_value(attribute)
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def captured(node: Any) -> list[str]:
    """The outer tensors that the inner graphs of an operator use."""
    graphs = [attribute.g for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH]
    return [name for graph in graphs for inner in graph.node for name in (*inner.input, *captured(inner)) if name]


def _drops(node: Any, constants: set[str]) -> bool:
    """Whether an operator is a dropout that is switched on."""
    return node.op_type == "Dropout" and len(node.input) > 2 and bool(node.input[2])
