"""Score predictions as the competition does, with a correlation report; also a script: see `main`."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:  # run as a script: this folder must not stand on the path, its parent must
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from typing import TYPE_CHECKING

import click

from complexity.threads import one_blas_thread
from pgdl_eval.terminal import console, json_option, quiet_option, run

if TYPE_CHECKING:
    from pgdl_eval.scoreboard import Scoreboard


@one_blas_thread()  # more of them wait for each other in small products, four times as long
def score(reference_dir: Path, prediction_dir: Path, output_dir: Path, *, pictures: bool = True) -> Scoreboard:
    """Score every measure on every task and write all files of the report.

    Parameters
    ----------
    reference_dir : TASK/model_configs.json, also below `reference_data`.
    prediction_dir : TASK.predict for one measure, or MEASURE/TASK.predict for several.
    output_dir : gets scores.txt and scores.html (in a folder a measure where there are several), report.html,
        report.csv, within_groups.csv, report.json, a PNG for each task and measure; for several measures
        differences.csv, and for several seeds of a task seeds.csv.
    pictures : whether the PNGs are drawn.

    Raises
    ------
    InputError
        For folders that cannot be used. What is wrong with one task or measure stands in the result instead.
    """
    from pgdl_eval.formats.file_names import file_name
    from pgdl_eval.formats.predictions import TimeExceeded
    from pgdl_eval.provenance import command_line
    from pgdl_eval.report.files import write_report
    from pgdl_eval.report.official import write_scores
    from pgdl_eval.report.score_page.page import write_board_page
    from pgdl_eval.scoreboard import prediction_folders, reference_files, scoreboard

    board = scoreboard(reference_files(reference_dir))
    folders = prediction_folders(prediction_dir, board.names)
    for measure, folder in folders.items():
        row = board.add(measure, {task: folder / f"{task}.predict" for task in board.tasks})
        target = output_dir if len(folders) == 1 else output_dir / file_name(measure)
        board.averages[measure] = write_scores(target, row, board.names)
        wrong = row.missing.values()
        board.errors += [f"{e}: the average is 0" if isinstance(e, TimeExceeded) else str(e) for e in wrong]
        if not row.evaluations and not row.partial:
            board.errors.append(f"{folder}: no task could be scored")
    board.add_floor()
    board.add_comparisons()
    board.add_seeds()
    if pictures:
        from pgdl_eval.report.scatter import write_scatters

        board.errors += write_scatters(output_dir, board)
    write_report(output_dir, board)
    write_board_page(output_dir, board, command_line())
    return board


@click.command("score")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@quiet_option
@json_option
@click.option("--no-pictures", is_flag=True, help="Draw no picture of each task and measure.")
def main(folders: tuple[Path, ...], quiet: bool, as_json: bool, no_pictures: bool) -> None:
    """Score predictions as the competition does, with a correlation report.

    \b
    python pgdl_eval/score.py REFERENCE_DIR PREDICTION_DIR OUTPUT_DIR
    python pgdl_eval/score.py INPUT_DIR OUTPUT_DIR      INPUT_DIR/ref and INPUT_DIR/res, as on Codalab
    python pgdl_eval/score.py                           the embedded sample

    PREDICTION_DIR holds TASK.predict for one measure, MEASURE/TASK.predict for several. With --json the content of
    OUTPUT_DIR/report.json is printed.
    """
    if len(folders) not in (0, 2, 3):
        raise click.UsageError("expected REFERENCE_DIR PREDICTION_DIR OUTPUT_DIR, or INPUT_DIR OUTPUT_DIR, or nothing")
    if not folders:
        from pgdl_eval.sample.run import run_sample

        reference_dir, prediction_dir = run_sample(quiet=quiet or as_json)
        output_dir = prediction_dir.parent / "report"
    elif len(folders) == 2:
        reference_dir, prediction_dir, output_dir = folders[0] / "ref", folders[0] / "res", folders[1]
    else:
        reference_dir, prediction_dir, output_dir = folders
    board = score(reference_dir, prediction_dir, output_dir, pictures=not no_pictures)
    if as_json:
        click.echo((output_dir / "report.json").read_text(encoding="utf-8"), nl=False)
    elif not quiet:
        _print(board, output_dir, ranking=not folders)
    for text in board.errors:
        console().print(f"error: {text}", soft_wrap=True)
    sys.exit(1 if board.errors else 0)


def _print(board: Scoreboard, output_dir: Path, *, ranking: bool) -> None:
    """The tables of the report; `ranking` puts the models before them, as the first measure orders them."""
    from pgdl_eval.report.table import (
        correlation_table,
        difference_table,
        ranking_table,
        robustness_table,
        score_table,
        seeds_table,
    )  # fmt: skip
    from pgdl_eval.safe_console import SafeConsole
    from pgdl_eval.scoreboard import NO_SECOND_SEED

    shown_on = SafeConsole()
    rows = board.evaluations()
    if ranking:
        task, values = board.evaluated(rows[0])
        shown_on.print(ranking_table(rows[0], task.names, values.tolist(), task.gap.tolist()))
    for name in dict.fromkeys(row.task for row in rows):
        of_task = board.evaluations(name)
        shown_on.print(score_table(f"{name}, {max(row.models for row in of_task)} models", of_task))
        shown_on.print(correlation_table(of_task), robustness_table(of_task))
        if pairs := board.comparisons[name]:
            shown_on.print(difference_table(pairs))
    for name, seeds in board.seeds.items():
        shown_on.print(seeds_table(name, seeds))
    if means := board.means():
        shown_on.print(score_table(f"Mean over {means[0].tasks} tasks", means))
    lines = [f"{measure}: task_average_score {average:0.12f}" for measure, average in board.averages.items()]
    lines += [f"note: {note}" for note in board.notes]
    for line in [*lines, *([] if board.seeds else [f"no ceiling: {NO_SECOND_SEED}"])]:
        shown_on.print(line, markup=False, highlight=False)
    shown_on.print(f"files: {output_dir}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run(main, "score.py")
