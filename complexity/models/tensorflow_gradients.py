"""Gradients by TensorFlow, compiled once for a model and any number of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from .inputs import Inputs
from .interface import Forward
from .tensorflow_convolution import gradients_by_convolution
from .tensors import Array, Seen, Spot, floating_point_tensors


class TensorFlowGradients:
    """Gradients of a network's logits.

    Compiled, since TensorFlow's eager gradient of a convolution with respect to its input also computes that with
    respect to its kernel.

    Parameters
    ----------
    forward : what is differentiated.
    layers : all layers, which `forward` runs.
    weights, all_weights : the trainable `tf.Variable`s, and the frozen ones too.
    arrays : makes the arrays that the network takes of inputs.
    inputs : some that tell shapes and types.
    """

    def __init__(
        self,
        forward: Forward,
        layers: Sequence[Any],
        weights: Sequence[Any],
        all_weights: Sequence[Any],
        arrays: Callable[[Inputs], Any],
        inputs: Inputs,
    ) -> None:
        self.forward, self.layers, self.arrays = forward, layers, arrays
        self.weights, self.all_weights = weights, all_weights
        specifications = tf.nest.map_structure(_specification, arrays(inputs))
        labels = tf.TensorSpec((None,), tf.int64)
        # The bodies loop over no tensors, so there is nothing to convert.
        self._jacobians = tf.function(self._trace_jacobians, input_signature=[specifications], autograph=False)
        self._gradient = tf.function(self._trace_gradient, input_signature=[specifications, labels], autograph=False)

    def squared_jacobians(self, inputs: Inputs) -> Array:
        """(b, ...) -> (b, layers)."""
        return np.array(self._jacobians(self._tensors(inputs)))

    def loss_gradient(self, inputs: Inputs, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]:
        """(b, ...), (b,) -> (b, classes), gradient."""
        logits, gradient = self._gradient(self._tensors(inputs), tf.constant(labels, tf.int64))
        return np.array(logits), [np.array(part) for part in gradient]

    def _trace_jacobians(self, inputs: Any) -> Any:
        """One pass forward, then one pass backward a class through all layers at once."""
        tape = tf.GradientTape(persistent=True, watch_accessed_variables=False)
        with tape, gradients_by_convolution(self.layers):
            given = tf.nest.flatten(inputs)
            whole_numbers = not all(one.dtype.is_floating for one in given)
            # What follows whole numbers, such as an embedding of tokens, is reached from the weights alone.
            tape.watch([one for one in (*given, *(self.all_weights if whole_numbers else ())) if one.dtype.is_floating])
            logits, seen = self._logits(inputs)
        tensors, rows, classes = floating_point_tensors(seen), tf.shape(given[0])[0], logits.shape[1]
        if not tensors:
            return tf.zeros((rows, 0))

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

    def logit_gradients(self, inputs: Inputs, coefficients: Array, spot: Spot | None) -> list[Array] | None:
        """(b, ...), (b classes,) as the output has them -> gradients in the shapes of the inputs, or of the spot's.

        Not compiled: measures ask for them a few times a model, which takes less than tracing it.
        """
        tensors = self._tensors(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape, gradients_by_convolution(self.layers):
            given = tf.nest.flatten(tensors)
            tape.watch([one for one in given if one.dtype.is_floating])
            logits, seen = self._logits(tensors)
            target = tf.reduce_sum(tf.reshape(logits, (-1,)) * tf.constant(coefficients, tf.float32))
        targets = given if spot is None else [spot.tensor(seen)]
        if targets[0] is None:
            return None
        found = tape.gradient(target, targets, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [np.array(part) for part in found]

    def _tensors(self, inputs: Inputs) -> Any:
        return tf.nest.map_structure(tf.constant, self.arrays(inputs))

    def _logits(self, inputs: Any) -> tuple[Any, Seen]:
        """Logits as float32 (b, classes), and what the layers were given."""
        logits, seen = self.forward(inputs)
        return tf.cast(tf.reshape(logits, (-1, math.prod(logits.shape[1:]))), tf.float32), seen


def _specification(array: NDArray[Any]) -> Any:
    """Of any number of samples such as those of an array."""
    return tf.TensorSpec((None, *array.shape[1:]), array.dtype)
