"""True generalization gaps of the ranked models, where somebody has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from complexity.errors import InputError
from complexity.regular_files import read_regular

from ...formats.reference import Reference, check_grid, read_reference

MOST_BYTES = 2**26
MODEL, GAP, TRAIN, TEST = "model", "gap", "train_acc", "test_acc"
EXPECTED = f"the columns {MODEL} and {GAP}, or {MODEL}, {TRAIN} and {TEST}; further ones are hyper-parameters"


@dataclass(frozen=True)
class Gaps:
    """Gaps by model, and the value of each hyper-parameter by its name and model; `file` : where they were read."""

    gaps: Mapping[str, float]
    hyperparameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str = ""

    def grid(self, models: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
        """The values of each hyper-parameter, where they make a grid: every combination once, two or more that vary."""
        values = {name: tuple(of[model] for model in models) for name, of in self.hyperparameters.items()}
        varying = {name: of for name, of in values.items() if len(set(of)) > 1}
        if len(varying) < 2:
            return None
        possible = {name: tuple(sorted(set(of))) for name, of in varying.items()}
        none = np.zeros(len(models))
        try:
            check_grid(Reference(Path(self.file), tuple(models), varying, possible, none, none))
        except InputError:
            return None
        return varying


def read_gaps(path: Path) -> Gaps:
    """Gaps of a CSV file, or of a task's model_configs.json.

    Raises
    ------
    InputError
        For a file that cannot be read, missing columns, a model that stands there twice, and gaps that are no numbers.
    """
    if path.suffix.lower() == ".json":
        found = read_reference(path)
        by_name = {name: dict(zip(found.models, of, strict=True)) for name, of in found.hyperparameters.items()}
        return Gaps(dict(zip(found.models, found.gap.tolist(), strict=True)), by_name, str(path))
    try:
        return _of_table(_table(path), str(path))
    except InputError as error:
        raise error.at(file=path) from error


def _table(path: Path) -> pd.DataFrame:
    import io

    try:
        return pd.read_csv(io.BytesIO(read_regular(path, MOST_BYTES)), dtype=str)
    except (ValueError, pd.errors.ParserError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"no table can be read: {error}") from error


def _of_table(table: pd.DataFrame, file: str) -> Gaps:
    columns = list(table.columns)
    if MODEL not in columns or not (GAP in columns or {TRAIN, TEST} <= set(columns)):
        raise InputError("no gaps", expected=EXPECTED, found=", ".join(columns))
    models = table[MODEL].astype(str)
    if models.duplicated().any():
        raise InputError("the model stands there twice", model=str(models[models.duplicated()].iloc[0]))
    gaps = _numbers(table, GAP) if GAP in columns else _numbers(table, TRAIN) - _numbers(table, TEST)
    others = [name for name in columns if name not in (MODEL, GAP, TRAIN, TEST)]
    return Gaps(
        dict(zip(models, gaps.tolist(), strict=True)),
        {name: dict(zip(models, table[name].fillna("").astype(str), strict=True)) for name in others},
        file,
    )


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    found = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found)))
        raise InputError("no number", model=str(table[MODEL].iloc[row]), field=name, found=str(table[name].iloc[row]))
    return found
