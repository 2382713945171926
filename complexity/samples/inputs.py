"""One input or several: an array, or a dict or tuple of arrays with the same first axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Inputs: TypeAlias = NDArray[Any] | dict[str, NDArray[Any]] | tuple[NDArray[Any], ...]
ROWS_AT_A_TIME = 1024  # what is checked in one step


def each(inputs: Inputs) -> list[tuple[str, NDArray[Any]]]:
    """The arrays with the names that errors give them."""
    if isinstance(inputs, dict):
        return [(f"inputs[{name!r}]", array) for name, array in inputs.items()]
    if isinstance(inputs, tuple):
        return [(f"inputs[{place}]", array) for place, array in enumerate(inputs)]
    return [("inputs", inputs)]


def mapped(change: Callable[[NDArray[Any]], NDArray[Any]], inputs: Inputs) -> Inputs:
    """The same structure with each array changed."""
    if isinstance(inputs, dict):
        return {name: change(array) for name, array in inputs.items()}
    return tuple(map(change, inputs)) if isinstance(inputs, tuple) else change(inputs)


def rows(inputs: Inputs) -> int:
    """The length of the first axis (of the first array)."""
    return len(each(inputs)[0][1])


def joined(parts: Sequence[Inputs], join: Callable[..., NDArray[Any]]) -> Inputs:
    """The same structure with the arrays of all parts joined, by `np.stack` or `np.concatenate`.

    Raises
    ------
    InputError
        If the parts differ in structure or shape.
    """
    first = parts[0]
    if isinstance(first, np.ndarray):
        if not all(isinstance(part, np.ndarray) for part in parts):
            raise InputError("samples differ: some have one input, others several", field="inputs")
        return join_arrays([part for part in parts if isinstance(part, np.ndarray)], join, "inputs")
    names = [[name for name, _ in each(part)] for part in parts]
    for found in names:
        if found != names[0]:
            raise InputError("samples differ in their inputs", field="inputs", expected=names[0], found=found)
    columns = [join_arrays([each(part)[place][1] for part in parts], join, name) for place, name in enumerate(names[0])]
    return dict(zip(first, columns, strict=True)) if isinstance(first, dict) else tuple(columns)


def join_arrays(arrays: Sequence[NDArray[Any]], join: Callable[..., NDArray[Any]], field: str) -> NDArray[Any]:
    """Arrays joined along the first axis, or an error that names their shapes."""
    try:
        return join(arrays)
    except ValueError as error:
        shapes = sorted({array.shape[1:] if join is np.concatenate else array.shape for array in arrays}, key=str)
        found = [*shapes[:5], "..."] if len(shapes) > 5 else shapes
        raise InputError("samples differ in shape", field=field, expected="one shape", found=found) from error


def check_inputs(inputs: Inputs) -> None:
    """Raise an InputError unless these are finite numbers with one row a sample."""
    several = not isinstance(inputs, np.ndarray)
    for field, array in each(inputs):
        if array.dtype.kind not in "fiub":
            out = ", or leave the column out" if several else ""
            text = f" (text: encode it as numbers first{out})" if array.dtype.kind in "US" else ""
            raise InputError("inputs are no numbers", field=field, expected="numbers" + text, found=array.dtype)
        if array.ndim < 2 or array.size == 0:
            alone = array.ndim == 1 and array.size > 0
            hint = "; .reshape(-1, 1) makes (n, 1) of one number a sample" if alone else ""
            hint += "; leave out a column that is no input" if alone and several else ""
            expected, found = f"an array of (n, ...){hint}", f"shape {array.shape}"
            raise InputError("no samples", field=field, expected=expected, found=found)
        if len(array) != rows(inputs):
            raise InputError("inputs differ in length", field=field, expected=rows(inputs), found=len(array))
        _check_finite(array, field)


def _check_finite(array: NDArray[Any], field: str) -> None:
    if array.dtype.kind != "f":
        return
    for start in range(0, len(array), ROWS_AT_A_TIME):
        bad = np.argwhere(~np.isfinite(array[start : start + ROWS_AT_A_TIME]))
        if len(bad):
            row, *place = (int(i) for i in bad[0])
            value = array[(start + row, *place)]
            raise InputError(f"sample {start + row} holds {value} at {tuple(place)}", field=field)
