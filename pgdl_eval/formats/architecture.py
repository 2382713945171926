"""config.json: the layers of a model with their arguments, and the shape of its input."""

from __future__ import annotations

import difflib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complexity.errors import InputError

from .arguments import DROPPED, positive, whole
from .atomic import write_text
from .json_files import read_json
from .layers import COMMON, INPUT_SHAPES, LAYERS, Shape

# The deepest networks have a thousand layers, the largest of Keras' own a billion weights.
MOST_LAYERS, MOST_AXES, MOST_WEIGHTS, LARGEST_OUTPUT = 10_000, 8, 2**31, 2**28


@dataclass(frozen=True)
class LayerConfig:
    """One layer: its class in `keras.layers`, and the arguments that every Keras takes."""

    kind: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ModelConfig:
    """The architecture of a model: its layers in order, and the shape of one input without the batch."""

    input_shape: Shape
    layers: tuple[LayerConfig, ...]

    def weight_shapes(self) -> list[dict[str, Shape]]:
        """For each layer the shapes of its weights by name, in Keras' order.

        Raises
        ------
        InputError
            If a layer does not fit the output of the one before it.
        """
        return [weights for weights, _ in self._shapes()]

    def multiply_adds(self) -> int:
        """How many one sample takes in kernels: each entry once for every place of the output."""
        found = [(weights.get("kernel"), output) for weights, output in self._shapes()]
        return sum(math.prod(kernel) * math.prod(output[:-1]) for kernel, output in found if kernel)

    def _shapes(self) -> Iterator[tuple[dict[str, Shape], Shape]]:
        """For each layer the shapes of its weights, and of its output."""
        shape, total = self.input_shape, 0
        for number, layer in enumerate(self.layers):
            try:
                weights, shape = LAYERS[layer.kind].shapes(layer.arguments, shape)
                total += sum(map(math.prod, weights.values()))
                _check_sizes(total, shape)
            except InputError as error:
                raise error.at(field=f"model_config[{number}] ({layer.kind})") from error
            yield weights, shape


def read_model_config(path: Path) -> ModelConfig:
    """Read config.json.

    Raises
    ------
    InputError
        If the file is missing or no JSON, or a layer, an argument or its value is not supported, or the layers do not
        fit each other.
    """
    content = read_json(path)
    try:
        config = parse_model_config(content)
        config.weight_shapes()
    except InputError as error:
        raise error.at(file=path) from error
    return config


def write_model_config(path: Path, config: ModelConfig) -> None:
    """Write config.json as the competition's files have it."""
    layers = [{"layer_name": layer.kind, **layer.arguments} for layer in config.layers]
    content = {"model_config": layers, "input_shape": list(config.input_shape)}
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def parse_model_config(content: Any) -> ModelConfig:
    """The architecture in the content of a config.json; errors as for `read_model_config`."""
    for name in ("model_config", "input_shape"):
        value = content.get(name) if isinstance(content, dict) else None
        if not isinstance(value, list) or not value:
            raise InputError("the entry is missing or no list", field=name, expected="a list", found=repr(value))
    for name, most in (("model_config", MOST_LAYERS), ("input_shape", MOST_AXES)):
        if len(content[name]) > most:
            raise InputError("too many entries", field=name, expected=f"at most {most}", found=len(content[name]))
    try:
        input_shape = tuple(positive(size) for size in content["input_shape"])
        _check_sizes(0, input_shape)
    except InputError as error:
        raise error.at(field="input_shape") from error
    layers = tuple(_layer(number, layer, input_shape) for number, layer in enumerate(content["model_config"]))
    names = Counter(layer.arguments["name"] for layer in layers if "name" in layer.arguments)
    if names and names.most_common(1)[0][1] > 1:
        raise InputError("two layers have the same name", field="model_config", found=names.most_common(1)[0][0])
    return ModelConfig(input_shape, layers)


def _layer(number: int, content: Any, input_shape: Shape) -> LayerConfig:
    place = f"model_config[{number}]"
    kind = content.get("layer_name") if isinstance(content, dict) else None
    if not isinstance(kind, str) or kind not in LAYERS:
        near = difflib.get_close_matches(str(kind), LAYERS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        expected = f"one of {', '.join(LAYERS)}"
        raise InputError(f"unknown layer{hint}", field=f"{place}.layer_name", expected=expected, found=repr(kind))
    arguments = {}
    for name, value in content.items():
        try:
            if name in INPUT_SHAPES:
                _check_input_shape(name, value, input_shape if number == 0 else None)
            elif name != "layer_name" and (checked := _argument(kind, name, value)) is not DROPPED:
                arguments[name] = checked
        except InputError as error:
            raise error.at(field=f"{place}.{name}") from error
    for name in LAYERS[kind].required:
        if name not in arguments:
            raise InputError(f"{kind} lacks an argument", field=f"{place}.{name}")
    return LayerConfig(kind, arguments)


def _check_sizes(weights: int, output: Shape) -> None:
    """Hold all weights so far, and the output of a layer, against what a model may have."""
    if weights > MOST_WEIGHTS:
        raise InputError("too many weights", expected=f"at most {MOST_WEIGHTS}", found=weights)
    if math.prod(output) > LARGEST_OUTPUT:
        raise InputError("too large an output", expected=f"at most {LARGEST_OUTPUT} numbers a sample", found=output)


def _argument(kind: str, name: str, value: Any) -> Any:
    known = {**COMMON, **LAYERS[kind].arguments}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"unknown argument of {kind}{hint}", expected=f"one of {', '.join(sorted(known))}")
    return known[name](value)


def _check_input_shape(name: str, value: Any, expected: Shape | None) -> None:
    """Hold the first layer's own note of the input's shape against that of the file; later layers' mean nothing."""
    if expected is None or value is None:
        return
    found = [whole(size) for size in (value if isinstance(value, list) else [value])]
    sizes = tuple(found[1:] if name.startswith("batch") else found)
    if sizes != expected:
        raise InputError("another shape than input_shape", expected=expected, found=sizes)
