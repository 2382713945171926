"""Which of a network's outputs is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, unknown_name

LOGITS = "logits"


def one_output(found: Any, wanted: str | int | None, model: str) -> Any:
    """The tensor that is meant among a network's outputs: the only one, the one called "logits", or the one wanted.

    Raises
    ------
    InputError
        If there are several and none is chosen, or none of the name or position.
    """
    outputs = named_outputs(found)
    if not outputs:
        problem = "the network's output is no tensor"
        raise InputError(problem, model=model, field="output", found=type(found).__name__)
    if wanted is not None:
        key = str(wanted)
        if key not in outputs:
            raise unknown_name("output", key, outputs).at(model=model)
        return outputs[key]
    if len(outputs) == 1:
        return next(iter(outputs.values()))
    if LOGITS in outputs:
        return outputs[LOGITS]
    listing = ", ".join(f"{name} {tuple(one.shape)}" for name, one in outputs.items())
    problem = "the network has several outputs; say which is meant by output=NAME or its position"
    raise InputError(problem, model=model, field="output", found=listing)


def check_classes(labels: NDArray[np.integer], outputs: int, model: str) -> None:
    """Raise an InputError unless there are several outputs and class numbers (n,) are numbers of outputs."""
    low, high = int(labels.min()), int(labels.max())
    if outputs == 1:
        problem = "the network has one output, and none for each class"
        raise InputError(problem, model=model, field="output", expected="2 outputs or more, one a class", found=1)
    if not 0 <= low <= high < outputs:
        hint = "; hand over labels - 1 where they count from 1" if low > 0 and high == outputs else ""
        expected, found = f"class numbers from 0 to {outputs - 1}", f"{low} to {high}"
        problem = f"the labels do not fit the outputs{hint}"
        raise InputError(problem, model=model, field="labels", expected=expected, found=found)


def named_outputs(found: Any, name: str = "") -> dict[str, Any]:
    """All tensors of a network's output by name or position; within others as "hidden.0"."""
    if hasattr(found, "shape") and hasattr(found, "dtype"):
        return {name or "0": found}
    if isinstance(found, Mapping):
        parts = list(found.items())
    elif is_dataclass(found) and not isinstance(found, type):
        parts = [(one.name, getattr(found, one.name)) for one in fields(found)]
    elif isinstance(found, (tuple, list)):
        names = getattr(found, "_fields", None) or range(len(found))
        parts = list(zip(names, found, strict=True))
    else:
        parts = []
    outputs: dict[str, Any] = {}
    for key, part in parts:
        outputs |= named_outputs(part, f"{name}.{key}".lstrip("."))
    return outputs
