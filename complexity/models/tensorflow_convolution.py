"""A faster gradient of convolutions with respect to their input, on TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import tensorflow as tf

OF_KERAS = ("keras", "tf_keras")


@contextmanager
def gradients_by_convolution(layers: Sequence[Any]) -> Iterator[None]:
    """While the context lasts, stride-1 "same" convolutions compute their input's gradient by a convolution.

    Such a gradient is itself a convolution, with the kernel turned around. On a CPU TensorFlow's own kernel for it
    (Conv2DBackpropInput) is 10 times slower than its convolution for 512 channels of 4 x 4, 2 times for 256 of 8 x 8.
    The gradient with respect to the kernel is lost: this is for Jacobians.
    """
    with ExitStack() as replaced:
        for layer in filter(_is_plain, layers):
            turned = _with_turned_gradient(layer.convolution_op)
            replaced.enter_context(patch.dict(vars(layer), convolution_op=turned))
        yield


def _with_turned_gradient(convolve: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
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
