"""How the numbers of a scoreboard came about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone

from complexity.errors import shortened

from ...metrics.half_samples import RESAMPLES
from ...metrics.half_samples import SEED as HALF_SAMPLE_SEED
from ...metrics.noise_band import RANDOM_MEASURES, SEED
from ...provenance import installed_versions
from ...scoreboard import Row, Scoreboard
from ..page.sections import Facts

MOST = 40  # warnings that are shown


def facts(board: Scoreboard, command: str) -> Facts:
    """Command, versions and seeds of the scoring; of each measure its settings, and data and versions by task."""
    rows = [
        ("command", command),
        ("written", datetime.now(timezone.utc).isoformat(timespec="seconds")),
        ("versions", _versions(installed_versions())),
        ("random measures", f"{RANDOM_MEASURES}, seed {SEED}"),
        ("intervals over models", f"{RESAMPLES} half-samples, seed {HALF_SAMPLE_SEED}"),
    ]
    rows += [(row.measure, "\n".join(_of_measure(row))) for row in board.rows.values() if row.provenance]
    without = [row.measure for row in board.rows.values() if row.files and not row.provenance]
    if without:
        text = f"no provenance stands beside the predictions of {', '.join(without)}: settings and data are not known"
        rows.append(("settings", text))
    return Facts("Settings, versions, seeds, data", tuple(rows))


def warnings(board: Scoreboard) -> tuple[str, ...]:
    """Doubts about single values, and provenance that cannot be read."""
    found: list[str] = []
    for row in board.rows.values():
        found += map(str, row.unreadable)
        for task, one in row.provenance.items():
            doubts = ((model, text) for model, texts in one.warnings.items() for text in texts)
            found += [f"{task}: {row.measure}: {model}: {text}" for model, text in doubts]
    if len(found) > MOST:
        found[MOST:] = [f"{len(found) - MOST} more stand in the files TASK.provenance.json"]
    return tuple(found)


def _of_measure(row: Row) -> Iterator[str]:
    for task, one in row.provenance.items():
        settings = shortened(json.dumps(dict(one.settings), sort_keys=True))
        yield f"{task}: settings {settings}; data sha256 {one.data_sha256}; {_versions(dict(one.versions))}"


def _versions(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())
