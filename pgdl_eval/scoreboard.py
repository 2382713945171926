"""Measures x tasks: what each measure scores on each task and in the mean, what is missing, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.registry import Direction

from .formats.file_names import check_name, folder_name
from .formats.predictions import TimeExceeded, read_predictions, usable_predictions
from .formats.reference import IGNORED, REFERENCE, check_grid, read_reference
from .measures import all_measures, base_name
from .metrics.constant import without_rounding_noise
from .metrics.difference import Comparison, compare
from .metrics.evaluation import Evaluation, MeanScore, TaskStatistics, evaluate, mean_score, task_statistics
from .metrics.hyperparameter_floor import FLOOR, hyperparameter_floor
from .metrics.mutual_information import joined_values_collide
from .metrics.over_seeds import OverSeeds, over_seeds
from .metrics.seed_names import seeds_of_tasks
from .provenance import Provenance, provenance_file, read_provenance

Values = NDArray[np.float64]
NO_SECOND_SEED = "no task has a second seed (TASK.seed_1 beside TASK)"
NAMED = 5  # tasks that a message names at most


@dataclass(frozen=True)
class Partial:
    """A measure on those models of a task for which it has a value that can be used.

    `statistics`, `values` : of these k models; (k,).
    """

    evaluation: Evaluation
    statistics: TaskStatistics
    values: Values


@dataclass
class Row:
    """A measure on all tasks.

    Attributes
    ----------
    measure : its name.
    evaluations : by task, where there is a value of each of its models.
    values : by task, the (n,) values behind the evaluation.
    files : by task, where they were read.
    missing : by task without an evaluation, why; None where there is no file.
    partial : by task of these, the evaluation on the models that have a value, where most of them have. It stands in no
        mean and no comparison.
    mean : over the tasks, where it has a score on every one of several.
    lacking : the package for want of which nothing could be computed, "the extra [torch]"; empty where that is not so.
    """

    measure: str
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    values: dict[str, Values] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    missing: dict[str, InputError | None] = field(default_factory=dict)
    partial: dict[str, Partial] = field(default_factory=dict)
    mean: MeanScore | None = None
    lacking: str = ""

    @property
    def overall(self) -> Evaluation | MeanScore | None:
        """What stands for the measure: the mean over tasks, or the only task's evaluation."""
        return self.mean or (next(iter(self.evaluations.values())) if len(self.evaluations) == 1 else None)

    @cached_property
    def provenance(self) -> dict[str, Provenance]:
        """By task, how the values came about, where a file says it."""
        return {task: known for task, known in self._beside.items() if isinstance(known, Provenance)}

    @cached_property
    def unreadable(self) -> list[InputError]:
        """Of these files, what is wrong with those that cannot be read: no value depends on them."""
        return [error for error in self._beside.values() if isinstance(error, InputError)]

    @cached_property
    def _beside(self) -> dict[str, Provenance | InputError | None]:
        return {task: _provenance_or_error(file) for task, file in self.files.items()}

    @cached_property
    def seconds(self) -> float | None:
        """The seconds of a model, in the mean over the tasks whose provenance tells them; None where none does."""
        found = [list(known.seconds.values()) for known in self.provenance.values() if known.seconds]
        return float(np.mean([np.mean(of_models) for of_models in found])) if found else None


