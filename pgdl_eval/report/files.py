"""The report as CSV and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ..formats.atomic import write_json, write_text
from ..metrics.evaluation import Evaluation, MeanScore


def write_csv(path: Path, rows: Sequence[Evaluation], means: Sequence[MeanScore]) -> None:
    """One line a task and measure, then one a mean; nested statistics as columns NAME.PART, without those of groups."""
    lines = [{name: value for name, value in asdict(row).items() if name != "within"} for row in rows]
    lines += [{"task": f"mean of {mean.tasks} tasks", **asdict(mean)} for mean in means]
    table = pd.json_normalize(lines).drop(columns="tasks", errors="ignore")
    write_text(path, table.convert_dtypes().to_csv(index=False))  # counts stay whole where a mean has none


def write_groups_csv(path: Path, rows: Sequence[Evaluation]) -> None:
    """One line for each value of each hyper-parameter of each task and measure: correlations within that group."""
    groups = [
        {"task": row.task, "measure": row.measure, "floor": row.floor, **asdict(group)}
        for row in rows
        for group in row.within
    ]
    write_text(path, pd.json_normalize(groups).to_csv(index=False))


def write_report_json(
    path: Path, rows: Sequence[Evaluation], means: Sequence[MeanScore], context: Mapping[str, Any]
) -> None:
    """The rows with what they were computed from; undefined numbers are null."""
    content = {**context, "rows": [asdict(row) for row in rows], "means": [asdict(mean) for mean in means]}
    write_json(path, _without_nan(content))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
