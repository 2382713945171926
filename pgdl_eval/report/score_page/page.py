"""report.html of a scoreboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ...metrics.hyperparameter_floor import FLOOR
from ...scoreboard import NO_SECOND_SEED, Scoreboard
from ..page.sections import Messages, Page, Section
from ..page.writing import write_page
from .charts import heat_map, scatters
from .facts import facts, warnings
from .tables import mean_leaderboard, paper_table, seeds_table, task_leaderboard
from .verdicts import verdicts


def write_board_page(
    folder: Path, board: Scoreboard, command: str, *, paper: Mapping[str, float] | None = None, order: str = ""
) -> None:
    """report.html of all that a board, with its floor, holds.

    Parameters
    ----------
    command : that was called.
    paper, order : the scores of the paper's Table 1, which then stands before all else, and what agrees with it.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    write_page(folder / "report.html", board_page(board, command, paper=paper, order=order))


def board_page(board: Scoreboard, command: str, *, paper: Mapping[str, float] | None = None, order: str = "") -> Page:
    """The page of `write_board_page`."""
    rows = [row for row in board.rows.values() if (row.evaluations or row.partial) and row.measure != FLOOR]
    sizes = ", ".join(f"{task} ({len(one.names)} models)" for task, one in board.tasks.items())
    summary = f"{len(rows)} measure{'s' * (len(rows) != 1)} on {sizes or 'no task'}"
    title = "Which measures predict the generalization gap?"
    return Page(title, summary, tuple(_sections(board, command, paper, order)))


def _sections(board: Scoreboard, command: str, paper: Mapping[str, float] | None, order: str) -> Iterator[Section]:
    yield verdicts(board)
    yield Messages("Errors", "error", tuple(board.errors))
    if paper is not None:
        yield paper_table(board, paper, order)
    if board.means():
        yield mean_leaderboard(board)
    for task, seeds in board.seeds.items():
        yield seeds_table(task, seeds)
    notes = board.notes if board.seeds else [*board.notes, f"no ceiling: {NO_SECOND_SEED}"]
    yield Messages("Notes", "note", tuple(notes))
    for task in board.tasks:
        if not board.evaluations(task):
            continue
        yield task_leaderboard(board, task)
        yield scatters(board, task)
        if (found := heat_map(board, task)) is not None:
            yield found
    yield Messages("Warnings", "warning", warnings(board))
    yield facts(board, command)
