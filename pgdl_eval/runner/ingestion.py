"""From task folders to predictions: every measure on every model, resumable."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure
from complexity.samples import Samples
from complexity.timing import READING, phase, timed

from ..engines import engine_for
from ..formats.folder_lock import locked
from ..formats.output_log import append_output, log_file
from ..formats.predictions import EXCEEDED
from ..formats.stored_files import Identity, identities
from ..formats.task import Task, find_tasks
from ..measures import address, chosen_settings
from ..sheet import Say, Sheet, open_sheet, prediction_file
from ..submission import Submission
from .cluster_pool import cluster_pool
from .combined import combine, summary
from .computing import BESIDE, Beside, Computed, Job, ModelSet
from .isolation import Isolation, Limits
from .process_pool import process_pool
from .strangers import Strangers, is_apart
from .workers import AtWork, OneProcess, Processes, Workers

SECONDS_PER_MODEL = 300.0  # the competition's limit

Step = Callable[[str, str, int, int], None]


@dataclass
class Outcome:
    """What a run of `ingest` did: counts, and the failures as (task, measure, model, why).

    `lacking` says of measures, by name, which package each would need; nothing was computed of them. `profile` has the
    seconds by measure and phase where they were asked for; what measures share counts for the first that needs it.
    """

    computed: int = 0
    skipped: int = 0
    exceeded: int = 0
    failures: list[tuple[str, str, str, str]] = field(default_factory=list)
    lacking: dict[str, InputError] = field(default_factory=dict)
    profile: dict[str, dict[str, float]] = field(default_factory=dict)

    def spent(self, measure: str, phases: Mapping[str, float]) -> None:
        """Add seconds of a measure, by phase."""
        so_far = self.profile.setdefault(measure, {})
        for name, seconds in phases.items():
            so_far[name] = so_far.get(name, 0.0) + seconds


def ingest(
    input_dir: Path,
    output_dir: Path,
    measures: Sequence[Measure],
    *,
    tasks: Sequence[str] = (),
    seconds_per_model: float = SECONDS_PER_MODEL,
    settings: Mapping[str, Any] | None = None,
    workers: int = 1,
    cluster: str = "",
    profile: bool = False,
    limits: Limits | None = None,
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
    workers : processes that compute models, beside this one, which alone writes. Values, order and time limits are as
        with one; measures are found by their names in each. A script that asks for several must keep its own work
        behind `if __name__ == "__main__":`, since they import it.
    cluster : in place of workers, the address of a scheduler of Dask, or "local:N" for N processes: see `cluster`.
        Results are kept as they arrive, so a time limit leaves out the models that arrive last.
    profile : note in the outcome where time went.
    limits : what each process of a stranger's measure may take.
    say, step : called with each message, and before each model with the names of task and model, its number
        from 0 and how many there are; once more with an empty name when all are done.

    Raises
    ------
    InputError
        For folders or settings that cannot be used, two measures of one name, measures that workers cannot find, an
        isolation that does not work, and a worker that ends. What is wrong with one model, or with one task, stands in
        the outcome instead, and the others run.
    """
    measures = _with_components(measures)
    outcome = Outcome(lacking=_lacking(measures))
    for error in outcome.lacking.values():
        say(f"failed {error}")
    chosen = chosen_settings(measures, settings or {})
    if workers > 1 or cluster:
        for measure in measures:
            if not isinstance(measure, Combination | Submission):
                address(measure)  # one that workers cannot find is said before anything is computed
    selected = _selected(find_tasks(input_dir), tasks, input_dir)
    isolation = Isolation(limits or Limits(), (input_dir, output_dir))
    if any(map(is_apart, measures)):
        say(f"measures of strangers run {isolation.in_words()}")
    with locked(output_dir, say), processes_of(workers, cluster, profile, isolation) as processes:
        for task in selected:
            try:
                with timed(profile) as clock, phase(READING):
                    samples = Samples(*task.training_samples())
            except InputError as error:
                outcome.failures.append((task.name, "all measures", "all models", str(error)))
                say(f"failed {task.name}: {error}")
                continue
            files = identities(task)
            lacking = [(task.name, name, "all models", str(error)) for name, error in outcome.lacking.items()]
            outcome.failures += lacking
            able = [measure for measure in measures if measure.name not in outcome.lacking]
            sheets = _open_sheets(output_dir, able, len(measures), chosen, task, samples, files, say)
            single = [sheet for sheet in sheets.values() if not isinstance(sheet.measure, Combination)]
            if clock and single:
                outcome.spent(single[0].measure.name, clock.seconds)
            run = TaskRun(task, samples, files, seconds_per_model * len(task.models), outcome, say, step, processes)
            run.compute(single)
            for sheet in sheets.values():
                if isinstance(sheet.measure, Combination):
                    run.combine(sheet, [sheets[part.name] for part in sheet.measure.components])
    return outcome


