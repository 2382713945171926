"""TASK.predict: a number for every model, or "EXCEEDED" for one that the time did not reach."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError, warn
from complexity.regular_files import read_regular

from .atomic import write_text
from .json_files import MOST_BYTES, as_float, read_json

EXCEEDED = "EXCEEDED"
SHARE = 0.5  # of a task's models that must have a usable value, so that it makes sense to score these


class TimeExceeded(InputError):
    """Predictions in which a model has no value because the time ran out."""


def read_values(path: Path) -> dict[str, float | str]:
    """The values of a .predict file: numbers, or "EXCEEDED".

    Raises
    ------
    InputError
        If the file is missing, not as `read_json` wants it, a model stands there twice, or a value is no finite number
        or an integer that no float holds exactly.
    """
    values = _read(path)
    for model, value in values.items():
        if not isinstance(value, str) and float(value) != value:
            raise InputError("an integer that no float holds exactly", file=path, model=model, found=value)
    return {model: value if isinstance(value, str) else float(value) for model, value in values.items()}


def read_predictions(path: Path, models: Sequence[str]) -> NDArray[np.float64]:
    """One finite number for each of these models, in their order: (n,).

    Integers too large for a float to hold exactly are read as their differences from the least value, with a warning:
    scores and correlations are those of the integers.

    Raises
    ------
    TimeExceeded
        If a value is "EXCEEDED".
    InputError
        If models are missing, unknown, or anything that `read_values` finds is wrong.
    """
    values = _read(path)
    exceeded = [model for model, value in values.items() if value == EXCEEDED]
    if exceeded:
        raise TimeExceeded(f"{len(exceeded)} models ran out of time", file=path, model=exceeded[0], found=EXCEEDED)
    missing = [model for model in models if model not in values]
    known = set(models)
    extra = [model for model in values if model not in known]
    if missing or extra:
        raise InputError(
            "the models are not those of the reference",
            file=path,
            field=", ".join([*(f"{m} missing" for m in missing[:3]), *(f"{m} unknown" for m in extra[:3])]),
            expected=f"{len(models)} models",
            found=f"{len(values)}, {len(missing)} missing, {len(extra)} unknown",
        )
    return _as_floats([values[model] for model in models], path)


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


def write_predictions(path: Path, values: Mapping[str, float | str]) -> None:
    """Write a .predict file as the kit does: JSON, sorted by name."""
    write_text(path, predictions_text(values))


def predictions_text(values: Mapping[str, float | str]) -> str:
    """What `write_predictions` writes."""
    return json.dumps(dict(values), sort_keys=True, indent=4, allow_nan=False)


def _read(path: Path) -> dict[str, int | float | str]:
    """The values as the file has them: integers are not rounded."""
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise InputError("no predictions", file=path, expected='{"model_0": 1.0, ...}')
    return {model: _value(value, path, model) for model, value in content.items()}


def _value(value: object, path: Path, model: str) -> int | float | str:
    if value == EXCEEDED:
        return EXCEEDED
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError("no number", file=path, model=model, expected=f'a number or "{EXCEEDED}"', found=repr(value))
    if as_float(value) is None:
        raise InputError("no finite number", file=path, model=model, found=value)
    return value


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


def _as_floats(values: Sequence[int | float | str], path: Path) -> NDArray[np.float64]:
    """The values, or where floats would round some of them, their exact differences from the least one."""
    numbers = [value for value in values if not isinstance(value, str)]
    if all(float(value) == value for value in numbers):
        return np.array(numbers, dtype=np.float64)
    least = min(numbers)
    # Whole floats are taken as the integers that they are, so that every difference is exact.
    whole = [int(value) for value in numbers if float(value).is_integer()]
    differences = [value - int(least) for value in whole]
    if len(whole) < len(numbers) or any(float(one) != one for one in differences):
        problem = "integers that no float holds exactly, too far apart to be told apart as floats"
        raise InputError(problem, file=path, expected="numbers below 2^53", found=max(numbers, key=abs))
    warn(f"{path}: integers above 2^53, which floats round: read as differences from the least, {int(least)}")
    return np.array(differences, dtype=np.float64)
