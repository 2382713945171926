"""What can be used of predictions that are not complete."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.regular_files import read_regular

from .formats.json_files import MOST_BYTES, as_float

SHARE = 0.5  # of a task's models that must have a value, so that it makes sense to score these


def usable_predictions(path: Path, models: tuple[str, ...]) -> tuple[NDArray[np.intp], NDArray[np.float64]] | None:
    """The numbers of the models that have a finite value, and these values: (k,) each.

    None if the file cannot be read, or less than half of the models have one.
    """
    try:
        content = json.loads(read_regular(path, MOST_BYTES).decode("utf-8"), object_pairs_hook=_once)
    except (InputError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    values = [_finite(content.get(model)) for model in models]
    found = np.array([number for number, value in enumerate(values) if value is not None], dtype=np.intp)
    if len(found) < max(2, SHARE * len(models)):
        return None
    return found, np.array([value for value in values if value is not None])


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object without the entries that stand there twice."""
    times = Counter(key for key, _ in pairs)
    return {key: value for key, value in pairs if times[key] == 1}


def _finite(value: object) -> float | None:
    """The float of a finite number that it holds exactly; None for all else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    number = as_float(value)
    return number if number == value else None
