"""The paper's Table 1 over any task folder: every measure's score beside the paper's, noise band and cost."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from complexity.errors import InputError
from complexity.measures.combination import Combination

from .formats.predictions import read_predictions
from .formats.task import REFERENCE, find_tasks, has_models
from .ingest import SECONDS_PER_MODEL, Step, ingest
from .measures import all_measures
from .metrics.evaluation import Evaluation, MeanScore, TaskStatistics, evaluate, mean_score
from .metrics.weight_sweep import WEIGHTS, score_by_weight
from .progress import progress_bar
from .provenance import installed_versions, provenance_file, read_provenance
from .report.table1 import certainty_rows, orderings, score_rows, spearman_rows, write_csv, write_figure, write_markdown
from .report.weight_figure import write_weight_figure
from .score import declared_direction, prepare, reference_files
from .sheet import Say

# Score (100 x conditional mutual information) of the paper's Table 1, the mean of the competition's public tasks.
PAPER = {
    "vc_dimension": 0.020,
    "jacobian_norm": 2.061,
    "angle": 3.325,
    "distance": 4.921,
    "distance+angle": 4.971,
    "sharpness": 10.667,
    "pseudo_validation": 13.531,
    "pseudo_validation+angle": 15.618,
}
PREDICTIONS = "predictions"

Values = NDArray[np.float64]


@dataclass
class Row:
    """A measure in the table.

    Attributes
    ----------
    measure : its name.
    paper : what the paper's Table 1 has for it, in percent; None for a measure that is not in it.
    evaluations : by task, where there are values of all its models.
    mean : over the tasks, where it has a score on every one of several.
    seconds : per model, the mean over the tasks that were computed here; None where that is not known.
    missing : by task, why it has no score.
    """

    measure: str
    paper: float | None
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    mean: MeanScore | None = None
    seconds: float | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def overall(self) -> Evaluation | MeanScore | None:
        """What stands for the measure: the mean over tasks, or the only task's row."""
        return self.mean or (next(iter(self.evaluations.values())) if len(self.evaluations) == 1 else None)


@dataclass
class Table1:
    """The table: its rows, the tasks in order with what scoring needs of them, what went wrong, what to know."""

    rows: list[Row]
    tasks: dict[str, TaskStatistics]
    values: dict[tuple[str, str], Values]
    errors: list[str]
    notes: list[str]


def table1(
    input_dir: Path,
    reference_dir: Path | None,
    output_dir: Path,
    *,
    seconds_per_model: float = SECONDS_PER_MODEL,
    say: Say = lambda text: None,
    step: Step = lambda task, model, number, models: None,
) -> Table1:
    """Compute what is missing, read what is there, evaluate all of it.

    Parameters
    ----------
    input_dir : a folder of tasks; or of predictions alone, as `predictions/MEASURE/TASK.predict`.
    reference_dir : TASK/model_configs.json, also below `reference_data`; None for `input_dir`.
    output_dir : keeps the values as MEASURE/TASK.predict; a later run goes on from there.
    seconds_per_model : as for `ingest`.

    Raises
    ------
    InputError
        If there is no task, or nothing to show for any.
    """
    errors: list[str] = []
    if has_models(input_dir):
        outcome = ingest(
            input_dir,
            output_dir,
            list(all_measures().values()),
            seconds_per_model=seconds_per_model,
            say=say,
            step=step,
        )
        errors += [f"{task}: {measure}: {model}: {why}" for task, measure, model, why in outcome.failures]
    notes: list[str] = []
    tasks = prepare(_references(input_dir, reference_dir), errors, notes)
    if not tasks:
        raise InputError(f"no task can be scored: {errors[-1]}")
    folders = [output_dir, input_dir / PREDICTIONS]
    found = Table1([], tasks, {}, errors, notes)
    for measure in _measures(folders):
        found.rows.append(_row(measure, folders, found))
    if not any(row.evaluations for row in found.rows):
        raise InputError(
            "no predictions for any task", file=input_dir, expected=f"models, or {PREDICTIONS}/MEASURE/TASK.predict",
            found=f"tasks {', '.join(tasks)}",
        )  # fmt: skip
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


def _measures(folders: Sequence[Path]) -> list[str]:
    """The paper's rows in its order, the other registered measures, and those that only have predictions."""
    stored = [
        path.name
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_dir() and any(path.glob("*.predict"))
    ]
    return list(dict.fromkeys([*PAPER, *all_measures(), *stored]))


