"""The paper's Table 1 over any task folder: every measure's score beside the paper's, noise band and cost."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from complexity.errors import InputError

from .formats.atomic import json_text
from .formats.task import REFERENCE, find_tasks, has_models
from .ingest import time_limit_option, workers_option
from .measures import PAPER, all_measures
from .provenance import command_line
from .report.files import plain
from .report.score_page.page import write_board_page
from .report.table1 import adds_rows, certainty_rows, orderings, records, score_rows, spearman_rows, write_table
from .runner.ingestion import SECONDS_PER_MODEL, Step, ingest
from .runner.progress import model_progress
from .safe_console import SafeConsole
from .scoreboard import Scoreboard, measure_folders, reference_files, scoreboard
from .sheet import Say
from .terminal import console, json_option, quiet_option

PREDICTIONS = "predictions"

USUAL = (*PAPER, "mixup_davies_bouldin", "subspace_stability")


def table1(
    input_dir: Path,
    reference_dir: Path | None,
    output_dir: Path,
    *,
    seconds_per_model: float = SECONDS_PER_MODEL,
    workers: int = 1,
    everything: bool = False,
    say: Say = lambda text: None,
    step: Step = lambda task, model, number, models: None,
) -> Scoreboard:
    """Compute what is missing, read what is there, evaluate all of it.

    Parameters
    ----------
    input_dir : a folder of tasks; or of predictions alone, as `predictions/MEASURE/TASK.predict`.
    reference_dir : TASK/model_configs.json, also below `reference_data`; None for `input_dir`.
    output_dir : keeps the values as MEASURE/TASK.predict; a later run goes on from there.
    seconds_per_model, workers : as for `ingest`.
    everything : compute all measures that are known, and not `USUAL` alone.

    Raises
    ------
    InputError
        If there is no task, or nothing to show for any.
    """
    errors: list[str] = []
    lacking: Mapping[str, InputError] = {}
    if has_models(input_dir):
        known = all_measures()
        measures = list(known.values()) if everything else [known[name] for name in USUAL]
        outcome = ingest(
            input_dir, output_dir, measures, seconds_per_model=seconds_per_model, workers=workers, say=say, step=step
        )
        lacking = outcome.lacking
        errors += [str(error) for error in lacking.values()]
        errors += [
            f"{task}: {measure}: {model}: {why}"
            for task, measure, model, why in outcome.failures if measure not in lacking
        ]  # fmt: skip
    board = scoreboard(_references(input_dir, reference_dir))
    board.errors[:0] = errors
    if not board.tasks:
        raise InputError(f"no task can be scored: {board.errors[-1]}")
    board.names = tuple(board.tasks)  # the others have no column
    folders = [output_dir, input_dir / PREDICTIONS]
    stored = [path.name for folder in folders for path in measure_folders(folder)]
    for measure in dict.fromkeys([*USUAL, *(all_measures() if everything else ()), *stored]):
        row = board.add(measure, _stored(measure, list(board.tasks), folders))
        row.lacking = str(lacking[measure].expected) if measure in lacking else ""
        board.errors += [str(error) for error in (*row.missing.values(), *row.unreadable) if error is not None]
    if not board.evaluations():
        raise InputError(
            "no predictions for any task", file=input_dir, expected=f"models, or {PREDICTIONS}/MEASURE/TASK.predict",
            found=f"tasks {', '.join(board.tasks)}",
        )  # fmt: skip
    return board


def _stored(measure: str, tasks: Sequence[str], folders: Sequence[Path]) -> dict[str, Path]:
    """The predictions of a measure by task, each from the first folder that has them."""
    found: dict[str, Path] = {}
    for folder in reversed(folders):
        found |= {task: file for task in tasks if (file := folder / measure / f"{task}.predict").exists()}
    return found


def _references(input_dir: Path, reference_dir: Path | None) -> dict[str, Path]:
    """model_configs.json of each task."""
    if reference_dir is None and has_models(input_dir):
        return {task.name: task.reference_file for task in find_tasks(input_dir)}
    folder = reference_dir or input_dir
    found = {task: file for task, file in reference_files(folder).items() if file.exists()}
    if not found:
        raise InputError("no task in this folder", file=folder, expected=f"TASK/{REFERENCE}")
    return found


@click.command("table1")
@click.argument("input_dir", type=click.Path(path_type=Path))
@click.argument("reference_dir", type=click.Path(path_type=Path), required=False)
@click.option("--out", "output_dir", type=click.Path(path_type=Path), default=Path("table1_output"),
              show_default=True, help="Where values are kept and the table is written.")  # fmt: skip
@time_limit_option
@workers_option
@click.option("--all", "everything", is_flag=True, help="All measures that there are: minutes a task more.")
@quiet_option
@json_option
def table1_command(
    input_dir: Path, reference_dir: Path | None, output_dir: Path, time_limit: float, workers: int, everything: bool,
    quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """The paper's Table 1 on the models, or the predictions, in INPUT_DIR; what is done already is kept.

    \b
    pvector table1 INPUT_DIR --out table1_output
    pvector table1 FOLDER_WITH_predictions REFERENCE_DIR --json
    """
    with model_progress(quiet=quiet) as progress:
        board = table1(
            input_dir, reference_dir, output_dir, seconds_per_model=time_limit, workers=workers, everything=everything,
            say=progress.say, step=progress.step,
        )  # fmt: skip
    write_table(board, output_dir)
    if as_json:
        rows = records(list(board.rows.values()), list(board.tasks))
        click.echo(json_text(plain({"rows": rows, "errors": board.errors, "notes": board.notes})), nl=False)
    else:
        _print(board, output_dir, SafeConsole(quiet=quiet))
    order = orderings(list(board.rows.values()))
    board.add_floor()
    write_board_page(output_dir, board, command_line(), paper=PAPER, order=order)
    for text in board.errors:
        console().print(f"error: {text}", soft_wrap=True)
    sys.exit(1 if board.errors else 0)


def _print(board: Scoreboard, output_dir: Path, shown_on: SafeConsole) -> None:
    rows, tasks = list(board.rows.values()), list(board.tasks)
    sizes = ", ".join(f"{task} ({len(statistics.names)} models)" for task, statistics in board.tasks.items())
    shown_on.print(f"Table 1 on {sizes}", markup=False, highlight=False)
    shown_on.print(score_rows(rows, tasks), certainty_rows(rows), spearman_rows(rows, tasks), adds_rows(rows, tasks))
    for line in (orderings(rows), *(f"note: {note}" for note in board.notes)):
        shown_on.print(line, markup=False, highlight=False)
    shown_on.print(f"files: {output_dir}", markup=False, highlight=False, soft_wrap=True)
