"""What a layer's argument in config.json may be: each check hands on the value that Keras gets, or raises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from complexity.errors import InputError

from .json_files import as_float

Check = Callable[[Any], Any]

LARGEST = 2**31 - 1  # of whole numbers, as frameworks hold sizes
LARGEST_WINDOW = 1024  # a side of a kernel or a pooling window, a step, a dilation
LARGEST_FLOAT = float(np.finfo(np.float32).max)  # models compute in float32


class Dropped:
    """Stands for an argument that is not handed on to Keras."""


DROPPED = Dropped()

# Functions that are the same in Keras 2 and Keras 3 (`hard_sigmoid` and `leaky_relu` are not).
ACTIVATIONS = [
    "elu",
    "exponential",
    "gelu",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]


def whole(value: Any) -> Any:
    """The number as an int if it is whole: the competition's files hold 3.0 for 3."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def integer(value: Any) -> int:
    """A whole number of 32 bits."""
    number = whole(value)
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) > LARGEST:
        raise _wrong("a whole number", value)
    return number


def positive(value: Any) -> int:
    """A whole number above zero."""
    number = whole(value)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise _wrong("a positive whole number", value)
    if number > LARGEST:
        raise _wrong(f"a positive whole number up to {LARGEST}", value)
    return number


def pair(value: Any) -> tuple[int, int]:
    """Two positive whole numbers, or one that stands for both."""
    sides = [whole(side) for side in value] if isinstance(value, (list, tuple)) else [whole(value)] * 2
    if len(sides) != 2 or any(isinstance(side, bool) or not isinstance(side, int) or side < 1 for side in sides):
        raise _wrong("one or two positive whole numbers", value)
    if max(sides) > LARGEST_WINDOW:
        raise _wrong(f"one or two positive whole numbers up to {LARGEST_WINDOW}", value)
    return sides[0], sides[1]


def axis(value: Any) -> int:
    """A whole number, which Keras 2 wrote as a list of one."""
    return integer(value[0] if isinstance(value, list) and len(value) == 1 else value)


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def number(least: float = -LARGEST_FLOAT, most: float = LARGEST_FLOAT) -> Check:
    """A number in [least, most]."""

    def check(value: Any) -> float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        found = as_float(value) if is_number else None
        if found is None:
            raise _wrong("a number", value)
        if not least <= found <= most:
            raise _wrong(f"a number in [{least:g}, {most:g}]", value)
        return found

    return check


def choice(*names: str) -> Check:
    """A check for one of these names, in any case."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in names:
            raise _wrong(f"one of {', '.join(names)}", value)
        return value.lower()

    return check


def optional(check: Check) -> Check:
    """What `check` takes, or null."""
    return lambda value: None if value is None else check(value)


def layer_name(value: Any) -> str:
    """A name that every Keras takes for a layer."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}", value):
        raise _wrong("letters, digits and _.-, at most 255", value)
    return value


def without_effect(value: Any) -> Dropped:
    """Anything: it says how to start or to train, while the weights are loaded as they are."""
    return DROPPED


def only(*values: Any) -> Check:
    """A check for one of these values, which Keras takes anyway; not handed on, as not every version knows it."""

    def check(value: Any) -> Dropped:
        if not any(type(value) is type(known) and value == known for known in values):
            raise _wrong(" or ".join(json.dumps(known) for known in values), value)
        return DROPPED

    return check


activation = choice(*ACTIVATIONS)


def _wrong(expected: str, value: Any) -> InputError:
    return InputError("a value that is not supported", expected=expected, found=json.dumps(value, default=repr))
