"""What can be used of predictions that are not complete."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .formats.reference import read_json

SHARE = 0.5  # of a task's models that must have a value, so that it makes sense to score these


def usable_predictions(path: Path, models: tuple[str, ...]) -> tuple[NDArray[np.intp], NDArray[np.float64]] | None:
    """The numbers of the models that have a finite value, and these values: (k,) each.

    None if the file cannot be read, or less than half of the models have one.
    """
    try:
        content = read_json(path)
    except InputError:
        return None
    if not isinstance(content, dict):
        return None
    values = [_finite(content.get(model)) for model in models]
    found = np.array([number for number, value in enumerate(values) if value is not None], dtype=np.intp)
    if len(found) < max(2, SHARE * len(models)):
        return None
    return found, np.array([value for value in values if value is not None])


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
