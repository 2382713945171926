"""The files of a ranking: the table as CSV, and all that is said of it as JSON."""

from __future__ import annotations

from pathlib import Path

from ..formats.atomic import write_json, write_text
from ..provenance import installed_versions
from ..report.files import plain
from .frame import RankTable, frame
from .result import Ranking

TABLE, SUMMARY = "ranking.csv", "ranking.json"


def write_files(ranking: Ranking, folder: Path) -> RankTable:
    """Write `ranking.csv` and `ranking.json`; the table that is in them. What else shows a ranking is written here."""
    table = frame(ranking)
    write_text(folder / TABLE, table.to_csv(index=False))
    write_json(folder / SUMMARY, plain({**table.attrs, "versions": installed_versions()}))
    return table
