"""The report as CSV and JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..formats.atomic import write_json, write_text
from ..metrics.ceiling import CEILING
from ..metrics.half_samples import RESAMPLES
from ..metrics.half_samples import SEED as HALF_SAMPLE_SEED
from ..metrics.noise_band import RANDOM_MEASURES, SEED
from ..metrics.over_seeds import OverSeeds
from ..provenance import installed_versions
from ..scoreboard import NO_SECOND_SEED, Scoreboard

Record = Mapping[str, Any]


def write_report(output_dir: Path, board: Scoreboard) -> None:
    """report.json, and what there is to put into report.csv, within_groups.csv, differences.csv and seeds.csv."""
    rows, means = plain(board.evaluations()), plain(board.means())
    comparisons = plain([one for of_task in board.comparisons.values() for one in of_task])
    seeds = plain([line for task, found in board.seeds.items() for line in _seed_records(task, found)])
    content = {
        "scored": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": installed_versions(),
        "random_measures": {"count": RANDOM_MEASURES, "seed": SEED},
        "half_samples": {"count": RESAMPLES, "seed": HALF_SAMPLE_SEED},
        "average_score": board.averages,
        "errors": board.errors,
        "notes": board.notes,
        "rows": rows,
        "means": means,
        "differences": comparisons,
        "seeds": seeds,
        "ceiling": None if seeds else NO_SECOND_SEED,
    }
    write_json(output_dir / "report.json", content)
    if rows:
        write_csv(output_dir / "report.csv", rows, means)
        write_records(output_dir / "within_groups.csv", (
            {"task": row["task"], "measure": row["measure"], "floor": row["floor"], **group}
            for row in rows for group in row["within"]  # a line a value of a hyper-parameter
        ))  # fmt: skip
    if comparisons:
        write_records(output_dir / "differences.csv", comparisons)
    if seeds:
        write_records(output_dir / "seeds.csv", seeds)


def _seed_records(task: str, found: OverSeeds) -> Iterator[Record]:
    """A line a measure in the mean over seeds, and one for the ceiling; scores in [0, 1]."""
    for one in found.measures:
        row = one.evaluation
        yield {
            "task": task, "seeds": len(found.seeds), "measure": row.measure, "score": row.score, "verdict": row.verdict,
            "spearman": row.spearman.value, "adds": row.adds.value, "adds_p": row.adds.p_value,
            "fragility": one.fragility,
        }  # fmt: skip
    limit = found.ceiling
    yield {
        "task": task, "seeds": limit.seeds, "measure": CEILING, "score": limit.score, "spearman": limit.spearman,
        "share_between_seeds": limit.share_between_seeds,
    }  # fmt: skip


def write_csv(path: Path, rows: Sequence[Record], means: Sequence[Record]) -> None:
    """One line a task and measure, then one a mean; nested statistics as columns NAME.PART, without those of groups."""
    lines = [{name: value for name, value in row.items() if name != "within"} for row in rows]
    for mean in means:
        lines.append({"task": f"mean of {mean['tasks']} tasks", **mean})
        del lines[-1]["tasks"]
    columns = _columns(lines)
    for name, cells in columns.items():
        if all(cell is None or (isinstance(cell, float) and cell.is_integer()) for cell in cells):
            columns[name] = [None if cell is None else int(cell) for cell in cells]  # a column of whole numbers
    write_text(path, _csv_text(columns))


def write_records(path: Path, records: Iterable[Record]) -> None:
    """One line a record, nested ones as columns NAME.PART."""
    write_text(path, _csv_text(_columns(list(records))))


def plain(value: Any) -> Any:
    """Dataclasses as dictionaries and None for numbers that are not defined: what JSON and CSV hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return plain(vars(value)) if is_dataclass(value) else value


def _columns(records: Sequence[Record]) -> dict[str, list[Any]]:
    """The cells of each column, None where a record has none; columns of nested records follow the others."""
    flat = []
    for record in records:
        nested = {name: part for name, part in record.items() if isinstance(part, Mapping)}
        single = {name: part for name, part in record.items() if name not in nested}
        flat.append({**single, **dict(_parts(nested))})
    names = dict.fromkeys(name for record in flat for name in record)
    return {name: [plain(record.get(name)) for record in flat] for name in names}


def _parts(nested: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in nested.items():
        if isinstance(part, Mapping):
            yield from _parts(part, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", part


def _csv_text(columns: Mapping[str, Sequence[Any]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
