"""What the measures may ask of a trained network, whatever framework it was made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..progress import counted
from ..timing import FORWARD, phase
from .finding import LayerFinder, times
from .inputs import LOOKED_AT, Inputs, first_rows, named_parts, rows_of
from .layers import (
    FEATURES,
    FIRST_LAYER,
    INPUT,
    LOGITS,
    OUTPUT,
    LayerRun,
)
from .tensors import Array, Seen, Spot, to_numpy

Forward = Callable[[Any], tuple[Any, Seen]]  # a tensor (b, ...) -> logits, and what all layers were given


class Gradients(Protocol):
    """What a framework computes by differentiation; see the methods of `TrainedModel` by these names."""

    def squared_jacobians(self, inputs: Inputs) -> Array: ...

    def loss_gradient(self, inputs: Inputs, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]: ...

    def logit_gradients(self, inputs: Inputs, coefficients: Array, spot: Spot | None) -> list[Array] | None: ...


class TrainedModel(LayerFinder):
    """A trained network in evaluation mode; inputs and outputs are NumPy arrays.

    A framework gives what it can; what it lacks is an InputError that says so, and who has it.

    No method leaves a trace in the network: weights, batch statistics, training flags and hooks are afterwards what
    they were before, also after an exception. The exception is `replaced_weights`, and it ends with its context.

    Attributes
    ----------
    output : which output is meant where there are several: its name or position.
    left_out : outputs that are no part of the network, as labels made of its probabilities.
    """

    output: str | int | None = None
    left_out: tuple[str, ...] = ()

    def features(self, inputs: Inputs) -> Array:
        """The input of the last dense or convolutional layer, one row a sample: (b, ...) -> (b, d)."""
        return self.values_at(FEATURES, inputs)

    def values_at(self, layer: str, inputs: Inputs) -> Array:
        """The values at a layer, one row a sample: (b, ...) -> (b, d).

        Parameters
        ----------
        layer : "features", "logits", "first layer" for the output of the first dense or convolutional one (see
            `first_layer`), "NAME" for the input of the layer of this name, or "NAME:output".

        Raises
        ------
        InputError
            For another layer, or one that runs another number of times than for the first samples.
        """
        if layer == LOGITS:
            return self.logits(inputs)
        place, samples = self.look(layer, inputs).place, rows_of(inputs)
        runs = self._pass(inputs, place.layer).runs
        if len(runs) != place.runs:
            problem = f"{place.layer} runs {times(place.runs)} for the first samples and {times(len(runs))} for others"
            expected = "a layer that runs equally often for all of them, by layer=NAME"
            raise InputError(
                f"{problem}: which layers run depends on the samples", model=self.name, field="layer", expected=expected
            )
        run = runs[place.run]
        values = run.given if place.end == INPUT else run.returned
        return place.rows(to_numpy(values), samples)

    def layer_runs(self, inputs: Inputs) -> list[LayerRun]:
        """All layers that run, in order, on a few samples: without their tensors' gradients."""
        return list(self._trace(first_rows(inputs, LOOKED_AT)).runs)

    def first_layer(self, inputs: Inputs) -> Array:
        """The output of the first dense or convolutional layer: (b, ...) -> (b, ...), maps as (b, h, w, channels).

        What the network folds into the samples' axis, as the steps of a sequence, is on an axis of its own.
        With the layer's own activation where the framework makes that a part of it, as Keras does.
        """
        place = self.look(FIRST_LAYER, inputs).place
        output = to_numpy(self._pass(inputs, place.layer).runs[place.run].returned)
        return place.by_sample(self._channels_last(place.layer, output), rows_of(inputs))

    def logits(self, inputs: Inputs) -> Array:
        """The output of the network, flattened: (b, ...) -> (b, classes).

        A softmax is left out, also where it is followed by reshaping, casting or clamping; a network that applies it
        otherwise gives its probabilities.

        Raises
        ------
        InputError
            If the rows of the output are no samples.
        """
        place = self.look(LOGITS, inputs).place
        return place.rows(to_numpy(self._pass(inputs).output), rows_of(inputs))

    def squared_jacobians(self, inputs: Inputs) -> Array:
        """Mean squared entry of the Jacobian of a sample's logits in each layer's input: (b, ...) -> (b, layers).

        Every run of a layer counts, in the order of running, and every tensor that it is given; tensors that are not
        floating point are passed over.

        Raises
        ------
        InputError
            If the framework gives no gradients here, the output does not hold one sample after the other, or no layer
            is given a floating point tensor.
        """
        gradients = self._gradients_by_sample(inputs)
        with phase(FORWARD):
            found = gradients.squared_jacobians(inputs)
        if not found.shape[1]:
            problem = "no layer is given numbers by which the output could be differentiated"
            names = ", ".join(f"{name} {part.dtype}" for name, part in named_parts(inputs))
            raise InputError(problem, model=self.name, field="inputs", expected="floating point inputs", found=names)
        return found

    def logit_gradients(self, inputs: Inputs, coefficients: Array, layer: str | None = None) -> Array:
        """Gradients of a weighted sum of each sample's logits, one row a sample: (b, ...) -> (b, d).

        Parameters
        ----------
        coefficients : (b, classes), the weight of each logit in the sum.
        layer : with respect to the values there, "features", "NAME" or "NAME:output" as for `values_at`; None for the
            network's inputs, several of them flattened side by side.

        Raises
        ------
        InputError
            If the framework gives no gradients here, the inputs are whole numbers, or no floating point values are at
            the layer.
        """
        place = None if layer is None else self.look(layer, inputs).place
        spot = None if place is None else Spot(self._layer_object(place.layer), place.end == OUTPUT, place.run)
        if spot is None and (left_out := self.integer_inputs(inputs)):
            problem = "whole numbers have no derivative"
            raise InputError(problem, model=self.name, field="inputs", expected="floating point inputs", found=left_out)
        with phase(FORWARD):
            found = self._gradients(inputs).logit_gradients(inputs, self._as_output(inputs, coefficients), spot)
        if found is None:
            problem = "the layer is given and returns no floating point numbers of which gradients could be had"
            raise InputError(problem, model=self.name, field="layer", found=layer)
        samples = rows_of(inputs)
        if place is not None:
            return place.rows(found[0], samples)
        return np.concatenate([part.reshape(samples, -1) for part in found], axis=1)

    def _gradients_by_sample(self, inputs: Inputs) -> Gradients:
        """The framework's gradients, of an output that holds one sample after the other."""
        gradients = self._gradients(inputs)
        place = self.look(LOGITS, inputs).place
        if place.axis or (place.fold > 1 and not place.samples_first):
            problem, expected = "gradients are not taken of such an output", "the samples one after the other on axis 0"
            where = f"samples along axis {place.axis}" + (f", {place.fold} times over" if place.fold > 1 else "")
            raise InputError(problem, model=self.name, field="output", expected=expected, found=where)
        return gradients

    def _as_output(self, inputs: Inputs, coefficients: Array) -> Array:
        """One number a logit, (b, classes), in the order of the entries of the output's tensor: (b classes,)."""
        place, flat = self.look(LOGITS, inputs).place, np.array(coefficients, np.float32).reshape(-1)
        if place.axis or place.fold > 1:
            shape = to_numpy(self._pass(inputs).output).shape
            flat[place.rows(np.arange(len(flat)).reshape(shape), rows_of(inputs)).reshape(-1)] = flat.copy()
        return flat

    def declared_inputs(self) -> list[str]:
        """The inputs that the network declares, each with the shape of a sample; empty where it declares none."""
        return []

    def integer_inputs(self, inputs: Inputs) -> list[str]:
        """The inputs, by name, that the network takes as whole numbers, such as the numbers of tokens."""
        return []

    def loss_gradient(self, inputs: Inputs, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]:
        """Logits (b, classes), and the gradient of the summed cross-entropy in the order of `trainable_weights`.

        Raises
        ------
        InputError
            If the framework gives no gradients here, or the output does not hold one sample after the other.
        """
        gradients = self._gradients_by_sample(inputs)
        with phase(FORWARD):
            return gradients.loss_gradient(inputs, labels)

    def weights(self) -> list[Array]:
        """Copies of all weights, those of normalization statistics included, in the framework's order."""
        raise self._lacks("weights")

    def trainable_weights(self) -> list[Array]:
        """Copies of the weights that training changes: no statistics, nothing frozen."""
        raise self._lacks("trainable weights")

    def initial_weights(self) -> list[Array]:
        """The weights before training, in the order of `weights`.

        Raises
        ------
        InputError
            If the model does not carry them, or if number or shapes differ from those of the trained ones.
        """
        arrays = self._stored_initial_weights()
        if not arrays:
            raise InputError(
                "the model carries no initial weights",
                model=self.name,
                field="initial_weights",
                expected="the weights before training (weights_init.hdf5 in a task folder)",
            )
        shapes, expected = [a.shape for a in arrays], [w.shape for w in self.weights()]
        if shapes != expected:
            raise InputError(
                "the initial weights do not fit the trained ones",
                model=self.name,
                field="initial_weights",
                expected=expected,
                found=shapes,
            )
        return arrays

    def kernels(self) -> list[Array]:
        """Copies of the weight matrices and filters of the dense and convolutional layers."""
        raise self._lacks("kernels")

    def oriented_kernels(self) -> list[Array]:
        """The kernels with the axis of outputs first, then that of inputs, then those of a filter's window.

        Layers that transpose have theirs the other way round in some frameworks.
        """
        return self.kernels()

    @contextmanager
    def replaced_weights(self) -> Iterator[Callable[[Sequence[Array]], None]]:
        """A function that sets the trainable weights while the context lasts; then they are again what they were."""
        before = self.trainable_weights()
        try:
            yield self._set_trainable_weights
        finally:
            self._set_trainable_weights(before)

    def _channels_last(self, name: str, output: Array) -> Array:
        """The output of a layer with the channels of maps on the last axis."""
        return output

    def _layer_object(self, name: str) -> Any:
        """The framework's layer of this name."""
        raise self._lacks("gradients")

    def _gradients(self, inputs: Inputs) -> Gradients:
        """The framework's gradients for samples of this kind."""
        raise self._lacks("gradients")

    def _stored_initial_weights(self) -> list[Array]:
        """Copies of what the model carries as its initial weights; empty if nothing."""
        return []

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        raise self._lacks("a way to set weights")


def batches(rows: int, size: int) -> Iterator[slice]:
    """Slices that cover range(rows) in order, each of at most `size` rows.

    Raises
    ------
    InputError
        For a size below 1.
    """
    if size < 1:
        raise InputError("bad setting", field="batch_size", expected="at least 1", found=size)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def counted_batches(rows: int, size: int) -> Iterator[slice]:
    """The slices of `batches`, counted for whoever watches the call's progress."""
    return counted(batches(rows, size), "batches", -(-rows // max(1, size)))
