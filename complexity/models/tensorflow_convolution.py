"""A faster gradient of convolutions with respect to their input, on TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import tensorflow as tf

from .keras_layers import shadowed

OF_KERAS = ("keras", "tf_keras")


def gradients_by_convolution(layers: Sequence[Any]) -> AbstractContextManager[None]:
    """A context in which stride-1 "same" convolutions compute their input's gradient by a convolution.

    Such a gradient is itself a convolution, with the kernel turned around. On a CPU TensorFlow's own kernel for it
    (Conv2DBackpropInput) is 10 times slower than its convolution for 512 channels of 4 x 4, 2 times for 256 of 8 x 8.
    The gradient with respect to the kernel is lost: this is for Jacobians.
    """
    plain = {str(number): layer for number, layer in enumerate(layers) if _is_plain(layer)}
    return shadowed(plain, lambda layer: "convolution_op", _with_turned_gradient)


def _with_turned_gradient(_: str, layer: Any) -> Callable[[Any, Any], Any]:
    convolve = layer.convolution_op

    def convolution_op(inputs: Any, kernel: Any) -> Any:
        kernel = tf.convert_to_tensor(kernel)  # (height, width, input channels, filters)
        turned = tf.transpose(kernel[::-1, ::-1], (0, 1, 3, 2))

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def convolution(x: Any) -> Any:
            return convolve(x, kernel), lambda upstream: tf.nn.conv2d(upstream, turned, 1, "SAME")

        return convolution(inputs)

    return convolution_op


def _is_plain(layer: Any) -> bool:
    """Whether the layer is a two-dimensional convolution of Keras' own to which the turned kernel applies."""
    operation = getattr(layer, "convolution_op", None)
    return (
        operation is not None
        and operation.__module__.partition(".")[0] in OF_KERAS  # not overridden by a subclass
        and layer.rank == 2
        and layer.padding == "same"
        and layer.data_format == "channels_last"
        and (layer.groups, *layer.strides, *layer.dilation_rate) == (1,) * 5
        and all(size % 2 for size in layer.kernel_size)
    )