def _row(measure: str, folders: Sequence[Path], table: Table1) -> Row:
    row, seconds = Row(measure, PAPER.get(measure)), []
    for task, statistics in table.tasks.items():
        file = next((path for folder in folders if (path := folder / measure / f"{task}.predict").exists()), None)
        if file is None:
            row.missing[task] = "no data"
            continue
        try:
            values = read_predictions(file, statistics.reference.models)
        except InputError as error:
            row.missing[task] = "incomplete"
            table.errors.append(str(error))
            continue
        table.values[task, measure] = values
        row.evaluations[task] = evaluate(
            task, measure, values, statistics, higher_means=declared_direction(measure)
        )  # fmt: skip
        if provenance_file(file).exists():
            seconds.append(float(np.mean(list(read_provenance(provenance_file(file)).seconds.values()))))
    row.seconds = float(np.mean(seconds)) if seconds else None
    if len(row.evaluations) == len(table.tasks) > 1:
        values_of = [table.values[task, measure] for task in table.tasks]
        row.mean = mean_score(list(row.evaluations.values()), values_of, list(table.tasks.values()))
    return row


def weight_sweeps(table: Table1) -> dict[str, dict[str, Values]]:
    """For each combination of two in the table, by task, its score at each of `WEIGHTS` for the second measure."""
    measures = all_measures()
    sweeps: dict[str, dict[str, Values]] = {}
    for name, measure in measures.items():
        if not isinstance(measure, Combination) or len(measure.components) != 2:
            continue
        for task, statistics in table.tasks.items():
            parts = [(part, table.values.get((task, part.name))) for part in measure.components]
            oriented = [part.orient(1.0) * values for part, values in parts if values is not None]
            if len(oriented) == 2:
                scores = score_by_weight(oriented[0], oriented[1], statistics.models)
                sweeps.setdefault(name, {})[task] = scores
    return sweeps


def write_table(table: Table1, output_dir: Path) -> None:
    """table1.csv, table1.md, table1.png and a picture of the weight for each combination."""
    rows, tasks = table.rows, list(table.tasks)
    write_csv(output_dir / "table1.csv", rows, tasks)
    write_markdown(output_dir / "table1.md", rows, tasks, installed_versions())
    write_figure(output_dir / "table1.png", rows, tasks)
    band = {task: float(np.quantile(statistics.random, 0.95)) for task, statistics in table.tasks.items()}
    for name, scores in weight_sweeps(table).items():
        write_weight_figure(output_dir / f"weight.{name}.png", name, WEIGHTS, scores, band)


@click.command("table1")
@click.argument("input_dir", type=click.Path(path_type=Path))
@click.argument("reference_dir", type=click.Path(path_type=Path), required=False)
@click.option("--output", "output_dir", type=click.Path(path_type=Path), default=Path("table1_output"),
              show_default=True, help="Where values are kept and the table is written.")  # fmt: skip
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), default=SECONDS_PER_MODEL, show_default=True,
              help="Seconds a model; a task has this times its models.")  # fmt: skip
def table1_command(input_dir: Path, reference_dir: Path | None, output_dir: Path, time_limit: float) -> None:
    """The paper's Table 1 on the models, or the predictions, in INPUT_DIR; what is done already is kept."""
    with progress_bar(Console(stderr=True)) as progress:
        table = table1(
            input_dir, reference_dir, output_dir, seconds_per_model=time_limit, say=progress.say, step=progress.step
        )
    write_table(table, output_dir)
    _print(table, output_dir, Console())
    sys.exit(1 if table.errors else 0)


def _print(table: Table1, output_dir: Path, console: Console) -> None:
    tasks: Mapping[str, TaskStatistics] = table.tasks
    sizes = ", ".join(f"{task} ({len(statistics.reference.models)} models)" for task, statistics in tasks.items())
    console.print(f"Table 1 on {sizes}", markup=False, highlight=False)
    console.print(
        score_rows(table.rows, list(tasks)), certainty_rows(table.rows), spearman_rows(table.rows, list(tasks))
    )
    console.print(orderings(table.rows), highlight=False, markup=False)
    for note in table.notes:
        console.print(f"note: {note}", markup=False, highlight=False)
    console.print(f"files: {output_dir}", markup=False, highlight=False, soft_wrap=True)
    errors = Console(stderr=True, soft_wrap=True)
    for text in table.errors:
        errors.print(f"error: {text}", markup=False, highlight=False)
