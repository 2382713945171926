"""Gradients by TensorFlow, compiled once for a model and any number of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from .interface import Array, Forward, Seen, floating_point_tensors
from .tensorflow_convolution import gradients_by_convolution


class TensorFlowGradients:
    """Gradients of a network's logits.

    Compiled, since TensorFlow's eager gradient of a convolution with respect to its input also computes that with
    respect to its kernel.

    Parameters
    ----------
    forward : what is differentiated.
    layers : all layers, which `forward` runs.
    weights : the trainable `tf.Variable`s.
    shape : the shape of one sample.
    """

    def __init__(self, forward: Forward, layers: Sequence[Any], weights: Sequence[Any], shape: Sequence[int]) -> None:
        self.forward, self.layers, self.weights = forward, layers, weights
        inputs, labels = tf.TensorSpec((None, *shape), tf.float32), tf.TensorSpec((None,), tf.int64)
        # The bodies loop over no tensors, so there is nothing to convert.
        self._jacobians = tf.function(self._trace_jacobians, input_signature=[inputs], autograph=False)
        self._gradient = tf.function(self._trace_gradient, input_signature=[inputs, labels], autograph=False)

    def squared_jacobians(self, inputs: Array) -> Array:
        """(b, ...) -> (b, layers)."""
        return np.array(self._jacobians(tf.constant(inputs, tf.float32)))

    def loss_gradient(self, inputs: Array, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]:
        """(b, ...), (b,) -> (b, classes), gradient."""
        logits, gradient = self._gradient(tf.constant(inputs, tf.float32), tf.constant(labels, tf.int64))
        return np.array(logits), [np.array(part) for part in gradient]

    def _trace_jacobians(self, inputs: Any) -> Any:
        """One pass forward, then one pass backward a class through all layers at once."""
        tape = tf.GradientTape(persistent=True, watch_accessed_variables=False)
        with tape, gradients_by_convolution(self.layers):
            tape.watch(inputs)
            logits, seen = self._logits(inputs)
        tensors, rows, classes = floating_point_tensors(seen), tf.shape(inputs)[0], logits.shape[1]

        def add(number: Any, sums: Any) -> tuple[Any, Any]:
            one_hot = tf.broadcast_to(tf.one_hot(number, classes), tf.shape(logits))
            found = tape.gradient(logits, tensors, one_hot, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            flat = [tf.cast(tf.reshape(part, (rows, -1)), tf.float32) for part in found]
            return number + 1, sums + tf.stack([tf.reduce_mean(tf.square(part), axis=1) for part in flat], axis=1)

        start = tf.constant(0), tf.zeros((rows, len(tensors)))
        # One class at a time: the memory of one pass backward is enough.
        _, sums = tf.while_loop(lambda number, _: number < classes, add, start, parallel_iterations=1)
        return sums / classes

    def _trace_gradient(self, inputs: Any, labels: Any) -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            logits, _ = self._logits(inputs)
            loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradient = tape.gradient(loss, self.weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return logits, [tf.convert_to_tensor(part) for part in gradient]

    def _logits(self, inputs: Any) -> tuple[Any, Seen]:
        """Logits as float32 (b, classes), and what the layers were given."""
        logits, seen = self.forward(inputs)
        return tf.cast(tf.reshape(logits, (-1, math.prod(logits.shape[1:]))), tf.float32), seen
