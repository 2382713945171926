"""A stored model as the measures see it: weights as its files hold them, forward passes by ONNX Runtime."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.models.inputs import LOOKED_AT, Inputs, first_rows
from complexity.models.interface import TrainedModel
from complexity.models.layers import FEATURES, FIRST_LAYER, INPUT, LOGITS, OUTPUT, Findings, LayerRun, Place, parse
from complexity.models.onnx_model import new_session
from complexity.models.tensors import Array, outputs_first
from complexity.timing import BUILDING, FORWARD, phase

from .formats.architecture import LayerConfig
from .formats.task import StoredModel
from .onnx_models import INPUT as GRAPH_INPUT
from .onnx_models import StoredGraph, Tensor, build_graph

MAIN = ("Dense", "Conv2D")
PASSING = ("Dropout", "Flatten")  # layers that change no value
FEW_MULTIPLY_ADDS = 1e8  # of a pass forward, up to which one thread is as fast as several, which wait for each other


class StoredNetwork(TrainedModel):
    """A stored model; its graph is written when a forward pass is first asked for.

    Values are those that Keras gives, to 3e-6 of the largest; layers have the names that Keras would give them.
    """

    def __init__(self, stored: StoredModel) -> None:
        self.stored, self.name = stored, stored.name
        self.layers = stored.config.layers
        self.names = layer_names(self.layers)
        self.main = [number for number, layer in enumerate(self.layers) if layer.kind in MAIN]
        self._sessions: dict[tuple[tuple[str, ...], int | None], Any] = {}
        if not self.main:
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="layers")

    def weights(self) -> list[Array]:
        return list(self.stored.weights)

    def kernels(self) -> list[Array]:
        names = [name for shapes in self.stored.config.weight_shapes() for name in shapes]
        return [array for name, array in zip(names, self.stored.weights, strict=True) if name == "kernel"]

    def oriented_kernels(self) -> list[Array]:
        return [outputs_first(kernel) for kernel in self.kernels()]

    def _stored_initial_weights(self) -> list[Array]:
        return list(self.stored.initial_weights or [])

    def declared_inputs(self) -> list[str]:
        return [str(tuple(self.stored.config.input_shape))]

    def values_at(self, layer: str, inputs: Inputs) -> Array:
        if layer == LOGITS:
            return self.logits(inputs)
        place = self.look(layer, inputs).place
        found = self.graph.layers[self.names.index(place.layer)]
        return _flat(self._values([found.given if place.end == INPUT else found.returned], inputs)[0])

    def logits(self, inputs: Inputs) -> Array:
        return _flat(self._values([self._logits], inputs)[0])

    def first_layer(self, inputs: Inputs) -> Array:
        return self._values([self.graph.layers[self.main[0]].returned], inputs)[0]

    def layer_runs(self, inputs: Inputs) -> list[LayerRun]:
        layers = self.graph.layers
        given = self._values([layer.given for layer in layers], first_rows(inputs, LOOKED_AT))
        returned = self._values([layer.returned for layer in layers], first_rows(inputs, LOOKED_AT))
        rows = zip(self.names, layers, given, returned, strict=True)
        return [LayerRun(name, layer.kind, layer.kind in MAIN, one, other) for name, layer, one, other in rows]

    def _look(self, layer: str, few: Inputs) -> Findings:
        """What the order of the layers says; nothing has to be run."""
        if layer == LOGITS:
            return Findings(Place("", "", OUTPUT, 0))
        if layer != FEATURES:
            first = f"{self.names[self.main[0]]}:{OUTPUT}"
            name, end = parse(first if layer == FIRST_LAYER else layer, self.names, self.name)
            return Findings(Place(name, self.layers[self.names.index(name)].kind, end, 1), precision="float32")
        last = self.main[-1]
        place = Place(self.names[last], self.layers[last].kind, INPUT, 1)
        later = zip(self.names[last + 1 :], self.stored.config.weight_shapes()[last + 1 :], strict=True)
        after = tuple(f"{name}.{weight}" for name, shapes in later for weight in shapes)
        return Findings(place, after, raw=self._is_raw_input(last), precision="float32")

    def _is_raw_input(self, last: int) -> bool:
        """Whether the last dense or convolutional layer is given the network's input, and others follow it."""
        before, behind = self.layers[:last], self.layers[last + 1 :]
        return all(one.kind in PASSING for one in before) and any(one.kind not in PASSING for one in behind)

    @cached_property
    def graph(self) -> StoredGraph:
        """The graph of the model."""
        with phase(BUILDING):
            return build_graph(self.stored.config, self.stored.weights)

    def _is_small(self, inputs: Array) -> bool:
        """Whether a pass over these inputs is too little work for several threads."""
        return len(inputs) * self._multiply_adds <= FEW_MULTIPLY_ADDS

    @cached_property
    def _multiply_adds(self) -> int:
        return self.stored.config.multiply_adds()

    @property
    def _logits(self) -> Tensor:
        """The output without its softmax."""
        for config, layer in zip(reversed(self.layers), reversed(self.graph.layers), strict=True):
            if config.arguments.get("activation") == "softmax":
                return layer.inactive if config.kind != "Activation" else layer.given
            if config.kind not in PASSING:
                break
        return self.graph.layers[-1].returned

    def _values(self, tensors: Sequence[Tensor], inputs: Inputs) -> list[Array]:
        """Tensors for a batch, channels last, in the samples' order."""
        shape = self.stored.config.input_shape
        if not isinstance(inputs, np.ndarray) or inputs.shape[1:] != shape:
            found = inputs.shape[1:] if isinstance(inputs, np.ndarray) else type(inputs).__name__
            problem, expected = "the model does not take these inputs", f"samples of shape {shape}"
            raise InputError(problem, model=self.name, field="inputs", expected=expected, found=found)
        array = np.ascontiguousarray(inputs, np.float32)
        names = tuple(dict.fromkeys(one.name for one in tensors if one.name != GRAPH_INPUT))
        found = {}
        if names:
            session = self._session(names, threads=1 if self._is_small(array) else None)
            with phase(FORWARD):
                found = dict(zip(names, session.run(list(names), {GRAPH_INPUT: array}), strict=True))
        found[GRAPH_INPUT] = array
        return [np.moveaxis(found[one.name], 1, -1) if one.moved else found[one.name] for one in tensors]

    def _session(self, names: tuple[str, ...], threads: int | None) -> Any:
        """What computes these tensors by so many threads."""
        key = (names, threads)
        if key not in self._sessions:
            with phase(BUILDING):
                self._sessions[key] = new_session(
                    self.graph.model(self.stored.config.input_shape, list(names)), threads
                )
        return self._sessions[key]


def layer_names(layers: Sequence[LayerConfig]) -> list[str]:
    """The names that Keras gives the layers of a model: their own, else the class in snake case with its number."""
    counts: Counter[str] = Counter()
    found = []
    for layer in layers:
        if "name" in layer.arguments:
            found.append(str(layer.arguments["name"]))
            continue
        words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", layer.kind)
        name = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
        found.append(f"{name}_{counts[name]}" if counts[name] else name)
        counts[name] += 1
    return found


def _flat(values: Array) -> Array:
    return values.reshape(len(values), math.prod(values.shape[1:]))
