"""Score predictions as the competition does, with a correlation report.

python pgdl_eval/score.py REFERENCE_DIR PREDICTION_DIR OUTPUT_DIR
python pgdl_eval/score.py INPUT_DIR OUTPUT_DIR          INPUT_DIR/ref and INPUT_DIR/res, as on Codalab
python pgdl_eval/score.py                               the embedded sample
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

if not __package__:  # run as a script: this folder must not stand on the path, its parent must
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from complexity.errors import InputError
from complexity.measures.registry import Direction
from pgdl_eval.formats.predictions import TimeExceeded, read_predictions
from pgdl_eval.formats.reference import Reference, check_grid, read_reference
from pgdl_eval.measures import all_measures
from pgdl_eval.metrics.evaluation import Evaluation, MeanScore, TaskStatistics, evaluate, mean_score, task_statistics
from pgdl_eval.metrics.half_samples import RESAMPLES
from pgdl_eval.metrics.half_samples import SEED as HALF_SAMPLE_SEED
from pgdl_eval.metrics.hyperparameter_floor import FLOOR, hyperparameter_floor
from pgdl_eval.metrics.mutual_information import joined_values_collide
from pgdl_eval.metrics.noise_band import RANDOM_MEASURES, SEED
from pgdl_eval.provenance import installed_versions, provenance_file, read_provenance
from pgdl_eval.report.files import write_csv, write_groups_csv, write_report_json
from pgdl_eval.report.official import write_scores
from pgdl_eval.report.scatter import write_scatter
from pgdl_eval.report.table import correlation_table, ranking_table, robustness_table, score_table
from pgdl_eval.variants import base_name

IGNORED = (".DS_Store", "__MACOSX", "__pycache__")

Values = NDArray[np.float64]


@dataclass
class Scores:
    """What scoring found: rows of the report, the values behind them, and what went wrong.

    `rows` are measures on tasks, the floors of the tasks last; `means` what has a score on every one of several tasks.
    """

    rows: list[Evaluation] = field(default_factory=list)
    means: list[MeanScore] = field(default_factory=list)
    values: dict[tuple[str, str], Values] = field(default_factory=dict)
    averages: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def score(reference_dir: Path, prediction_dir: Path, output_dir: Path) -> tuple[Scores, dict[str, TaskStatistics]]:
    """Score every measure on every task and write all files of the report.

    Parameters
    ----------
    reference_dir : TASK/model_configs.json, also below `reference_data`.
    prediction_dir : TASK.predict for one measure, or MEASURE/TASK.predict for several.
    output_dir : gets scores.txt and scores.html (in a folder a measure where there are several), report.csv,
        within_groups.csv, report.json and a PNG for each task and measure.

    Raises
    ------
    InputError
        For folders that cannot be used. What is wrong with one task or measure stands in the result instead.
    """
    found = Scores()
    tasks = reference_files(reference_dir)
    statistics = prepare(tasks, found.errors, found.notes)
    measures = prediction_folders(prediction_dir, list(tasks))
    for measure, folder in measures.items():
        target = output_dir if len(measures) == 1 else output_dir / measure
        _score_measure(measure, folder, target, list(tasks), statistics, found)
    _add_floors(found, statistics)
    _add_means(found, statistics, len(tasks))
    _write_report(found, output_dir)
    for row in found.rows:
        if not row.floor:
            picture = output_dir / f"{row.task}.{row.measure}.png"
            write_scatter(picture, row, found.values[row.task, row.measure], statistics[row.task].reference)
    return found, statistics


def _add_floors(found: Scores, statistics: Mapping[str, TaskStatistics]) -> None:
    """What the hyper-parameters alone reach on each task that has a row."""
    for task in dict.fromkeys(row.task for row in found.rows):
        reference = statistics[task].reference
        values = hyperparameter_floor(reference.gap, reference.hyperparameters)
        if values is not None:
            found.rows.append(evaluate(task, FLOOR, values, statistics[task], floor=True))
            found.values[task, FLOOR] = values


def _add_means(found: Scores, statistics: Mapping[str, TaskStatistics], tasks: int) -> None:
    for measure in dict.fromkeys(row.measure for row in found.rows):
        rows = [row for row in found.rows if row.measure == measure]
        if len(rows) == tasks > 1:
            values = [found.values[row.task, measure] for row in rows]
            found.means.append(mean_score(rows, values, [statistics[row.task] for row in rows]))


def _write_report(found: Scores, output_dir: Path) -> None:
    context = {
        "scored": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": installed_versions(),
        "random_measures": {"count": RANDOM_MEASURES, "seed": SEED},
        "half_samples": {"count": RESAMPLES, "seed": HALF_SAMPLE_SEED},
        "average_score": found.averages,
        "errors": found.errors,
        "notes": found.notes,
    }
    write_report_json(output_dir / "report.json", found.rows, found.means, context)
    if found.rows:
        write_csv(output_dir / "report.csv", found.rows, found.means)
        write_groups_csv(output_dir / "within_groups.csv", found.rows)


def reference_files(folder: Path) -> dict[str, Path]:
    """model_configs.json of each task, by the task's name."""
    if not folder.is_dir():
        raise InputError("no such folder", file=folder)
    if (folder / "reference_data").is_dir():
        folder = folder / "reference_data"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in IGNORED)
    if not names:
        raise InputError("no task in this folder", file=folder, expected="TASK/model_configs.json")
    return {name: folder / name / "model_configs.json" for name in names}


