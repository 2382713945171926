"""model_configs.json: hyper-parameters and accuracies of a task's models."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .atomic import write_json
from .json_files import as_float, read_json

REFERENCE = "model_configs.json"
MOST_HYPERPARAMETERS = 64  # the score takes every pair of them
IGNORED = (".DS_Store", "__MACOSX", "__pycache__")  # beside the folders of tasks


@dataclass(frozen=True)
class Reference:
    """What is known of a task's models.

    Attributes
    ----------
    file : where it was read.
    models : (n,) names "model_N" in the order of the file.
    hyperparameters : for each name the value of every model, as text, which is what the score compares.
    possible_values : for each name all values, as text; those of the first model, as the competition's scorer does.
    train_accuracy, test_accuracy : (n,) in [0, 1].
    """

    file: Path
    models: tuple[str, ...]
    hyperparameters: Mapping[str, tuple[str, ...]]
    possible_values: Mapping[str, tuple[str, ...]]
    train_accuracy: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]

    @property
    def gap(self) -> NDArray[np.float64]:
        """The generalization gap of every model: train_acc - test_acc, (n,)."""
        return self.train_accuracy - self.test_accuracy


def read_reference(path: Path) -> Reference:
    """Read model_configs.json.

    Raises
    ------
    InputError
        If the file is missing, not as `read_json` wants it, lacks an entry, models are duplicated, or an accuracy is
        outside [0, 1].
    """
    models = read_json(path)
    if not isinstance(models, dict) or not models:
        raise InputError("no models", file=path, expected='{"0": {"hparams": ..., "metrics": ...}, ...}')
    names = [name if "model" in name else f"model_{name}" for name in models]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError("the model stands there twice", file=path, model=twice[0])
    entries = dict(zip(names, models.values(), strict=True))
    try:
        first = _hyperparameters(entries[names[0]], names[0])
        current = {name: _values(entries[name], name, tuple(first)) for name in names}
        metrics = {name: _metrics(entries[name], name) for name in names}
    except InputError as error:
        raise error.at(file=path) from error
    return Reference(
        path,
        tuple(names),
        {h: tuple(current[name][h] for name in names) for h in first},
        {h: tuple(map(str, first[h]["possible_values"])) for h in first},
        np.array([metrics[name][0] for name in names]),
        np.array([metrics[name][1] for name in names]),
    )


def check_grid(reference: Reference) -> None:
    """Raise an InputError unless every combination of possible values has exactly one model."""
    # Neither the product of all values nor a list of what is missing is ever made: they have no bound.
    possible = [set(values) for values in reference.possible_values.values()]
    expected = math.prod(map(len, possible))
    cells = list(zip(*reference.hyperparameters.values(), strict=True))
    names = ", ".join(reference.hyperparameters)
    by_cell: dict[tuple[str, ...], str] = {}
    for model, cell in zip(reference.models, cells, strict=True):
        if any(value not in values for value, values in zip(cell, possible, strict=True)):
            raise InputError(
                "a value that is not among the possible ones", file=reference.file, model=model, field=names, found=cell
            )
        if cell in by_cell:
            raise InputError(
                f"the grid of hyper-parameters is not unique: the same values as {by_cell[cell]}",
                file=reference.file, model=model, field=names, found=cell,
            )  # fmt: skip
        by_cell[cell] = model
    if len(by_cell) < expected:
        missing = next(cell for cell in itertools.product(*map(sorted, possible)) if cell not in by_cell)
        counted = f"{expected - len(by_cell)} of {expected} models are missing"
        raise InputError(
            f"the grid of hyper-parameters is not complete: {counted}",
            file=reference.file, field=names, expected=f"a model with {missing}",
        )  # fmt: skip


def write_reference(
    path: Path,
    models: Sequence[str],
    hyperparameters: Mapping[str, Sequence[Any]],
    train_accuracy: Sequence[float],
    test_accuracy: Sequence[float],
) -> None:
    """Write model_configs.json for models "model_N"; a hyper-parameter's possible values are those that occur."""
    possible = {name: sorted(set(values)) for name, values in hyperparameters.items()}
    content = {
        model.removeprefix("model_"): {
            "hparams": {
                name: {"possible_values": possible[name], "current_value": values[i]}
                for name, values in hyperparameters.items()
            },
            "metrics": {"train_acc": float(train_accuracy[i]), "test_acc": float(test_accuracy[i])},
        }
        for i, model in enumerate(models)
    }
    write_json(path, content)


def _hyperparameters(entry: Any, model: str) -> dict[str, dict[str, Any]]:
    found = entry.get("hparams") if isinstance(entry, dict) else None
    if not isinstance(found, dict) or not found:
        raise InputError("no hyper-parameters", model=model, field="hparams")
    if len(found) > MOST_HYPERPARAMETERS:
        expected = f"at most {MOST_HYPERPARAMETERS}"
        raise InputError("too many hyper-parameters", model=model, field="hparams", expected=expected, found=len(found))
    for name, value in found.items():
        if (
            not isinstance(value, dict)
            or "current_value" not in value
            or not isinstance(value.get("possible_values"), list)
        ):
            raise InputError(
                "an incomplete hyper-parameter", model=model, field=f"hparams.{name}",
                expected="possible_values (a list) and current_value",
            )  # fmt: skip
        for one in (value["current_value"], *value["possible_values"]):
            if isinstance(one, (list, dict)):
                expected = "text, a number, true, false or null"
                raise InputError(
                    "no value of a hyper-parameter", model=model, field=f"hparams.{name}", expected=expected,
                    found=repr(one),
                )  # fmt: skip
    return found


def _values(entry: Any, model: str, names: tuple[str, ...]) -> dict[str, str]:
    found = _hyperparameters(entry, model)
    if set(found) != set(names):
        raise InputError(
            "other hyper-parameters", model=model, field="hparams", expected=sorted(names), found=sorted(found)
        )
    # Where the organizers wrote text for a number, "256" and 256 are the same value: all are compared as text.
    return {name: str(found[name]["current_value"]) for name in names}


def _metrics(entry: Any, model: str) -> tuple[float, float]:
    metrics = entry.get("metrics")
    found = []
    for name in ("train_acc", "test_acc"):
        value = metrics.get(name) if isinstance(metrics, dict) else None
        accuracy = as_float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        if accuracy is None or not 0 <= accuracy <= 1:
            expected = "a number in [0, 1]"
            raise InputError("no accuracy", model=model, field=f"metrics.{name}", expected=expected, found=repr(value))
        found.append(accuracy)
    return found[0], found[1]
