"""From task folders to predictions: every measure on every model, resumable."""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from complexity.errors import InputError, InputWarning
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure
from complexity.samples import Samples

from .combined import combine, summary
from .formats.predictions import EXCEEDED
from .formats.task import StoredModel, Task, find_tasks
from .settings import chosen_settings
from .sheet import Say, Sheet, open_sheet, prediction_file

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
        single = [sheet for sheet in sheets.values() if not isinstance(sheet.measure, Combination)]
        _run_task(task, samples, single, seconds_per_model, outcome, say, step)
        for sheet in sheets.values():
            if isinstance(sheet.measure, Combination):
                _run_combination(task, sheet, [sheets[part.name] for part in sheet.measure.components], outcome, say)
    return outcome


def _run_task(
    task: Task,
    samples: Samples,
    sheets: Sequence[Sheet],
    seconds_per_model: float,
    outcome: Outcome,
    say: Say,
    step: Step,
) -> None:
    budget = seconds_per_model * len(task.models)
    open_models = [model for model in task.models if not all(sheet.done(model) for sheet in sheets)]
    outcome.skipped += sum(sheet.done(model) for sheet in sheets for model in task.models)
    for sheet in sheets:
        sheet.write()  # a folder that cannot be written is said before anything is computed
    wanted = [m for m in open_models if any(not s.done(m) and s.seconds() < budget for s in sheets)]
    stored = read_ahead(task, wanted)
    for number, model in enumerate(task.models):
        step(task.name, model, number, len(task.models))
        waiting = [sheet for sheet in sheets if not sheet.done(model)]
        running = [sheet for sheet in waiting if sheet.seconds() < budget]
        for sheet in waiting:
            if sheet not in running:
                sheet.values[model] = EXCEEDED
                outcome.exceeded += 1
                sheet.write()
        if model in wanted:
            read = next(stored)
            if running:
                _run_model(task, model, read, samples, running, outcome, say)
    step(task.name, "", len(task.models), len(task.models))


def _run_model(
    task: Task,
    model: str,
    read: Future[StoredModel],
    samples: Samples,
    sheets: Sequence[Sheet],
    outcome: Outcome,
    say: Say,
) -> None:
    from .keras_models import build, clear_session

    began = time.perf_counter()
    try:
        clear_session()
        network = build(read.result())
    except Exception as error:
        for sheet in sheets:
            _fail(sheet, task, model, error, outcome, say)
        return
    building = time.perf_counter() - began
    for sheet in sheets:
        began = time.perf_counter()
        try:
            _compute(sheet, model, network, samples, say)
            outcome.computed += 1
        except Exception as error:
            _fail(sheet, task, model, error, outcome, say)
            continue
        sheet.provenance.seconds[model] = building + time.perf_counter() - began
        sheet.write()
    del network
    gc.collect()


def _compute(sheet: Sheet, model: str, network: Any, samples: Samples, say: Say) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = sheet.measure(network, samples, **sheet.settings)
    if not np.isfinite(value):
        raise InputError(
            "the measure is not a finite number", model=model, field=sheet.measure.name, found=float(value)
        )
    sheet.values[model] = float(value)
    if value.details:
        sheet.provenance.details[model] = dict(value.details)
    doubts = [str(one.message) for one in caught if issubclass(one.category, InputWarning)]
    if doubts:
        sheet.provenance.warnings[model] = doubts
        for doubt in doubts:
            say(f"warning {sheet.provenance.task} {model} {sheet.measure.name}: {doubt}")


def _fail(sheet: Sheet, task: Task, model: str, error: Exception, outcome: Outcome, say: Say) -> None:
    """Note a model without a value: any exception of a stranger's measure or model counts, the others still run."""
    located = error.at(file=task.folder / model, model=model) if isinstance(error, InputError) else error
    why = str(located) if isinstance(located, InputError) else f"{task.folder / model}: {type(error).__name__}: {error}"
    sheet.values.pop(model, None)
    sheet.provenance.failures[model] = why
    outcome.failures.append((task.name, sheet.measure.name, model, why))
    say(f"failed {task.name} {model} {sheet.measure.name}: {why}")
    sheet.write()


def read_ahead(task: Task, models: Sequence[str]) -> Iterator[Future[StoredModel]]:
    """The files of each model, read in the background while the one before is computed; two are in memory at most."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        following = reader.submit(task.read_model, models[0]) if models else None
        for position in range(len(models)):
            current, following = following, None
            assert current is not None
            current.exception()  # waits: the next one is read only when this one is there
            if position + 1 < len(models):
                following = reader.submit(task.read_model, models[position + 1])
            yield current
            del current


def _run_combination(task: Task, sheet: Sheet, components: Sequence[Sheet], outcome: Outcome, say: Say) -> None:
    name, before = sheet.measure.name, dict(sheet.values)
    try:
        combine(sheet, components, task.models)
    except InputError as error:
        why = str(error.at(file=sheet.file))
        outcome.failures.append((task.name, name, "all models", why))
        say(f"failed {task.name} {name}: {why}")
        return
    for model, why in sheet.provenance.failures.items():
        outcome.failures.append((task.name, name, model, why))
    done = sum(before.get(model) == value for model, value in sheet.values.items())
    outcome.skipped += done
    outcome.computed += len(sheet.values) - done
    say(f"{task.name} {name}: {summary(sheet)}")


def _with_components(measures: Sequence[Measure]) -> list[Measure]:
    """The measures and the components of combinations, each once."""
    found: dict[str, Measure] = {}
    for measure in measures:
        for part in (*(measure.components if isinstance(measure, Combination) else ()), measure):
            found.setdefault(part.name, part)
    return list(found.values())


def _selected(found: Sequence[Task], names: Sequence[str], input_dir: Path) -> list[Task]:
    unknown = sorted(set(names) - {task.name for task in found})
    if unknown:
        known = ", ".join(task.name for task in found)
        raise InputError("no such task", file=input_dir, expected=f"one of {known}", found=unknown[0])
    return [task for task in found if not names or task.name in names]
