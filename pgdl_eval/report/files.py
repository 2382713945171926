"""The report as CSV and JSON; pandas is imported when something is written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..formats.atomic import write_json, write_text
from ..metrics.evaluation import Evaluation, MeanScore
from ..metrics.half_samples import RESAMPLES
from ..metrics.half_samples import SEED as HALF_SAMPLE_SEED
from ..metrics.noise_band import RANDOM_MEASURES, SEED
from ..scoreboard import Scoreboard
from ..sheet import installed_versions


def write_report(output_dir: Path, board: Scoreboard) -> None:
    """report.json, and what there is to put into report.csv, within_groups.csv and differences.csv."""
    rows, means = board.evaluations(), board.means()
    comparisons = [one for of_task in board.comparisons.values() for one in of_task]
    content = {
        "scored": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": installed_versions(),
        "random_measures": {"count": RANDOM_MEASURES, "seed": SEED},
        "half_samples": {"count": RESAMPLES, "seed": HALF_SAMPLE_SEED},
        "average_score": board.averages,
        "errors": board.errors,
        "notes": board.notes,
        "rows": [asdict(row) for row in rows],
        "means": [asdict(mean) for mean in means],
        "differences": [asdict(one) for one in comparisons],
    }
    write_json(output_dir / "report.json", without_nan(content))
    if rows:
        write_csv(output_dir / "report.csv", rows, means)
        pairs = ((row, group) for row in rows for group in row.within)  # a line a value of a hyper-parameter
        write_records(output_dir / "within_groups.csv", (
            {"task": row.task, "measure": row.measure, "floor": row.floor, **asdict(group)} for row, group in pairs
        ))  # fmt: skip
    if comparisons:
        write_records(output_dir / "differences.csv", map(asdict, comparisons))


def write_csv(path: Path, rows: Sequence[Evaluation], means: Sequence[MeanScore]) -> None:
    """One line a task and measure, then one a mean; nested statistics as columns NAME.PART, without those of groups."""
    import pandas as pd

    lines = [{name: value for name, value in asdict(row).items() if name != "within"} for row in rows]
    lines += [{"task": f"mean of {mean.tasks} tasks", **asdict(mean)} for mean in means]
    table = pd.json_normalize(lines).drop(columns="tasks", errors="ignore")
    write_text(path, table.convert_dtypes().to_csv(index=False))  # counts stay whole where a mean has none


def write_records(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """One line a record, nested ones as columns NAME.PART."""
    import pandas as pd

    write_text(path, pd.json_normalize(list(records)).to_csv(index=False))


def json_text(content: Any) -> str:
    """Content as a JSON document; numbers that are not defined are null."""
    return json.dumps(without_nan(content), indent=1, sort_keys=True, allow_nan=False)


def without_nan(value: Any) -> Any:
    """JSON's content with null for numbers that are not defined."""
    if isinstance(value, dict):
        return {name: without_nan(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