@dataclass
class Scoreboard:
    """All measures on all tasks.

    Attributes
    ----------
    names : of the tasks, in order; the mean is one over all of them.
    tasks : by name, what scoring needs of each task that can be scored.
    rows : by name of the measure, in order; the floor, where it is wanted, is the last.
    comparisons : by task, its pairs of measures, the one with the higher score first; empty where none are wanted.
    seeds : by task, where there are several seeds of it: the ceiling, and every measure on the mean over seeds.
    averages : by measure, what its scores.txt has as the average of the competition; empty where none is written.
    errors, notes : what is wrong, and what to know of the tasks.
    """

    names: tuple[str, ...]
    tasks: dict[str, TaskStatistics] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    comparisons: dict[str, list[Comparison]] = field(default_factory=dict)
    seeds: dict[str, OverSeeds] = field(default_factory=dict)
    averages: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _parts: dict[tuple[str, bytes], TaskStatistics] = field(default_factory=dict, repr=False, compare=False)

    def add(self, measure: str, files: Mapping[str, Path]) -> Row:
        """Evaluate the predictions of a measure: `files` by task, where there are any.

        What is wrong with one of them stands in the row.
        """
        row = self.rows[measure] = Row(measure)
        direction = declared_direction(measure)
        for task, statistics in self.tasks.items():
            if task not in files:
                row.missing[task] = None
                continue
            try:
                values = without_rounding_noise(read_predictions(files[task], statistics.names))
            except InputError as error:
                row.missing[task] = error if files[task].exists() else _no_file(error, files[task], task)
                if not isinstance(error, TimeExceeded):
                    self._add_partial(row, task, files[task])
                continue
            row.evaluations[task] = evaluate(task, measure, values, statistics, higher_means=direction)
            row.values[task], row.files[task] = values, files[task]
        self._add_mean(row)
        return row

    def add_floor(self) -> None:
        """A last row for what the hyper-parameters alone reach on each task that has an evaluation."""
        row = Row(FLOOR)
        for task in dict.fromkeys(found.task for found in self.evaluations()):
            statistics = self.tasks[task]
            values = hyperparameter_floor(statistics.gap, statistics.hyperparameters)
            if values is not None:
                row.evaluations[task] = evaluate(task, FLOOR, values, statistics, floor=True)
                row.values[task] = values
        if row.evaluations:
            self.rows[FLOOR] = row
            self._add_mean(row)

    def evaluations(self, task: str | None = None) -> list[Evaluation]:
        """All evaluations, measure by measure, or those on one task; on some of its models where others lack values."""
        found = []
        for row in self.rows.values():
            parts = {name: part.evaluation for name, part in row.partial.items()}
            found += [one for one in (row.evaluations | parts).values() if task in (None, one.task)]
        return found

    def evaluated(self, found: Evaluation) -> tuple[TaskStatistics, Values]:
        """What an evaluation is of: the models, and the measure's values of them."""
        row = self.rows[found.measure]
        if part := row.partial.get(found.task):
            return part.statistics, part.values
        return self.tasks[found.task], row.values[found.task]

    def means(self) -> list[MeanScore]:
        """The mean of each measure that has one."""
        return [row.mean for row in self.rows.values() if row.mean]

    def add_comparisons(self) -> None:
        """Compare every pair of measures on each task; floors are no measures."""
        for task, statistics in self.tasks.items():
            rows = [row.evaluations[task] for row in self.rows.values() if task in row.evaluations]
            rows = [one for one in rows if not one.floor]
            rows.sort(key=lambda one: -one.score)
            values = [self.rows[one.measure].values[task] for one in rows]
            self.comparisons[task] = compare(rows, values, statistics)

    def add_seeds(self) -> None:
        """Put the tasks together that are seeds of the same settings: TASK and TASK.seed_1, TASK.seed_2 and so on."""
        for task, names in seeds_of_tasks(list(self.tasks)).items():
            if len(names) == 1:
                if names[0] != task:
                    self.notes.append(f"{names[0]}: there is no other seed of {task}: no ceiling, no fragility")
                continue
            try:
                found = self.seeds[task] = over_seeds({name: self.tasks[name] for name in names})
            except InputError as error:
                self.errors.append(str(error))
                continue
            self.notes.append(
                f"{task}: its {len(names)} seeds count as tasks in the mean over tasks, whose intervals and noise take "
                "them as not independent"
            )
            for row in self.rows.values():
                if row.measure != FLOOR and all(name in row.values for name in names):
                    values = [row.values[name] for name in names]
                    found.add(row.measure, values, task, higher_means=declared_direction(row.measure))

    def _add_partial(self, row: Row, task: str, file: Path) -> None:
        """Evaluate the values that can be used, and note of how many models they are."""
        whole = self.tasks[task]
        if (usable := usable_predictions(file, whole.names)) is None:
            return
        chosen, values = usable
        if (known := self._parts.get((task, chosen.tobytes()))) is None:
            parameters = {name: [of[i] for i in chosen] for name, of in whole.hyperparameters.items()}
            known = task_statistics([whole.names[i] for i in chosen], whole.gap[chosen], parameters)
            self._parts[task, chosen.tobytes()] = known
        values = without_rounding_noise(values)
        found = evaluate(task, row.measure, values, known, higher_means=declared_direction(row.measure))
        row.partial[task], row.files[task] = Partial(found, known, values), file
        self.notes.append(
            f"{task}: {row.measure}: the report is of {len(values)} of {len(whole.names)} models; the competition's "
            "score needs all"
        )

    def _add_mean(self, row: Row) -> None:
        if len(row.evaluations) == len(self.names) > 1:
            tasks = [self.tasks[task] for task in row.evaluations]
            row.mean = mean_score(list(row.evaluations.values()), list(row.values.values()), tasks)


