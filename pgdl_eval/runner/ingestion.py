"""From task folders to predictions: every measure on every model, resumable."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from complexity.errors import InputError, InputWarning
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure
from complexity.read_ahead import read_ahead
from complexity.samples import Samples

from ..engines import Networks, engine_for, engine_version
from ..formats.predictions import EXCEEDED
from ..formats.task import StoredModel, Task, find_tasks
from ..measures import chosen_settings
from ..sheet import Say, Sheet, open_sheet, prediction_file
from .combined import combine, summary

SECONDS_PER_MODEL = 300.0  # the competition's limit

Step = Callable[[str, str, int, int], None]


@dataclass
class Outcome:
    """What a run of `ingest` did: counts, and the failures as (task, measure, model, why)."""

    computed: int = 0
    skipped: int = 0
    exceeded: int = 0
    failures: list[tuple[str, str, str, str]] = field(default_factory=list)


def ingest(
    input_dir: Path,
    output_dir: Path,
    measures: Sequence[Measure],
    *,
    tasks: Sequence[str] = (),
    seconds_per_model: float = SECONDS_PER_MODEL,
    settings: Mapping[str, Any] | None = None,
    say: Say = lambda text: None,
    step: Step = lambda task, model, number, models: None,
) -> Outcome:
    """Compute measures for all models of all tasks; what is done already with the same settings is kept.

    The components of a combination are computed as measures of their own; it is then aggregated over all models.

    Parameters
    ----------
    input_dir : a folder of tasks, as `formats.task.find_tasks` reads it.
    output_dir : gets TASK.predict for one measure, MEASURE/TASK.predict for several (a combination and its components
        are several); see `formats.predictions`.
    tasks : only these; all if empty.
    seconds_per_model : a task's budget is this times its models; the model that runs past it keeps its value, all
        later ones get "EXCEEDED".
    settings : keyword arguments for the measures that take them; MEASURE.NAME is one for this measure alone.
    say, step : called with each message, and before each model with the names of task and model, its number
        from 0 and how many there are; once more with an empty name when all are done.

    Raises
    ------
    InputError
        For folders or settings that cannot be used. What is wrong with one model, or with one task, stands in the
        outcome instead, and the others run.
    """
    outcome = Outcome()
    measures = _with_components(measures)
    chosen = chosen_settings(measures, settings or {})
    for task in _selected(find_tasks(input_dir), tasks, input_dir):
        try:
            samples = Samples(*task.training_samples())
        except InputError as error:
            outcome.failures.append((task.name, "all measures", "all models", str(error)))
            say(f"failed {task.name}: {error}")
            continue
        sheets = {}
        for measure in measures:
            file = prediction_file(output_dir, measure, task.name, len(measures))
            sheets[measure.name] = open_sheet(file, measure, chosen[measure.name], task.name, samples.digest, say)
        run = TaskRun(task, samples, seconds_per_model * len(task.models), outcome, say, step)
        run.compute([sheet for sheet in sheets.values() if not isinstance(sheet.measure, Combination)])
        for sheet in sheets.values():
            if isinstance(sheet.measure, Combination):
                run.combine(sheet, [sheets[part.name] for part in sheet.measure.components])
    return outcome


@dataclass(frozen=True)
class TaskRun:
    """One task at work: its samples, the seconds that each measure has for it, what comes of it, and who is told."""

    task: Task
    samples: Samples
    budget: float
    outcome: Outcome
    say: Say
    step: Step

    def compute(self, sheets: Sequence[Sheet]) -> None:
        """Compute the values that the sheets of single measures lack, model by model."""
        task, outcome = self.task, self.outcome
        outcome.skipped += sum(sheet.done(model) for sheet in sheets for model in task.models)
        for sheet in sheets:
            sheet.write()  # a folder that cannot be written is said before anything is computed
        wanted = [model for model in task.models if any(self._runs(sheet, model) for sheet in sheets)]
        stored = read_ahead(partial(task.read_model, model) for model in wanted)
        for number, model in enumerate(task.models):
            self.step(task.name, model, number, len(task.models))
            waiting = [sheet for sheet in sheets if not sheet.done(model)]
            running = [sheet for sheet in waiting if self._runs(sheet, model)]
            for sheet in waiting:
                if sheet not in running:
                    sheet.values[model] = EXCEEDED
                    outcome.exceeded += 1
                    sheet.write()
            if model in wanted:
                read = next(stored)
                if running:
                    self._model(model, read, running)
        self.step(task.name, "", len(task.models), len(task.models))

    def combine(self, sheet: Sheet, components: Sequence[Sheet]) -> None:
        """Aggregate the components' values over all models, and note what came of it."""
        name, before = sheet.measure.name, dict(sheet.values)
        try:
            combine(sheet, components, self.task.models)
        except InputError as error:
            why = str(error.at(file=sheet.file))
            self.outcome.failures.append((self.task.name, name, "all models", why))
            self.say(f"failed {self.task.name} {name}: {why}")
            return
        for model, why in sheet.provenance.failures.items():
            self.outcome.failures.append((self.task.name, name, model, why))
        done = sum(before.get(model) == value for model, value in sheet.values.items())
        self.outcome.skipped += done
        self.outcome.computed += len(sheet.values) - done
        self.say(f"{self.task.name} {name}: {summary(sheet)}")

    def _runs(self, sheet: Sheet, model: str) -> bool:
        """Whether the model still needs a value, and there is time for it."""
        return not sheet.done(model) and sheet.seconds() < self.budget

    def _model(self, model: str, read: Future[StoredModel], sheets: Sequence[Sheet]) -> None:
        """Read a model once and compute every measure of it."""
        try:
            networks = Networks(read.result())
        except Exception as error:
            for sheet in sheets:
                self._fail(sheet, model, error)
            return
        for sheet in sheets:
            began = time.perf_counter()
            try:
                engine = engine_for(sheet.measure)
                before = engine in networks.made
                network, building = networks.on(engine)
                self._value(sheet, model, network)
                self.outcome.computed += 1
            except Exception as error:
                self._fail(sheet, model, error)
                continue
            sheet.provenance.engines[model] = engine_version(engine)
            sheet.provenance.seconds[model] = (building if before else 0.0) + time.perf_counter() - began
            sheet.write()

    def _value(self, sheet: Sheet, model: str, network: Any) -> None:
        """Compute one value, with the doubts that the measure has of it."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = sheet.measure(network, self.samples, progress=False, **sheet.settings)
        if not np.isfinite(value):
            raise InputError(
                "the measure is not a finite number", model=model, field=sheet.measure.name, found=float(value)
            )
        sheet.values[model] = float(value)
        if value.own_details:
            sheet.provenance.details[model] = value.own_details
        doubts = [str(one.message) for one in caught if issubclass(one.category, InputWarning)]
        if doubts:
            sheet.provenance.warnings[model] = doubts
            for doubt in doubts:
                self.say(f"warning {self.task.name} {model} {sheet.measure.name}: {doubt}")

    def _fail(self, sheet: Sheet, model: str, error: Exception) -> None:
        """Note a model without a value: any exception of a stranger's measure or model counts, the others still run."""
        folder = self.task.folder / model
        if isinstance(error, InputError):
            why = str(error.at(file=folder, model=model))
        else:
            why = f"{folder}: {type(error).__name__}: {error}"
        sheet.values.pop(model, None)
        sheet.provenance.failures[model] = why
        self.outcome.failures.append((self.task.name, sheet.measure.name, model, why))
        self.say(f"failed {self.task.name} {model} {sheet.measure.name}: {why}")
        sheet.write()


def _with_components(measures: Sequence[Measure]) -> list[Measure]:
    """The measures and the components of combinations, each once."""
    found: dict[str, Measure] = {}
    for measure in measures:
        for part in (*(measure.components if isinstance(measure, Combination) else ()), measure):
            found.setdefault(part.name, part)
    return list(found.values())


def _selected(found: Sequence[Task], names: Sequence[str], input_dir: Path) -> list[Task]:
    """The tasks of these names, or all."""
    unknown = sorted(set(names) - {task.name for task in found})
    if unknown:
        known = ", ".join(task.name for task in found)
        raise InputError("no such task", file=input_dir, expected=f"one of {known}", found=unknown[0])
    return [task for task in found if not names or task.name in names]