def _open_sheets(
    output_dir: Path, measures: Sequence[Measure], asked: int, chosen: Mapping[str, Mapping[str, Any]], task: Task,
    samples: Samples, files: Mapping[str, Identity], say: Say,
) -> dict[str, Sheet]:  # fmt: skip
    """The sheet of each of so many measures, as far as they can be computed, by name, with what earlier runs left."""
    sheets = {}
    for measure in measures:
        file = prediction_file(output_dir, measure, task.name, asked)
        of_models = None if isinstance(measure, Combination) else files
        sheet = open_sheet(file, measure, chosen[measure.name], task.name, samples.digest, say, of_models)
        sheets[measure.name] = sheet
    return sheets


@dataclass(frozen=True)
class TaskRun:
    """One task at work: samples, what tells its models' files, the seconds of each measure, what comes, who is told.

    `beside` : what is computed with every value; the setting of this name tells it on the sheets.
    """

    task: ModelSet
    samples: Samples
    files: Mapping[str, Identity]
    budget: float
    outcome: Outcome
    say: Say
    step: Step
    processes: Processes
    beside: Beside | None = None

    def compute(self, sheets: Sequence[Sheet]) -> None:
        """Compute the values that the sheets of single measures lack; they are kept in the order of the models."""
        task, outcome = self.task, self.outcome
        outcome.skipped += sum(sheet.done(model) for sheet in sheets for model in task.models)
        wanted = [model for model in task.models if self._running(sheets, model)]
        with ExitStack() as kept:
            for sheet in sheets:
                kept.callback(sheet.close)  # however this ends
                sheet.begin()  # a folder that cannot be written is said before anything is computed
            self._compute(sheets, wanted)
        self.step(task.name, "", len(task.models), len(task.models))

    def _compute(self, sheets: Sequence[Sheet], wanted: Sequence[str]) -> None:
        task = self.task
        jobs_of = partial(self._jobs, sheets)
        with self.processes.of(task, self.samples, wanted, jobs_of, self.files) as at_work:
            try:
                self._models(sheets, at_work)
            except BaseException:
                for model, found in at_work.finished():  # what other processes have done already is not lost
                    for sheet in self._running(sheets, model):
                        if sheet.measure.name in found:
                            self._keep(sheet, model, found[sheet.measure.name])
                raise

    def _models(self, sheets: Sequence[Sheet], at_work: AtWork) -> None:
        for number, model in enumerate(at_work.in_turn()):
            self.step(self.task.name, model, number, len(self.task.models))
            running = self._running(sheets, model)
            for sheet in sheets:
                if not sheet.done(model) and all(sheet is not one for one in running):
                    sheet.keep(model, EXCEEDED)
                    self.outcome.exceeded += 1
            found = at_work.results(model, [self._job(sheet) for sheet in running])
            for sheet, computed in zip(running, found, strict=True):
                self._keep(sheet, model, computed)

    def _job(self, sheet: Sheet) -> Job:
        settings = {name: value for name, value in sheet.settings.items() if name != BESIDE}
        return Job(sheet.measure, settings, self.beside)

    def _running(self, sheets: Sequence[Sheet], model: str) -> list[Sheet]:
        """The sheets in which the model still needs a value, and that have time for it."""
        return [sheet for sheet in sheets if not sheet.done(model) and sheet.seconds() < self.budget]

    def _jobs(self, sheets: Sequence[Sheet], model: str) -> list[Job]:
        return [self._job(sheet) for sheet in self._running(sheets, model)]

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

    def _keep(self, sheet: Sheet, model: str, computed: Computed) -> None:
        """Note what came of a model in its sheet, and tell of doubts and failures."""
        name = sheet.measure.name
        if computed.phases:
            self.outcome.spent(name, computed.phases)
        if computed.output:
            append_output(log_file(sheet.file), model, computed.output)
        if computed.value is None:
            sheet.keep(model, None, failure=computed.failure)
            self.outcome.failures.append((self.task.name, name, model, computed.failure))
            printed = f"; what it printed: {log_file(sheet.file)}" if computed.output else ""
            self.say(f"failed {self.task.name} {model} {name}: {computed.failure}{printed}")
        else:
            self.outcome.computed += 1
            sheet.keep(
                model, computed.value, seconds=computed.seconds, engines=computed.engine, details=computed.details,
                warnings=computed.doubts, files=self.files[model],
            )  # fmt: skip
        for doubt in computed.doubts:
            self.say(f"warning {self.task.name} {model} {name}: {doubt}")


