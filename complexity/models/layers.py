"""Layers as they run: which one is the last, where its samples stand, and what else acts on the network's output."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, unknown_name

Array = NDArray[Any]
INPUT, OUTPUT = "input", "output"
FEATURES, LOGITS = "features", "logits"
FIRST_LAYER = "first layer"  # the output of the first dense or convolutional one
NAMED = 4  # names that a message lists at most
# Relative difference of outputs that rounding may make, between two passes or with another size of batches.
EQUAL, EQUAL_IN_HALF = 1e-4, 0.05


class Acts(IntEnum):
    """Whether a tensor acts on another: not at all, not by its gradient for these samples, or visibly."""

    NO = 0
    UNSEEN = 1
    YES = 2


@dataclass(frozen=True)
class LayerRun:
    """One run of a layer in a pass through the network.

    Attributes
    ----------
    name, kind : its path in the network, and its class.
    main : whether it is dense or convolutional, so that its input can be the features.
    given, returned : its first input and its output, tensors of the framework; None where they are no tensors.
    """

    name: str
    kind: str
    main: bool
    given: Any
    returned: Any


@dataclass(frozen=True)
class Trace:
    """A pass of a few samples through the network, with the runs of all its layers, in order.

    Attributes
    ----------
    output : the network's output, the one that is meant where it has several.
    runs : of the layers.
    parameters : the weights by name.
    connected : target, tensors -> whether each of the tensors acts on the target; None where that cannot be told.
    zeros : whether weights are zero, as those of residual branches before training: they keep layers from acting for
        now, so that what has a path acts.
    later, products : names of the weights that are used after the run that is cut off, and of those that are factors of
        a product, whatever their shape; as far as the framework tells.
    """

    output: Any
    runs: Sequence[LayerRun]
    parameters: Sequence[tuple[str, Any]] = ()
    connected: Callable[[Any, Sequence[Any]], list[Acts]] | None = None
    zeros: bool = False
    later: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """What is made of the output of a run.

    Attributes
    ----------
    position : of the run.
    how : "cut", its gradient is taken off; "direct", that of all runs that end before, too; "shift", it is moved by a
        random array.
    """

    position: int
    how: str = "cut"

    def shift(self, shape: tuple[int, ...], largest: float) -> Array:
        """The array by which an output of this shape is moved: up, down, and far enough to wake what is saturated.

        Parameters
        ----------
        largest : entry of the output.
        """
        random = np.random.default_rng(self.position)
        far = random.choice([-1, 1], shape) * 10 ** random.uniform(0, 3, shape)
        return np.asarray(far * (1 + largest), np.float32)


@dataclass(frozen=True)
class Place:
    """Where in a network values are taken.

    Attributes
    ----------
    layer, kind : the layer's name and class.
    end : its "input" or its "output".
    runs, run : how often the layer runs in a pass, and of which of these runs the values are.
    axis : of its tensor, along which the samples stand.
    fold : entries along this axis that belong to one sample.
    samples_first : whether those of one sample stand beside each other.
    """

    layer: str
    kind: str
    end: str
    runs: int
    axis: int = 0
    fold: int = 1
    samples_first: bool = True
    run: int = 0

    def rows(self, values: Array, samples: int) -> Array:
        """The layer's tensor as one row a sample: (samples, d)."""
        return self.by_sample(values, samples).reshape(samples, -1)

    def by_sample(self, values: Array, samples: int) -> Array:
        """The layer's tensor with the samples on the first axis, and on the second one what was folded into them."""
        values = np.moveaxis(values, self.axis, 0)
        if self.fold > 1:
            shape = (samples, self.fold) if self.samples_first else (self.fold, samples)
            values = values.reshape(*shape, *values.shape[1:])
            values = values if self.samples_first else values.swapaxes(0, 1)
        return values


@dataclass(frozen=True)
class Findings:
    """What a look at a few samples says of the layer that is taken.

    Attributes
    ----------
    place : where the values are taken.
    after : weights that act after the layer or past it.
    beside : whether earlier layers also act on the output past this one, as on the residual path of a network without
        a head.
    spread, batch_spread : largest difference of the output between two equal passes, and between a batch and a smaller
        one, over the largest entry; 0 where rounding can make it.
    raw : whether the layer is given the network's input itself.
    identity : the name of an Identity, in the place of a head, that gives the network's output; empty if there is none.
    precision : the type of the layer's numbers, "float16"; empty where it is not known.
    untold : whether no gradient says which layers and weights act on the output.
    left_out : outputs that are no part of the network.
    """

    place: Place
    after: tuple[str, ...] = ()
    beside: bool = False
    spread: float = 0.0
    batch_spread: float = 0.0
    raw: bool = False
    identity: str = ""
    precision: str = ""
    untold: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def details(self) -> dict[str, Any]:
        """What a measure says of the layer: its name, class and end, and what is unusual about it."""
        unusual = {
            "acts_after_layer": list(self.after),
            "acts_past_layer": self.beside,
            "spread_of_two_passes": self.spread,
            "spread_over_batch_sizes": self.batch_spread,
            "acting_layers_unknown": self.untold,
            "outputs_left_out": list(self.left_out),
        }
        place = {"layer_name": self.place.layer, "layer_kind": self.place.kind, "layer_end": self.place.end}
        place |= {"layer_precision": self.precision} if self.precision else {}
        return place | {name: value for name, value in unusual.items() if value}

    @property
    def doubts(self) -> list[str]:
        """Why values from this layer should not be trusted without a second look, a sentence each."""
        where = f"{self.place.layer} ({self.place.kind})"
        found = []
        if self.spread:
            found.append(f"two equal passes differ by {self.spread:.2g}: the network is random in evaluation mode")
        elif self.batch_spread:
            found.append(f"the output depends on the other samples of a batch (by {self.batch_spread:.2g})")
        if self.raw:
            found.append(f"the last dense or convolutional layer, {where}, is given the network's input itself")
        headless = ""
        if self.beside:
            headless = f"a part of its output does not pass through {where}"
        elif self.identity and not self.raw:
            headless = f"it ends with {self.identity}, an Identity, which is not given the output of {where}"
        if headless:
            found.append(f"the network has no head: {headless}; layer='logits' takes the output in place of features")
        if self.untold:
            found.append(f"no gradient reaches the output, so it is not known whether weights act after {where}")
        return found


