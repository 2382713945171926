"""The files of a ranking: the table as CSV, all that is said of it as JSON. A page would be written here, too."""

from __future__ import annotations

from pathlib import Path

from ..formats.atomic import write_json, write_text
from ..provenance import installed_versions
from ..report.files import plain
from .frame import RankTable

TABLE, SUMMARY = "ranking.csv", "ranking.json"


def write_files(table: RankTable, folder: Path) -> None:
    """`ranking.csv` and `ranking.json`."""
    write_text(folder / TABLE, table.to_csv(index=False))
    write_json(folder / SUMMARY, plain({**table.attrs, "versions": installed_versions()}))
