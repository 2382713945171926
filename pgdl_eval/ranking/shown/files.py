"""The files of a ranking: the table as CSV, all that is said of it as JSON, and a page."""

from __future__ import annotations

from pathlib import Path

from ...formats.atomic import write_json, write_text
from ...provenance import command_line, installed_versions
from ...report.files import plain
from ...report.page.writing import write_page
from ..order.result import Ranking
from .frame import RankTable, frame
from .page import ranking_page

TABLE, SUMMARY, PAGE = "ranking.csv", "ranking.json", "report.html"


def write_files(ranking: Ranking, folder: Path) -> RankTable:
    """Write `ranking.csv`, `ranking.json` and `report.html`; the table that is in them."""
    table = frame(ranking)
    write_text(folder / TABLE, table.to_csv(index=False))
    write_json(folder / SUMMARY, plain({**table.attrs, "versions": installed_versions()}))
    write_page(folder / PAGE, ranking_page(ranking, command_line()))
    return table