def last_run(trace: Trace, model: str, moves: Callable[[int], bool]) -> tuple[int, bool]:
    """The last dense or convolutional run that acts on the output: its position, and whether a gradient says so.

    Parameters
    ----------
    moves : whether the network's output changes with that of the run at this position; asked where no gradient is seen.

    Raises
    ------
    InputError
        If none runs, or none of those that run acts on the output.
    """
    runs = [position for position, run in enumerate(trace.runs) if run.main]
    if not runs:
        raise InputError("no dense or convolutional layer runs", model=model, field="layers")
    acting = [Acts.NO] * len(runs)
    if trace.connected is not None:
        acting = trace.connected(trace.output, [trace.runs[position].returned for position in runs])
    for position, acts in reversed(list(zip(runs, acting, strict=True))):
        if acts == Acts.YES or (trace.zeros and acts == Acts.UNSEEN) or moves(position):
            return position, acts != Acts.NO
    raise InputError("no dense or convolutional layer acts on the output", model=model, field="layers")


def acting_past(trace: Trace, chosen: int, moves: Callable[[int], bool]) -> dict[str, bool]:
    """Weights that act on the output past the chosen run, whose output is cut off; whether they act on its input, too.

    Parameters
    ----------
    moves : see `last_run`.
    """
    if trace.connected is None:
        return {}
    tensors = [tensor for _, tensor in trace.parameters]
    found = [trace.connected(target, tensors) for target in (trace.output, trace.runs[chosen].given)]
    moving, past = functools.cache(moves), {}
    for (name, _), output, given in zip(trace.parameters, *found, strict=True):
        if output == Acts.UNSEEN and given != Acts.NO and name not in trace.later:
            output = Acts.NO  # on a path past the chosen run that leads nowhere
        elif output == Acts.UNSEEN:
            first = 0 if given == Acts.NO else chosen + 1
            others = [position for position in _runs_of(trace, name) if position >= first and position != chosen]
            output = Acts.YES if trace.zeros or not others or any(map(moving, others)) else Acts.NO
        if output != Acts.NO:
            past[name] = given != Acts.NO
    return past


def _runs_of(trace: Trace, weight: str) -> list[int]:
    """Positions of the runs of the innermost layer that holds a weight."""
    holding = [run.name for run in trace.runs if weight.startswith(f"{run.name}.")]
    innermost = max(holding, key=len, default=None)
    return [position for position, run in enumerate(trace.runs) if run.name == innermost]


def samples_axis(whole: Array, fewer: Array, samples: int, where: str, model: str) -> tuple[int, int, bool]:
    """Axis, fold and order of the samples in a layer's tensor, from a batch and from that without its last sample.

    Parameters
    ----------
    whole, fewer : the tensor of `samples` samples, and of one less.

    Raises
    ------
    InputError
        If no axis grows with the samples, or more than one does, or rows cannot be told apart.
    """
    problem, expected = "rows of the layer's tensor are no samples", f"an axis that grows with the {samples} samples"
    found = f"shapes {whole.shape} and, with one sample less, {fewer.shape}"
    error = InputError(problem, model=model, field=where, expected=expected, found=found)
    if whole.ndim != fewer.ndim or whole.ndim == 0:
        raise error
    grown = [axis for axis in range(whole.ndim) if whole.shape[axis] != fewer.shape[axis]]
    if len(grown) != 1:
        raise error
    (axis,) = grown
    fold, rest = divmod(whole.shape[axis], samples)
    if rest or fewer.shape[axis] != fold * (samples - 1):
        raise error
    if fold == 1:
        return axis, 1, True
    for samples_first in (True, False):
        place = Place("", "", INPUT, 1, axis, fold, samples_first)
        if np.allclose(place.rows(whole, samples)[:-1], place.rows(fewer, samples - 1), rtol=1e-3, atol=1e-6):
            return axis, fold, samples_first
    raise error


def difference(first: Array, second: Array) -> float:
    """The largest difference between two arrays, over the largest entry; infinite where their shapes differ."""
    if first.shape != second.shape:
        return float("inf")
    scale = float(np.max(np.abs(first), initial=0.0))
    with np.errstate(invalid="ignore"):
        gap = float(np.max(np.abs(first - second), initial=0.0))
    return gap / scale if scale > 0 and np.isfinite(gap) else gap


def parse(layer: str, names: Sequence[str], model: str) -> tuple[str, str]:
    """Name and end of "NAME" or "NAME:output".

    Raises
    ------
    InputError
        If no layer has this name; the nearest names are suggested.
    """
    name, colon, end = layer.rpartition(":")
    name, end = (name, end) if colon and end in (INPUT, OUTPUT) else (layer, INPUT)
    if name not in names:
        known = [FEATURES, LOGITS, *names]
        raise unknown_name("layer", name, known).at(model=model)
    return name, end


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
