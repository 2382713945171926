"""What the measures may ask of a trained network, whatever framework it was made with."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..progress import counted
from ..timing import FORWARD, phase
from .inputs import LOOKED_AT, Inputs, first_rows, kind_of, named_parts, rows_of
from .layers import (
    EQUAL,
    EQUAL_IN_HALF,
    FEATURES,
    INPUT,
    LOGITS,
    OUTPUT,
    Change,
    Findings,
    LayerRun,
    Place,
    Trace,
    acting_past,
    difference,
    last_run,
    listed,
    parse,
    samples_axis,
)

Array = NDArray[np.floating]
Seen = list[tuple[Any, Any]]  # each layer that ran, in order, with the framework's tensors that it was given
Forward = Callable[[Any], tuple[Any, Seen]]  # a tensor (b, ...) -> logits, and what all layers were given


class Gradients(Protocol):
    """What a framework computes by differentiation; see the methods of `TrainedModel` by these names."""

    def squared_jacobians(self, inputs: Inputs) -> Array: ...

    def loss_gradient(self, inputs: Inputs, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]: ...


class TrainedModel:
    """A trained network in evaluation mode; inputs and outputs are NumPy arrays.

    A framework gives what it can; what it lacks is an InputError that says so, and who has it.

    No method leaves a trace in the network: weights, batch statistics, training flags and hooks are afterwards what
    they were before, also after an exception. The exception is `replaced_weights`, and it ends with its context.

    Attributes
    ----------
    name : how messages call the model.
    output : which output is meant where there are several: its name or position.
    """

    name: str = "the model"
    output: str | int | None = None
    _looks: dict[tuple[Any, ...], Findings]

    def features(self, inputs: Inputs) -> Array:
        """The input of the last dense or convolutional layer, one row a sample: (b, ...) -> (b, d)."""
        return self.values_at(FEATURES, inputs)

    def values_at(self, layer: str, inputs: Inputs) -> Array:
        """The values at a layer, one row a sample: (b, ...) -> (b, d).

        Parameters
        ----------
        layer : "features", "logits", "NAME" for the input of the layer of this name, or "NAME:output".

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
            problem = (
                f"{place.layer} runs {_times(place.runs)} for the first samples and {_times(len(runs))} for others"
            )
            expected = "a layer that runs equally often for all of them, by layer=NAME"
            raise InputError(
                f"{problem}: which layers run depends on the samples", model=self.name, field="layer", expected=expected
            )
        run = runs[place.run]
        values = run.given if place.end == INPUT else run.returned
        return place.rows(to_numpy(values), samples)

    def look(self, layer: str, inputs: Inputs) -> Findings:
        """Where a layer's values are, found on the first `LOOKED_AT` of these samples, once for samples of a kind.

        Raises
        ------
        InputError
            If no such layer runs, weights act after the last one, or its rows are no samples.
        """
        if "_looks" not in vars(self):
            self._looks = {}
        key = (layer, kind_of(inputs))
        if key not in self._looks:
            self._looks[key] = self._look(layer, first_rows(inputs, LOOKED_AT))
        return self._looks[key]

    def _look(self, layer: str, few: Inputs) -> Findings:
        if layer == LOGITS:
            return Findings(self._output_rows(few))
        trace = self._trace(few)
        if layer == FEATURES:
            position, told = last_run(trace, self.name, functools.partial(self._moves, few, trace))
            end = INPUT
        else:
            name, end = parse(layer, list(dict.fromkeys(run.name for run in trace.runs)), self.name)
            position, told = max(at for at, run in enumerate(trace.runs) if run.name == name), True
        run = trace.runs[position]
        after, beside = self._past(few, position) if layer == FEATURES else ((), False)
        first, again = self._pass(few, run.name), self._pass(few, run.name)
        number = sum(one.name == run.name for one in trace.runs[:position])
        place, batch_spread = self._rows(few, run, end, first, number)
        least = EQUAL_IN_HALF if "16" in str(first.output.dtype) else EQUAL
        spread = difference(to_numpy(first.output), to_numpy(again.output))
        spread, batch_spread = (one if one > least else 0.0 for one in (spread, batch_spread))
        precision = _precision(run.given if end == INPUT else run.returned)
        if layer != FEATURES:
            return Findings(place, after, beside, spread, batch_spread, precision=precision)
        chosen = first.runs[number]
        raw, identity = self._is_raw(few, chosen), self._identity_at_end(few, chosen, trace.runs[-1])
        return Findings(place, after, beside, spread, batch_spread, raw, identity, precision, not told)

    def _past(self, few: Inputs, position: int) -> tuple[tuple[str, ...], bool]:
        """Weights that act after the chosen run alone, and whether earlier ones act past it.

        Raises
        ------
        InputError
            If weight matrices are among the first.
        """
        cut = self._trace(few, Change(position))
        past = acting_past(cut, position, functools.partial(self._moves, few, cut))
        run, later = cut.runs[position], self._later(few, position, cut)
        # Its own weights act past it by another of its runs, unless they are used later.
        beside = {name for name, given in past.items() if given or name.startswith(f"{run.name}.")} - later
        after = tuple(name for name in past if name not in beside)
        shapes = {name: tuple(tensor.shape) for name, tensor in cut.parameters}
        matrices = [name for name in after if sum(side > 1 for side in shapes[name]) > 1 or name in cut.products]
        if matrices:
            acting = f"weights act after or beside {run.name}, the last dense or convolutional layer"
            problem = f"{acting}: {listed(matrices)}; name the layer whose input is meant by layer=NAME"
            raise InputError(problem, model=self.name, field="layer", found=f"{run.name} ({run.kind})")
        return after, bool(beside)

    def _later(self, few: Inputs, position: int, cut: Trace) -> frozenset[str]:
        """Names of weights that are used after the run at this position, as far as it can be told."""
        return cut.later

    def _moves(self, few: Inputs, trace: Trace, position: int) -> bool:
        """Whether the network's output is another one where that of the run at this position is."""
        moved, output = (to_numpy(one) for one in (self._trace(few, Change(position, "shift")).output, trace.output))
        return not np.array_equal(moved, output, equal_nan=True)

    def _rows(self, few: Inputs, run: LayerRun, end: str, whole: Trace, number: int = 0) -> tuple[Place, float]:
        """Where the samples stand in the layer's tensor, and how far the output depends on the size of the batch."""
        samples, runs = rows_of(few), len(whole.runs)
        if samples < 2:
            return Place(run.name, run.kind, end, runs, run=number), 0.0
        fewer = self._pass(first_rows(few, samples - 1), run.name)
        if len(fewer.runs) != runs:
            problem = f"{run.name} runs {_times(runs)} for {samples} samples and {_times(len(fewer.runs))} for one less"
            raise InputError(problem, model=self.name, field="layer", expected="another layer, by layer=NAME")
        tensors = [one.runs[number].given if end == INPUT else one.runs[number].returned for one in (whole, fewer)]
        if any(tensor is None for tensor in tensors):
            raise InputError(f"the {end} of {run.name} is no tensor", model=self.name, field="layer", found=run.kind)
        values = [to_numpy(tensor) for tensor in tensors]
        axis, fold, samples_first = samples_axis(values[0], values[1], samples, f"{end} of {run.name}", self.name)
        outputs = [to_numpy(one.output) for one in (whole, fewer)]
        comparable = outputs[0].shape[1:] == outputs[1].shape[1:] and len(outputs[0]) == samples
        spread = difference(outputs[0][:-1], outputs[1]) if comparable else 0.0
        return Place(run.name, run.kind, end, runs, axis, fold, samples_first, number), spread

    def _output_rows(self, few: Inputs) -> Place:
        """Where the samples stand in the network's output."""
        samples = rows_of(few)
        if samples < 2:
            return Place("", "", OUTPUT, 0)
        whole, fewer = (to_numpy(self._pass(first_rows(few, count)).output) for count in (samples, samples - 1))
        return Place("", "", OUTPUT, 0, *samples_axis(whole, fewer, samples, "output", self.name))

    def _is_raw(self, few: Inputs, run: LayerRun) -> bool:
        """Whether the layer is given the network's input itself, and the network's output is not the layer's."""
        if not isinstance(few, np.ndarray) or run.given is None:
            return False
        given = to_numpy(run.given).reshape(-1)
        same = given.size == few.size and np.array_equal(given, few.reshape(-1).astype(given.dtype))
        return same and not self._gives_output(few, run)

    def _identity_at_end(self, few: Inputs, run: LayerRun, last: LayerRun) -> str:
        """The name of the last run, if it is an Identity that gives the network's output, and not that of the layer."""
        if last.kind != "Identity" or self._gives_output(few, run):
            return ""
        return last.name if self._gives_output(few, self._pass(few, last.name).runs[-1]) else ""

    def _gives_output(self, few: Inputs, run: LayerRun) -> bool:
        """Whether the network's output, softmax left out, holds the same numbers in the same order as a layer's."""
        if run.returned is None:
            return False
        returned, output = (to_numpy(one).reshape(-1) for one in (run.returned, self._pass(few).output))
        return returned.size == output.size and bool(np.allclose(returned, output))

    def layer_runs(self, inputs: Inputs) -> list[LayerRun]:
        """All layers that run, in order, on a few samples: without their tensors' gradients."""
        return list(self._trace(first_rows(inputs, LOOKED_AT)).runs)

    def first_layer(self, inputs: Inputs) -> Array:
        """The output of the first dense or convolutional layer: (b, ...) -> (b, ...), maps as (b, h, w, channels).

        With the layer's own activation where the framework makes that a part of it, as Keras does.
        """
        name = next((run.name for run in self._trace(first_rows(inputs, 1)).runs if run.main), None)
        if name is None:
            raise InputError("no dense or convolutional layer runs", model=self.name, field="layers")
        return self._channels_last(name, to_numpy(self._pass(inputs, name).runs[0].returned))

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
            If the framework gives no gradients here, or no layer is given a floating point tensor.
        """
        with phase(FORWARD):
            found = self._gradients(inputs).squared_jacobians(inputs)
        if not found.shape[1]:
            problem = "no layer is given numbers by which the output could be differentiated"
            names = ", ".join(f"{name} {part.dtype}" for name, part in named_parts(inputs))
            raise InputError(problem, model=self.name, field="inputs", expected="floating point inputs", found=names)
        return found

    def integer_inputs(self, inputs: Inputs) -> list[str]:
        """The inputs, by name, that the network takes as whole numbers, such as the numbers of tokens."""
        return []

    def loss_gradient(self, inputs: Inputs, labels: NDArray[np.integer]) -> tuple[Array, list[Array]]:
        """Logits (b, classes), and the gradient of the summed cross-entropy in the order of `trainable_weights`.

        Raises
        ------
        InputError
            If the framework gives no gradients here.
        """
        with phase(FORWARD):
            return self._gradients(inputs).loss_gradient(inputs, labels)

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

    @contextmanager
    def replaced_weights(self) -> Iterator[Callable[[Sequence[Array]], None]]:
        """A function that sets the trainable weights while the context lasts; then they are again what they were."""
        before = self.trainable_weights()
        try:
            yield self._set_trainable_weights
        finally:
            self._set_trainable_weights(before)

    def _pass(self, inputs: Inputs, watch: str | None = None) -> Trace:
        """A pass without gradients: the output, softmax left out, and copies of what the watched layer was given."""
        raise self._lacks("forward passes")

    def _trace(self, inputs: Inputs, change: Change | None = None) -> Trace:
        """A pass with all layers' runs and, where the framework can, gradients; with a change in a run's output."""
        raise self._lacks("forward passes")

    def _channels_last(self, name: str, output: Array) -> Array:
        """The output of a layer with the channels of maps on the last axis."""
        return output

    def _gradients(self, inputs: Inputs) -> Gradients:
        """The framework's gradients for samples of this kind."""
        raise self._lacks("gradients")

    def _stored_initial_weights(self) -> list[Array]:
        """Copies of what the model carries as its initial weights; empty if nothing."""
        return []

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        raise self._lacks("a way to set weights")

    def _lacks(self, ability: str) -> InputError:
        problem, expected = f"models of this kind have no {ability} here", "a Keras model or a torch.nn.Module"
        return InputError(problem, model=self.name, field=ability, expected=expected, found=type(self).__name__)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _precision(tensor: Any) -> str:
    """The type of a tensor's numbers by the name that NumPy gives it, or would give it: "bfloat16"."""
    kind = getattr(tensor, "dtype", "")
    return str(getattr(kind, "name", kind)).removeprefix("torch.")


def to_numpy(tensor: Any) -> Array:
    """A copy as float32 or float64 of an array, a TensorFlow tensor, or a PyTorch tensor on any device."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor.float() if tensor.element_size() < 4 else tensor  # NumPy has no bfloat16
    array = np.asarray(tensor)
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def floating_point_tensors(seen: Seen) -> list[Any]:
    """The tensors that the layers were given, one after the other, without indices and masks."""
    tensors = [tensor for _, given in seen for tensor in tensors_in(given)]
    return [tensor for tensor in tensors if "float" in str(tensor.dtype)]


def tensors_in(given: Any) -> list[Any]:
    """The tensors of a framework in lists, tuples and mappings."""
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        return [tensor for part in given for tensor in tensors_in(part)]
    return [given] if hasattr(given, "dtype") and hasattr(given, "shape") else []


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
