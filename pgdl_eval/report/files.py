"""The report as CSV and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ..formats.atomic import write_json, write_text
from ..metrics.evaluation import Evaluation


def write_csv(path: Path, rows: Sequence[Evaluation]) -> None:
    """One line a task and measure; nested statistics as columns NAME.PART."""
    write_text(path, pd.json_normalize([asdict(row) for row in rows]).to_csv(index=False))


def write_report_json(path: Path, rows: Sequence[Evaluation], context: Mapping[str, Any]) -> None:
    """The rows with what they were computed from; undefined numbers are null."""
    write_json(path, {**context, "rows": [_without_nan(asdict(row)) for row in rows]})


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