@contextmanager
def processes_of(workers: int, cluster: str, profile: bool, isolation: Isolation) -> Iterator[Processes]:
    """This process alone, so many others, or a cluster; beside them those for measures of strangers, on this machine.

    Raises
    ------
    InputError
        For a cluster that cannot be used, or both that and workers.
    """
    if cluster and workers > 1:
        raise InputError("workers and a cluster", field="cluster", expected="one of both", found=cluster)
    if workers == 1 and not cluster:
        with Strangers.of(1, isolation) as strangers:
            yield OneProcess(strangers, profile)
        return
    here = len(os.sched_getaffinity(0)) if cluster else workers
    strangers_of = Strangers.of(here, isolation)
    pool_of = cluster_pool(cluster, profile) if cluster else process_pool(workers, profile)
    with pool_of as pool, strangers_of as strangers, ThreadPoolExecutor(here) as threads:
        try:
            yield Workers(pool, threads, strangers, profile)
        finally:
            strangers.kill()  # who waits for them goes on
            threads.shutdown(cancel_futures=True)


def _lacking(measures: Sequence[Measure]) -> dict[str, InputError]:
    """Why measures cannot be computed on any model, for lack of a package, by name."""
    found: dict[str, InputError] = {}
    for measure in measures:
        for part in measure.components if isinstance(measure, Combination) else (measure,):
            try:
                if not isinstance(part, Submission):
                    engine_for(part)
            except InputError as error:
                found[measure.name] = error.at(field=measure.name)
    return found


def _with_components(measures: Sequence[Measure]) -> list[Measure]:
    """The measures and the components of combinations, each once."""
    found: dict[str, Measure] = {}
    for measure in measures:
        for part in (*(measure.components if isinstance(measure, Combination) else ()), measure):
            known = found.setdefault(part.name, part)
            if known is not part and (isinstance(part, Submission) or isinstance(known, Submission)):
                raise InputError("a submission has the name of a measure", field=part.name, expected="another name")
    return list(found.values())


def _selected(found: Sequence[Task], names: Sequence[str], input_dir: Path) -> list[Task]:
    """The tasks of these names, or all."""
    unknown = sorted(set(names) - {task.name for task in found})
    if unknown:
        known = ", ".join(task.name for task in found)
        raise InputError("no such task", file=input_dir, expected=f"one of {known}", found=unknown[0])
    return [task for task in found if not names or task.name in names]
