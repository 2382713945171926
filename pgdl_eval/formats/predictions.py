"""TASK.predict: a number for every model, or "EXCEEDED" for one that the time did not reach."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .atomic import write_text
from .reference import read_json

EXCEEDED = "EXCEEDED"


class TimeExceeded(InputError):
    """Predictions in which a model has no value because the time ran out."""


def read_values(path: Path) -> dict[str, float | str]:
    """The values of a .predict file: numbers, or "EXCEEDED".

    Raises
    ------
    InputError
        If the file is missing, no JSON, a model stands there twice, or a value is no finite number.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise InputError("no predictions", file=path, expected='{"model_0": 1.0, ...}')
    return {model: _value(value, path, model) for model, value in content.items()}


def read_predictions(path: Path, models: Sequence[str]) -> NDArray[np.float64]:
    """One finite number for each of these models, in their order: (n,).

    Raises
    ------
    TimeExceeded
        If a value is "EXCEEDED".
    InputError
        If models are missing, unknown, or anything that `read_values` finds is wrong.
    """
    values = read_values(path)
    exceeded = [model for model, value in values.items() if value == EXCEEDED]
    if exceeded:
        raise TimeExceeded(f"{len(exceeded)} models ran out of time", file=path, model=exceeded[0], found=EXCEEDED)
    missing = [model for model in models if model not in values]
    extra = [model for model in values if model not in set(models)]
    if missing or extra:
        raise InputError(
            "the models are not those of the reference",
            file=path,
            field=", ".join([*(f"{m} missing" for m in missing[:3]), *(f"{m} unknown" for m in extra[:3])]),
            expected=f"{len(models)} models",
            found=f"{len(values)}, {len(missing)} missing, {len(extra)} unknown",
        )
    return np.array([values[model] for model in models], dtype=np.float64)


def write_predictions(path: Path, values: Mapping[str, float | str]) -> None:
    """Write a .predict file as the kit does: JSON, sorted by name."""
    write_text(path, predictions_text(values))


def predictions_text(values: Mapping[str, float | str]) -> str:
    """What `write_predictions` writes."""
    return json.dumps(dict(values), sort_keys=True, indent=4, allow_nan=False)


def _value(value: object, path: Path, model: str) -> float | str:
    if value == EXCEEDED:
        return EXCEEDED
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError("no number", file=path, model=model, expected=f'a number or "{EXCEEDED}"', found=repr(value))
    if not math.isfinite(value):
        raise InputError("no finite number", file=path, model=model, found=value)
    return float(value)
