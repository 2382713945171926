"""The layers that a model of the competition may have: arguments, names and shapes of weights, shape of the output."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from complexity.errors import InputError

from .arguments import (
    Check,
    activation,
    axis,
    boolean,
    choice,
    integer,
    layer_name,
    number,
    only,
    optional,
    pair,
    positive,
    without_effect,
)

Shape = tuple[int, ...]
Arguments = Mapping[str, Any]
# Arguments and input shape (both without the batch) to the weights' shapes by name, in Keras' order, and the output.
Shapes = Callable[[Arguments, Shape], tuple[dict[str, Shape], Shape]]


@dataclass(frozen=True)
class LayerKind:
    """What may be said of a layer of one class, and what follows from it.

    Attributes
    ----------
    arguments : for each argument the check of its value.
    required : the arguments without a default.
    shapes : (arguments, input shape) -> (shapes of the weights by name, in Keras' order; output shape).
    """

    arguments: Mapping[str, Check]
    required: tuple[str, ...]
    shapes: Shapes


def _dense(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    units = arguments["units"]
    return _with_bias(arguments, (shape[-1], units)), (*shape[:-1], units)


def _conv2d(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    height, width, channels = _image(shape)
    kernel, filters, groups = arguments["kernel_size"], arguments["filters"], arguments.get("groups", 1)
    strides, dilation = arguments.get("strides", (1, 1)), arguments.get("dilation_rate", (1, 1))
    if channels % groups or filters % groups:
        raise _misfit("groups that divide channels and filters", f"{groups} for {channels} channels, {filters} filters")
    if max(strides) > 1 and max(dilation) > 1:
        raise _misfit("strides or dilation_rate of 1", f"{strides} and {dilation}")
    window = tuple(rate * (side - 1) + 1 for rate, side in zip(dilation, kernel, strict=True))
    sides = _moved(arguments, (height, width), window, strides)
    return _with_bias(arguments, (*kernel, channels // groups, filters)), (*sides, filters)


def _pooling(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    height, width, channels = _image(shape)
    window = arguments.get("pool_size", (2, 2))
    return {}, (*_moved(arguments, (height, width), window, arguments.get("strides") or window), channels)


def _global_pooling(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    channels = _image(shape)[-1]
    return {}, (1, 1, channels) if arguments.get("keepdims", False) else (channels,)


def _flatten(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    return {}, (math.prod(shape),)


def _batch_normalization(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    position = arguments.get("axis", -1)
    index = position - 1 if position > 0 else position + len(shape)
    if position == 0 or not 0 <= index < len(shape):
        raise _misfit("an axis of the input, other than that of the batch", f"axis {position}")
    names = ["gamma"] * arguments.get("scale", True) + ["beta"] * arguments.get("center", True)
    return {name: (shape[index],) for name in (*names, "moving_mean", "moving_variance")}, shape


def _unchanged(arguments: Arguments, shape: Shape) -> tuple[dict[str, Shape], Shape]:
    return {}, shape


def _with_bias(arguments: Arguments, kernel: Shape) -> dict[str, Shape]:
    bias = {"bias": kernel[-1:]} if arguments.get("use_bias", True) else {}
    return {"kernel": kernel, **bias}


def _image(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise _misfit("an input (height, width, channels)", str(shape))
    return shape


def _moved(arguments: Arguments, sides: Shape, window: Shape, strides: Shape) -> list[int]:
    """The sides of the output of a window that moves over an image."""
    if arguments.get("padding", "valid") == "same":
        return [-(-side // stride) for side, stride in zip(sides, strides, strict=True)]
    if any(size > side for size, side in zip(window, sides, strict=True)):
        raise _misfit(f"a window no larger than the image {sides}", str(window))
    return [(side - size) // stride + 1 for side, size, stride in zip(sides, window, strides, strict=True)]


def _misfit(expected: str, found: str) -> InputError:
    return InputError("the layer does not fit its input", expected=expected, found=found)


def _weight_settings(*weights: str) -> dict[str, Check]:
    kinds = ("initializer", "regularizer", "constraint")
    return {f"{weight}_{kind}": without_effect for weight in weights for kind in kinds}


COMMON: dict[str, Check] = {
    "name": layer_name,
    "trainable": boolean,
    "dtype": only("float32", None),
    "batch_size": without_effect,
}
# Where Keras 2 kept the shape of the input: compared with that of the file, see `model_config`.
INPUT_SHAPES = ("batch_input_shape", "batch_shape", "input_shape", "input_dim")

_IMAGE: dict[str, Check] = {"data_format": optional(choice("channels_last"))}
_WINDOW: dict[str, Check] = {"strides": optional(pair), "padding": choice("valid", "same"), **_IMAGE}
_AFFINE: dict[str, Check] = {
    "activation": optional(activation),
    "use_bias": boolean,
    "activity_regularizer": without_effect,
    **_weight_settings("kernel", "bias"),
}
_NORMALIZATION: dict[str, Check] = {
    "axis": axis,
    "momentum": number(0, 1),
    "epsilon": number(0),
    "center": boolean,
    "scale": boolean,
    "moving_mean_initializer": without_effect,
    "moving_variance_initializer": without_effect,
    **_weight_settings("beta", "gamma"),
    # Of Keras 2: how the layer is computed or trained, not what it computes; anything else is another layer.
    "fused": without_effect,
    "synchronized": without_effect,
    "renorm": only(False, None),
    "renorm_clipping": only(None),
    "renorm_momentum": without_effect,
    "virtual_batch_size": only(None),
    "adjustment": only(None),
}
_POOLING = LayerKind({"pool_size": pair, **_WINDOW}, (), _pooling)

LAYERS: dict[str, LayerKind] = {
    "Dense": LayerKind({"units": positive, **_AFFINE}, ("units",), _dense),
    "Conv2D": LayerKind(
        {
            "filters": positive,
            "kernel_size": pair,
            "dilation_rate": pair,
            "groups": positive,
            **_WINDOW,
            "strides": pair,
            **_AFFINE,
        },
        ("filters", "kernel_size"),
        _conv2d,
    ),
    "MaxPooling2D": _POOLING,
    "AveragePooling2D": _POOLING,
    "GlobalAveragePooling2D": LayerKind({"keepdims": boolean, **_IMAGE}, (), _global_pooling),
    "Flatten": LayerKind(_IMAGE, (), _flatten),
    "Dropout": LayerKind(
        {"rate": number(0, 1), "seed": optional(integer), "noise_shape": only(None)}, ("rate",), _unchanged
    ),
    "BatchNormalization": LayerKind(_NORMALIZATION, (), _batch_normalization),
    "Activation": LayerKind({"activation": activation}, ("activation",), _unchanged),
    "ReLU": LayerKind(
        {"max_value": optional(number(0)), "negative_slope": number(0), "threshold": number(0)}, (), _unchanged
    ),
}
