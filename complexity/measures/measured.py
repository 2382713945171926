"""The value of a measure: a float that also says what it is and how it was obtained."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

from ..errors import InputError

DECLARED = ("measure", "unit", "direction", "warnings")  # what `Measure` adds to the details of every value
SHOWN = 100  # characters of a detail that a table shows


class Measured(float):
    """The value of a measure: a float that also says what it is and how it was obtained.

    It calculates, compares and goes through JSON as the float that it is; `print` and notebooks show its measure and
    unit too. Where a program writes text, `float(value)` or f"{value}" is the number alone.

    Parameters
    ----------
    value : the number.
    details : what a reader needs to judge it (samples, settings, spectral gap, standard error, ...). They are copied
        into types that JSON holds: NumPy's scalars become Python's, arrays lists, numbers that are not finite None.

    Raises
    ------
    InputError
        For details that JSON cannot hold.
    """

    details: dict[str, Any]

    def __new__(cls, value: float, details: Mapping[str, Any] | None = None) -> Measured:
        self = super().__new__(cls, value)
        self.details = {str(name): json_value(one, f"details.{name}") for name, one in (details or {}).items()}
        return self

    @property
    def own_details(self) -> dict[str, Any]:
        """The details without what every measure declares: its name, unit, direction and warnings."""
        return {name: one for name, one in self.details.items() if name not in DECLARED}

    def to_dict(self) -> dict[str, Any]:
        """Value and details in one flat row for a DataFrame; inner details have names as "features.spectral_gap"."""
        return {**dict(_flat(self.details)), "value": float(self)}

    def __repr__(self) -> str:
        words = [float.__repr__(self), self.details.get("unit"), self._in_brackets()]
        return " ".join(word for word in words if word)

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return format(float(self), specification)

    def _in_brackets(self) -> str:
        name = self.details.get("measure")
        return f"({name})" if name else ""

    def _repr_html_(self) -> str:
        """A table for notebooks: the value, then the details."""
        head = f"<caption>{html.escape(repr(self))}</caption>"
        rows = (f"<tr><th>{_cell(name)}</th><td>{_cell(one)}</td></tr>" for name, one in self.to_dict().items())
        return f"<table>{head}{''.join(rows)}</table>"


def check_number(value: Any, measure: str) -> Any:
    """The value that a measure gave, if it is one number: of Python, NumPy, or a tensor without axes.

    Raises
    ------
    InputError
        For anything else, truth values and text included, which `float` would take.
    """
    kind = str(getattr(value, "dtype", type(value).__name__))
    is_number = isinstance(value, Real) or (hasattr(value, "__float__") and getattr(value, "shape", None) == ())
    if not is_number or "bool" in kind:
        shape = getattr(value, "shape", None)
        found = type(value).__name__ + (f" of shape {tuple(shape)}" if shape not in (None, ()) else "")
        raise InputError("the measure gave no number", field=measure, expected="one number", found=found)
    return value


def json_value(value: Any, field: str) -> Any:
    """The value, copied, in the types that JSON holds.

    Raises
    ------
    InputError
        For any other type; it names the field.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): json_value(one, f"{field}.{name}") for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(one, f"{field}[{place}]") for place, one in enumerate(value)]
    if hasattr(value, "tolist"):  # of NumPy or PyTorch
        return json_value(value.tolist(), field)
    expected = "numbers, words, None, and lists and dictionaries of them"
    raise InputError("a detail that JSON cannot hold", field=field, expected=expected, found=type(value).__name__)


def _flat(details: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The details as (name, value), the names of inner ones joined by dots."""
    for name, one in details.items():
        if isinstance(one, dict):
            yield from _flat(one, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", one


def _cell(content: Any) -> str:
    text = str(content)
    return html.escape(text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}...")