def prediction_folders(folder: Path, tasks: Sequence[str]) -> dict[str, Path]:
    """The folder of each measure's predictions, by the measure's name."""
    if not folder.is_dir():
        raise InputError("no such folder", file=folder)
    files = sorted(folder.glob("*.predict"))
    if files:
        beside = provenance_file(files[0])
        return {read_provenance(beside).measure if beside.exists() else folder.resolve().name: folder}
    found = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and any(path.glob("*.predict"))}
    if not found:
        raise InputError("no predictions", file=folder, expected=f"{tasks[0]}.predict, or MEASURE/{tasks[0]}.predict")
    return found


def declared_direction(measure: str) -> Direction:
    """What a registered measure of this name declares; predictions of others count as larger = larger gap."""
    known = all_measures().get(base_name(measure))
    return "larger gap" if known is None else known.higher_means


def prepare(tasks: Mapping[str, Path], errors: list[str], notes: list[str]) -> dict[str, TaskStatistics]:
    """What scoring needs of each task; one whose reference cannot be used is an error of its own."""
    ready = {}
    for task, file in tasks.items():
        try:
            reference: Reference = read_reference(file)
            check_grid(reference)
            ready[task] = task_statistics(reference)
        except InputError as error:
            errors.append(str(error.at(file=file)))
            continue
        if np.ptp(reference.gap) == 0:
            notes.append(f"{task}: all models have the same gap: there is nothing to rank, and every score is 0")
        if joined_values_collide(reference.possible_values):
            notes.append(
                f"{task}: values of hyper-parameters collide when joined as text (1 and 12, 11 and 2): the "
                "competition's own program gives no defined number here; this is the exact one"
            )
    return ready


def _score_measure(
    measure: str,
    folder: Path,
    target: Path,
    tasks: Sequence[str],
    statistics: Mapping[str, TaskStatistics],
    found: Scores,
) -> None:
    scores: dict[str, float | None] = {}
    exceeded = False
    for task in tasks:
        scores[task] = None
        if task not in statistics:
            continue
        try:
            values = read_predictions(folder / f"{task}.predict", statistics[task].reference.models)
        except TimeExceeded as error:
            exceeded = True
            del scores[task]
            found.errors.append(f"{error}: the average is 0")
            continue
        except InputError as error:
            found.errors.append(str(error))
            continue
        row = evaluate(task, measure, values, statistics[task], higher_means=declared_direction(measure))
        scores[task] = row.score
        found.rows.append(row)
        found.values[task, measure] = values
    if not any(score is not None for score in scores.values()):
        found.errors.append(f"{folder}: no task could be scored")
    found.averages[measure] = write_scores(target, scores, exceeded=exceeded)


@click.command(help=__doc__)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
def main(folders: tuple[Path, ...]) -> None:
    """The command line; see the module."""
    console = Console(soft_wrap=False)
    try:
        sys.exit(_run(folders, console))
    except InputError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", markup=False, highlight=False)
        sys.exit(1)


def _run(folders: tuple[Path, ...], console: Console) -> int:
    if len(folders) not in (0, 2, 3):
        raise click.UsageError("expected REFERENCE_DIR PREDICTION_DIR OUTPUT_DIR, or INPUT_DIR OUTPUT_DIR, or nothing")
    if not folders:
        from pgdl_eval.sample.run import run_sample

        reference_dir, prediction_dir = run_sample(console)
        output_dir = prediction_dir.parent / "report"
    elif len(folders) == 2:
        reference_dir, prediction_dir, output_dir = folders[0] / "ref", folders[0] / "res", folders[1]
    else:
        reference_dir, prediction_dir, output_dir = folders
    found, statistics = score(reference_dir, prediction_dir, output_dir)
    if not folders:
        first = found.rows[0]
        reference, values = statistics[first.task].reference, found.values[first.task, first.measure]
        console.print(ranking_table(first, reference.models, values.tolist(), reference.gap.tolist()))
    _print(found, output_dir, console)
    return 1 if found.errors else 0


def _print(found: Scores, output_dir: Path, console: Console) -> None:
    for task in dict.fromkeys(row.task for row in found.rows):
        rows = [row for row in found.rows if row.task == task]
        console.print(score_table(f"{task}, {rows[0].models} models", rows))
        console.print(correlation_table(rows), robustness_table(rows))
    if found.means:
        console.print(score_table(f"Mean over {found.means[0].tasks} tasks", found.means))
    for measure, average in found.averages.items():
        console.print(f"{measure}: task_average_score {average:0.12f}", markup=False, highlight=False)
    for note in found.notes:
        console.print(f"note: {note}", markup=False, highlight=False)
    console.print(f"files: {output_dir}", markup=False, highlight=False, soft_wrap=True)
    errors = Console(stderr=True, soft_wrap=True)
    for text in found.errors:
        errors.print(f"error: {text}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