def scoreboard(references: Mapping[str, Path]) -> Scoreboard:
    """A board without rows over the tasks whose model_configs.json these are; one that cannot be used is an error."""
    board = Scoreboard(tuple(references))
    for task, file in references.items():
        try:
            reference = read_reference(file)
            check_grid(reference)
            board.tasks[task] = task_statistics(reference.models, reference.gap, reference.hyperparameters)
        except InputError as error:
            board.errors.append(str(error.at(file=file)))
            continue
        if np.ptp(reference.gap) == 0:
            board.notes.append(f"{task}: all models have the same gap: there is nothing to rank, and every score is 0")
        elif reason := board.tasks[task].unexplained.reason:
            board.notes.append(f"{task}: what a measure adds to the hyper-parameters is not defined: {reason}")
        if joined_values_collide(reference.possible_values):
            board.notes.append(
                f"{task}: values of hyper-parameters collide when joined as text (1 and 12, 11 and 2): the "
                "competition's own program gives no defined number here; this is the exact one"
            )
    return board


def _provenance_or_error(file: Path) -> Provenance | InputError | None:
    try:
        return read_provenance(file)
    except InputError as error:
        return error


def _no_file(error: InputError, file: Path, task: str) -> InputError:
    """The error of a task without predictions, with the tasks that have some."""
    others = sorted(path.stem for path in file.parent.glob("*.predict"))
    if not others:
        return error
    shown = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
    return InputError(f"no predictions for task {task}; there are some for {shown}", file=file)


def declared_direction(measure: str) -> Direction:
    """What a registered measure of this name declares; predictions of others count as larger = larger gap."""
    known = all_measures().get(base_name(measure))
    return "larger gap" if known is None else known.higher_means


def reference_files(folder: Path) -> dict[str, Path]:
    """model_configs.json of each task, by the task's name; the tasks may lie below `reference_data`."""
    if not folder.is_dir():
        raise InputError("no such folder", file=folder)
    if (folder / "reference_data").is_dir():
        folder = folder / "reference_data"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in IGNORED)
    if not names:
        raise InputError("no task in this folder", file=folder, expected=f"TASK/{REFERENCE}")
    return {name: folder / name / REFERENCE for name in names}


def prediction_folders(folder: Path, tasks: Sequence[str]) -> dict[str, Path]:
    """The folder of each measure's predictions, by the measure's name."""
    if not folder.is_dir():
        raise InputError("no such folder", file=folder)
    files = sorted(folder.glob("*.predict"))
    if files:
        known = read_provenance(files[0])
        if known:
            return {check_name(known.measure, file=provenance_file(files[0]), field="measure"): folder}
        return {folder_name(folder): folder}
    found = {path.name: path for path in measure_folders(folder)}
    if not found:
        raise InputError("no predictions", file=folder, expected=f"{tasks[0]}.predict, or MEASURE/{tasks[0]}.predict")
    return found


def measure_folders(folder: Path) -> Iterator[Path]:
    """The folders in this one that hold predictions, sorted; none where there is no such folder."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and any(path.glob("*.predict")):
            yield path
