"""The inputs of a network: an array, or several in a mapping or tuple, taken apart by rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

Inputs = Any  # an array (n, ...), or a mapping or tuple of such arrays for a network with several inputs
LOOKED_AT = 4  # samples by which a network is looked at


def rows_of(inputs: Inputs) -> int:
    """How many samples the inputs hold."""
    return len(next(iter(parts_of(inputs))))


def parts_of(inputs: Inputs) -> list[NDArray[Any]]:
    """The arrays of the inputs, in order."""
    if isinstance(inputs, Mapping):
        return list(inputs.values())
    return list(inputs) if isinstance(inputs, tuple) else [inputs]


def named_parts(inputs: Inputs) -> list[tuple[str, NDArray[Any]]]:
    """The arrays of the inputs with the names that messages give them."""
    if isinstance(inputs, Mapping):
        return [(f"inputs[{name!r}]", part) for name, part in inputs.items()]
    if isinstance(inputs, tuple):
        return [(f"inputs[{place}]", part) for place, part in enumerate(inputs)]
    return [("inputs", inputs)]


def map_parts(function: Callable[[Any], Any], inputs: Inputs) -> Inputs:
    """The inputs with a function of each of their arrays in its place."""
    if isinstance(inputs, Mapping):
        return {name: function(part) for name, part in inputs.items()}
    return tuple(map(function, inputs)) if isinstance(inputs, tuple) else function(inputs)


def take(inputs: Inputs, rows: slice) -> Inputs:
    """These rows of the inputs."""
    return map_parts(lambda part: part[rows], inputs)


def first_rows(inputs: Inputs, rows: int) -> Inputs:
    """The first rows of the inputs."""
    return take(inputs, slice(0, rows))


def channel_hint(shape: tuple[int, ...], expected: Sequence[int | None]) -> str:
    """What to write where samples of this shape lack the axis of their one channel, or have their channels elsewhere.

    Empty where that is not it.
    """
    if len(expected) == len(shape) > 2 and not fits(shape, expected):
        to_front, to_end = (len(shape) - 1, *range(len(shape) - 1)), (*range(1, len(shape)), 0)
        for order in (to_front, to_end):
            if fits(tuple(shape[axis] for axis in order), expected):
                return f"; move the axis of the channels: inputs.transpose{(0, *(axis + 1 for axis in order))}"
    if len(expected) != len(shape) + 1:
        return ""
    for axis, write in ((-1, "inputs[..., None]"), (0, "inputs[:, None]")):
        others = [side for place, side in enumerate(expected) if place != axis % len(expected)]
        if expected[axis] == 1 and fits(shape, others):
            return f"; add the channel axis: {write}"
    return ""


def fits(shape: tuple[int, ...], expected: Sequence[int | None]) -> bool:
    """Whether a shape is the one expected, of which some sides can be any."""
    return len(shape) == len(expected) and all(side in (None, own) for own, side in zip(shape, expected, strict=True))


def count_hint(names: Sequence[str], came: int) -> str:
    """What to write where a network takes several inputs, of these names, and another number came."""
    if len(names) < 2 or came == len(names):
        return ""
    return f"; it takes {len(names)} inputs: write (({', '.join(names)}), labels) for the data"


def kind_of(inputs: Inputs) -> tuple[Any, ...]:
    """What tells inputs of one kind from others: shapes of a sample, types, and whether there is more than one row."""
    parts = named_parts(inputs)
    return (*((name, part.shape[1:], part.dtype.str) for name, part in parts), min(len(parts[0][1]), LOOKED_AT))
