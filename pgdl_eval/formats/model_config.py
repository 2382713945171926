"""config.json of a model: the layers it may have, their arguments, and the weights that follow from them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complexity.errors import InputError

Shape = tuple[int, ...]

COMMON = {"name", "dtype", "trainable"}
REGULARIZED = {f"{part}_{kind}" for part in ("kernel", "bias") for kind in ("initializer", "regularizer", "constraint")}
REGULARIZED |= {"activity_regularizer", "activation", "use_bias"}
POOLING = {"pool_size", "strides", "padding", "data_format"}
NORMALIZED = {f"{part}_{kind}" for part in ("beta", "gamma") for kind in ("initializer", "regularizer", "constraint")}
NORMALIZED |= {"moving_mean_initializer", "moving_variance_initializer", "axis", "momentum", "epsilon", "center", "scale"}

# The layers that a model may have, with the arguments that both Keras 2 and Keras 3 take.
ARGUMENTS: dict[str, set[str]] = {
    "Dense": {"units"} | REGULARIZED,
    "Conv2D": {"filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups"} | REGULARIZED,
    "MaxPooling2D": POOLING,
    "AveragePooling2D": POOLING,
    "GlobalAveragePooling2D": {"data_format", "keepdims"},
    "Flatten": {"data_format"},
    "Dropout": {"rate", "noise_shape", "seed"},
    "BatchNormalization": NORMALIZED,
    "Activation": {"activation"},
    "ReLU": {"max_value", "negative_slope", "threshold"},
}
# Arguments of older Keras versions that say nothing the loader does not know: the input's shape stands in the file.
WITHOUT_EFFECT = {"batch_input_shape", "input_shape", "input_dim", "fused", "renorm", "virtual_batch_size"}
REQUIRED = {"Dense": "units", "Conv2D": "filters", "Dropout": "rate", "Activation": "activation"}


@dataclass(frozen=True)
class LayerConfig:
    """One layer: the class of `keras.layers` and its arguments."""

    kind: str
    arguments: Mapping[str, Any]

    def get(self, argument: str, default: Any) -> Any:
        """The argument, or the default where the file leaves it out."""
        return self.arguments.get(argument, default)


@dataclass(frozen=True)
class ModelConfig:
    """The architecture of a model: layers in order, and the shape of one input."""

    input_shape: Shape
    layers: tuple[LayerConfig, ...]

    def weight_shapes(self) -> list[list[Shape]]:
        """For each layer the shapes of its weights, in Keras' order.

        Raises
        ------
        InputError
            If a layer does not fit the output of the one before it.
        """
        shape, found = self.input_shape, []
        for number, layer in enumerate(self.layers):
            try:
                weights, shape = SHAPES[layer.kind](layer, shape)
            except (ValueError, IndexError, TypeError) as error:
                place = f"layer {number} ({layer.kind})"
                raise InputError(f"the layer does not fit its input: {error}", field=place, found=shape) from error
            found.append(weights)
        return found


def read_model_config(path: Path) -> ModelConfig:
    """Read config.json.

    Raises
    ------
    InputError
        If the file is missing or no JSON, or a layer or argument is unknown.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise InputError(f"no JSON: {error}", file=path) from error
    try:
        return parse_model_config(content)
    except InputError as error:
        raise error.at(file=path) from error


def parse_model_config(content: Any) -> ModelConfig:
    """The architecture in the content of a config.json; errors as for `read_model_config`."""
    for name in ("model_config", "input_shape"):
        if not isinstance(content, dict) or not isinstance(content.get(name), list):
            raise InputError("the entry is missing or no list", field=name, expected="a list")
    shape = [_whole(size) for size in content["input_shape"]]
    if not shape or not all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in shape):
        raise InputError("no shape", field="input_shape", expected="positive whole numbers", found=shape)
    if not content["model_config"]:
        raise InputError("the model has no layers", field="model_config")
    layers = tuple(_layer(number, layer) for number, layer in enumerate(content["model_config"]))
    return ModelConfig(tuple(shape), layers)


