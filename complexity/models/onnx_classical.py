"""The network in a graph that exporters of classical models write, as skl2onnx does for scikit-learn.

Beside the network's probabilities such a graph gives labels, or probabilities by label, with operators of ONNX's
extension for classical models, which are no network.
"""

from __future__ import annotations

from typing import Any

import onnx

from ..errors import InputError
from .layers import listed
from .onnx_files import CLASSICAL
from .onnx_graph import captured

SCALER, ZIP_MAP = "Scaler", "ZipMap"  # (x - offset) * scale; a dictionary of the same numbers for each row


def network_part(model: Any) -> tuple[Any, tuple[str, ...]]:
    """The part of a checked `ModelProto` that ONNX's own operators compute, and the names of the outputs left out.

    A ZipMap gives the numbers that it was given, and a Scaler stays. A model without the extension's operators is
    returned as it is.

    Raises
    ------
    InputError
        If every output depends on other operators of the extension, as those of trees and support vector machines do.
    """
    if not any(node.domain == CLASSICAL for node in model.graph.node):
        return model, ()
    part = onnx.ModelProto()
    part.CopyFrom(model)
    _give_numbers(part.graph)
    classical, operators = _classical(part.graph)
    kept = [one for one in part.graph.output if one.name not in classical]
    left_out = tuple(one.name for one in part.graph.output if one.name in classical)
    if not kept:
        problem = f"no network: every output is made by operators for classical models ({listed(operators)})"
        expected = "an output of ONNX's own operators, as of a scikit-learn MLPClassifier"
        raise InputError(problem, field=", ".join(left_out), expected=expected)
    _keep(part.graph, kept)
    return part, left_out


def _give_numbers(graph: Any) -> None:
    """Put an Identity in the place of each ZipMap, and a tensor's type in that of the dictionaries."""
    zipped = {node.output[0]: node for node in graph.node if (node.domain, node.op_type) == (CLASSICAL, ZIP_MAP)}
    for node in zipped.values():
        node.CopyFrom(onnx.helper.make_node("Identity", node.input, node.output, name=node.name))
    for one in graph.output:
        if one.type.HasField("sequence_type"):
            kind = one.type.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type
            one.CopyFrom(onnx.helper.make_tensor_value_info(one.name, kind, [None, None]))


def _classical(graph: Any) -> tuple[set[str], list[str]]:
    """The tensors that depend on the extension's operators, and which operators these are."""
    found: set[str] = set()
    operators: dict[str, None] = {}
    for node in graph.node:
        own = node.domain == CLASSICAL and node.op_type != SCALER
        if own:
            operators[node.op_type] = None
        if own or any(name in found for name in (*node.input, *captured(node))):
            found.update(name for name in node.output if name)
    return found, list(operators)


def _keep(graph: Any, outputs: list[Any]) -> None:
    """Leave in the graph what these outputs need alone."""
    needed, nodes = {one.name for one in outputs}, []
    for node in reversed(graph.node):
        if any(name in needed for name in node.output):
            needed.update((*node.input, *captured(node)))
            nodes.append(node)
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    for field, left in ((graph.output, outputs), (graph.node, nodes[::-1]), (graph.initializer, initializers)):
        copies = [type(one).FromString(one.SerializeToString()) for one in left]
        del field[:]
        field.extend(copies)
