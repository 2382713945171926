"""One measure under several settings side by side: `NAME[SETTING=VALUE,...]` is a measure of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from complexity.errors import InputError
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure


@dataclass(frozen=True)
class Variant(Measure):
    """A measure some of whose settings are fixed; its name says which."""

    fixed: Mapping[str, Any]


def base_name(name: str) -> str:
    """The name of the measure that a variant is of; any other name as it is."""
    return name.partition("[")[0]


def variant(measure: Measure, name: str) -> Variant:
    """The measure under the settings that the name holds in brackets, values written as for `--set`.

    Raises
    ------
    InputError
        For a combination, no closing bracket, a setting without a value, or one that the measure does not have.
    """
    _, _, inside = name.partition("[")
    if isinstance(measure, Combination) or not inside.endswith("]"):
        raise InputError("no variant of a measure", field=name, expected="NAME[SETTING=VALUE,...] of a single measure")
    fixed = dict(read_setting(text) for text in re.split(r",(?=\w+=)", inside[:-1]))
    unknown = sorted(set(fixed) - set(measure.settings))
    if unknown:
        expected = f"one of {sorted(measure.settings)}"
        raise InputError("the measure does not have this setting", field=name, expected=expected, found=unknown[0])
    declared = {one.name: getattr(measure, one.name) for one in fields(Measure)}
    return Variant(**{**declared, "name": name, "function": partial(measure.function, **fixed)}, fixed=fixed)


def read_setting(text: str) -> tuple[str, Any]:
    """The name and the value of NAME=VALUE.

    Raises
    ------
    InputError
        For a value that is neither JSON nor a word in small letters.
    """
    name, equals, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        if re.fullmatch("[a-z_]+", value):
            return name, value
        expected = "NAME=VALUE with VALUE as in JSON, or a word in small letters"
        raise InputError("a setting without a value", field=text, expected=expected, found=value or equals) from error