def _layer(number: int, content: Any) -> LayerConfig:
    place = f"model_config[{number}]"
    kind = content.get("layer_name") if isinstance(content, dict) else None
    if not isinstance(kind, str):
        raise InputError("a layer without a name", field=f"{place}.layer_name", expected="a class of keras.layers")
    if kind not in ARGUMENTS:
        near = difflib.get_close_matches(kind, ARGUMENTS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"unknown layer {kind!r}{hint}", field=f"{place}.layer_name", expected=f"one of {', '.join(ARGUMENTS)}"
        )
    arguments = {name: _whole(value) for name, value in content.items() if name != "layer_name"}
    if kind == "ReLU" and "alpha" in arguments:
        arguments["negative_slope"] = arguments.pop("alpha")
    unknown = sorted(set(arguments) - ARGUMENTS[kind] - COMMON - WITHOUT_EFFECT)
    if unknown:
        raise InputError(
            f"unknown argument of {kind}", field=f"{place}.{unknown[0]}",
            expected=f"one of {', '.join(sorted(ARGUMENTS[kind]))}", found=unknown[0],
        )  # fmt: skip
    if kind in REQUIRED and REQUIRED[kind] not in arguments:
        raise InputError(f"{kind} lacks an argument", field=f"{place}.{REQUIRED[kind]}")
    if arguments.get("renorm"):
        raise InputError("batch renormalization is not supported", field=f"{place}.renorm", found=True)
    return LayerConfig(kind, {n: v for n, v in arguments.items() if n not in WITHOUT_EFFECT | {"name"}})


def _whole(value: Any) -> Any:
    """Floats that mean whole numbers as such, in lists too."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_whole(entry) for entry in value] if isinstance(value, list) else value


def _pair(value: Any) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    if first < 1 or second < 1:
        raise ValueError(f"sizes must be positive, found {value}")
    return first, second


def _dense(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    units = layer.get("units", 0)
    return [(shape[-1], units)] + [(units,)] * bool(layer.get("use_bias", True)), (*shape[:-1], units)


def _image(layer: LayerConfig, shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ValueError(f"expected an image (h, w, c), found {shape}")
    if layer.get("data_format", None) == "channels_first":
        return shape[1], shape[2], shape[0]
    return shape[0], shape[1], shape[2]


def _moved(layer: LayerConfig, sides: tuple[int, int], window: tuple[int, int], step: tuple[int, int]) -> list[int]:
    """The sides of the output of a window that moves over an image."""
    if layer.get("padding", "valid") == "same":
        return [-(-side // s) for side, s in zip(sides, step, strict=True)]
    out = [(side - w) // s + 1 for side, w, s in zip(sides, window, step, strict=True)]
    if min(out) < 1:
        raise ValueError(f"a window of {window} is larger than the image {sides}")
    return out


def _arranged(layer: LayerConfig, sides: list[int], channels: int) -> Shape:
    first = layer.get("data_format", None) == "channels_first"
    return (channels, *sides) if first else (*sides, channels)


def _conv2d(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    height, width, channels = _image(layer, shape)
    kernel, filters = _pair(layer.get("kernel_size", 1)), layer.get("filters", 0)
    dilation = _pair(layer.get("dilation_rate", 1))
    spread = (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1)
    sides = _moved(layer, (height, width), spread, _pair(layer.get("strides", 1)))
    weights = [(*kernel, channels // layer.get("groups", 1), filters)]
    return weights + [(filters,)] * bool(layer.get("use_bias", True)), _arranged(layer, sides, filters)


def _pooling(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    height, width, channels = _image(layer, shape)
    window = _pair(layer.get("pool_size", 2))
    sides = _moved(layer, (height, width), window, _pair(layer.get("strides", None) or window))
    return [], _arranged(layer, sides, channels)


def _global_pooling(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    channels = _image(layer, shape)[2]
    return [], _arranged(layer, [1, 1], channels) if layer.get("keepdims", False) else (channels,)


def _flatten(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    size = 1
    for side in shape:
        size *= side
    return [], (size,)


def _batch_normalization(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    axis = layer.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) else axis
    side = (None, *shape)[axis] if axis > 0 else shape[axis]
    if side is None:
        raise ValueError("axis 0 is the batch")
    return [(side,)] * (2 + bool(layer.get("center", True)) + bool(layer.get("scale", True))), shape


def _unchanged(layer: LayerConfig, shape: Shape) -> tuple[list[Shape], Shape]:
    return [], shape


SHAPES: dict[str, Callable[[LayerConfig, Shape], tuple[list[Shape], Shape]]] = {
    "Dense": _dense,
    "Conv2D": _conv2d,
    "MaxPooling2D": _pooling,
    "AveragePooling2D": _pooling,
    "GlobalAveragePooling2D": _global_pooling,
    "Flatten": _flatten,
    "Dropout": _unchanged,
    "BatchNormalization": _batch_normalization,
    "Activation": _unchanged,
    "ReLU": _unchanged,
}
