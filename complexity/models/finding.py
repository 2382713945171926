"""Which layer of a network is meant, and where the samples stand in its tensors: found by a few passes.

On the first samples alone: two equal passes, one without the last sample, and gradients; where these do not tell, a
layer's output is moved, and the network's watched.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..errors import InputError
from .inputs import LOOKED_AT, Inputs, first_rows, kind_of, rows_of
from .layers import (
    EQUAL,
    EQUAL_IN_HALF,
    FEATURES,
    FIRST_LAYER,
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
from .tensors import precision_of, to_numpy


class LayerFinder:
    """A network of which passes can be watched.

    Attributes
    ----------
    name : how messages call the model.
    """

    name: str = "the model"
    _looks: dict[tuple[Any, ...], Findings]

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
        elif layer == FIRST_LAYER:
            position, told, end = self._first(trace), True, OUTPUT
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
        precision = precision_of(run.given if end == INPUT else run.returned)
        if layer != FEATURES:
            return Findings(place, after, beside, spread, batch_spread, precision=precision)
        chosen = first.runs[number]
        raw, identity = self._is_raw(few, chosen), self._identity_at_end(few, chosen, trace.runs[-1])
        return Findings(place, after, beside, spread, batch_spread, raw, identity, precision, not told)

    def _first(self, trace: Trace) -> int:
        """The position of the first run of a dense or convolutional layer."""
        position = next((at for at, run in enumerate(trace.runs) if run.main), None)
        if position is None:
            raise InputError("no dense or convolutional layer runs", model=self.name, field="layers")
        return position

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
            problem = f"{run.name} runs {times(runs)} for {samples} samples and {times(len(fewer.runs))} for one less"
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

    def _pass(self, inputs: Inputs, watch: str | None = None) -> Trace:
        """A pass without gradients: the output, softmax left out, and copies of what the watched layer was given."""
        raise self._lacks("forward passes")

    def _trace(self, inputs: Inputs, change: Change | None = None) -> Trace:
        """A pass with all layers' runs and, where the framework can, gradients; with a change in a run's output."""
        raise self._lacks("forward passes")

    def _lacks(self, ability: str) -> InputError:
        problem, expected = f"models of this kind have no {ability} here", "a Keras model or a torch.nn.Module"
        return InputError(problem, model=self.name, field=ability, expected=expected, found=type(self).__name__)


def times(count: int) -> str:
    """In words."""
    return "once" if count == 1 else f"{count} times"
