"""The settings of a measure, checked by the signature of its function before anything is computed."""

from __future__ import annotations

import difflib
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, Literal, Union

import numpy as np

from ..errors import InputError

ABSTRACT = {bool: bool, int: Integral, str: str}
WORDS = {bool: "True or False", int: "a whole number", float: "a finite number", str: "a word", type(None): "None"}


def without_numpy_scalars(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with Python's numbers in place of NumPy's."""
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in settings.items()}


def check_settings(
    measure: str, function: Callable[..., Any], settings: Mapping[str, Any], *, shared: Sequence[str] = ()
) -> None:
    """Raise an InputError for a setting that the function does not have, or for a value of another type than it says.

    Types come from annotations; without one, from a default that is a truth value, a number or a word. Integers are
    taken where a float is asked for, lists (JSON has no others) and tuples where a sequence is. What cannot be told
    by the signature, and what is the default itself, is let through.

    Parameters
    ----------
    measure : its name, for the message.
    function : (model, dataset, **settings) -> float.
    shared : names of settings that are no business of the function; messages name them beside its own.
    """
    parameters = inspect.signature(function).parameters
    known = [one for one in list(parameters.values())[2:] if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        for name in settings:
            if name not in {one.name for one in known}:
                raise unknown_setting(measure, name, sorted(one.name for one in known), shared)
    hints = _hints(function)
    for one in known:
        wanted = hints.get(one.name, _of_default(one.default))
        value = settings.get(one.name, one.default)
        if value is not one.default and not fits(value, wanted):
            found = f"{value!r} ({type(value).__name__})"
            raise InputError(
                f"{measure} cannot take this setting", field=one.name, expected=in_words(wanted), found=found
            )


def fits(value: Any, wanted: Any) -> bool:
    """Whether a value is of an annotated type; true for types that are not known here."""
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inner)
    if origin is tuple and inner[-1:] != (...,):
        return _is_list(value) and len(value) == len(inner) and all(map(fits, value, inner))
    if _is_sequence(origin):
        return _is_list(value) and all(fits(one, inner[0]) for one in value)
    if wanted is None or wanted is type(None):
        return value is None
    if isinstance(value, bool | np.bool_) and wanted in (bool, int, float):
        return wanted is bool
    if wanted is float:
        return isinstance(value, Real) and math.isfinite(value)
    return isinstance(value, ABSTRACT[wanted]) if wanted in ABSTRACT else True


def in_words(wanted: Any) -> str:
    """A type in words: "a whole number or None"."""
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (Union, types.UnionType):
        return " or ".join(in_words(one) for one in inner)
    if origin is Literal:
        return " or ".join(repr(one) for one in inner)
    if origin is tuple and inner[-1:] != (...,):
        return f"a list of {len(inner)}: {', '.join(in_words(one) for one in inner)}"
    if _is_sequence(origin):
        return f"a list, each entry {in_words(inner[0])}"
    return WORDS.get(wanted, getattr(wanted, "__name__", str(wanted)))


def unknown_setting(measure: str, name: str, known: Sequence[str], shared: Sequence[str]) -> InputError:
    """The error for a setting that a measure does not have; it suggests the nearest ones."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    near = near or difflib.get_close_matches(name, shared, n=1, cutoff=0.75)  # "batch", but not "batch_size"
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    expected = f"one of {', '.join([*known, *shared])}" if known or shared else "no settings"
    return InputError(f"{measure} has no such setting{hint}", field=name, expected=expected, found=name)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of the function's arguments; none where they name what cannot be found."""
    while isinstance(function, partial):
        function = function.func
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        return {}


def _of_default(default: Any) -> Any:
    """The type that a default alone tells; a number stands for any number."""
    if isinstance(default, bool | str):
        return type(default)
    return float if isinstance(default, int | float) and math.isfinite(default) else Any


def _is_sequence(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _is_list(value: Any) -> bool:
    """A list, a tuple or a vector of NumPy, but no word."""
    return isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1
