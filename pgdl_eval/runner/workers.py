"""Where the models of a task are computed: in this process, or in several others."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from complexity.errors import InputError
from complexity.read_ahead import read_ahead
from complexity.samples import Samples

from ..engines import OpenedModel
from ..formats.task import StoredModel, Task
from ..measures import address, find_measure
from .computing import Beside, Computed, Job, ModelAtWork, ModelSet
from .shared_samples import load_samples, read_samples, write_samples
from .strangers import Strangers, is_apart

AHEAD = 2  # models a worker that have begun, or wait, while the first of them is not done

ByMeasure = dict[str, Computed]
JobsOf = Callable[[str], Sequence[Job]]


class AtWork(Protocol):
    """The models of a task at work."""

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        """What comes of each job for this model; models are asked for in the order that was given."""

    def finished(self) -> Iterator[tuple[str, ByMeasure]]:
        """What is done already of models that were not asked for yet, by the names of measures."""


class Processes(Protocol):
    """One process, or several."""

    def of(
        self, task: ModelSet, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf
    ) -> AbstractContextManager[AtWork]:
        """The models of a task that are wanted, at work; `jobs_of` says what has to be computed for one as of now."""


@dataclass(frozen=True)
class OneProcess:
    """This process: a model is computed when it is asked for, the next one is read meanwhile.

    Measures of strangers are applied in another one.
    """

    strangers: Strangers
    profiled: bool

    @contextmanager
    def of(self, task: ModelSet, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf) -> Iterator[AtWork]:
        stored = read_ahead(partial(task.read_model, model) for model in wanted)
        with _samples_folder() as folder:
            yield _Here(self, task, samples, folder, set(wanted), stored)


@dataclass
class _Here:
    process: OneProcess
    task: ModelSet
    samples: Samples
    folder: Path
    wanted: set[str]
    stored: Iterator[Future[StoredModel | OpenedModel]]
    shared: bool = False

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        if model not in self.wanted:
            return
        read = next(self.stored)  # also where time has run out since
        profiled = self.process.profiled
        at_work = ModelAtWork(self.task, model, read.result, self.samples, self.task.training_samples)
        for job in jobs:
            if isinstance(self.task, Task) and is_apart(job.measure):
                self._share()
                yield self.process.strangers.compute(self.task, model, self.folder, job, profiled)
            else:
                yield at_work.compute(job, profiled)

    def finished(self) -> Iterator[tuple[str, ByMeasure]]:
        yield from ()

    def _share(self) -> None:
        if not self.shared:
            write_samples(self.folder, self.samples)
            self.shared = True


@dataclass(frozen=True)
class Workers:
    """A pool of worker processes, and as many for measures of strangers; they share the samples in a file."""

    pool: Executor
    threads: Executor
    strangers: Strangers
    count: int
    profiled: bool

    @contextmanager
    def of(self, task: ModelSet, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf) -> Iterator[AtWork]:
        with _samples_folder() as folder:
            if wanted:
                write_samples(folder, samples)
            at_work = _There(self, task, folder, deque(wanted), jobs_of)
            yield at_work
            at_work.cancel()


@dataclass(frozen=True)
class _Begun:
    """A model that has been handed to the processes: what the pool computes, and what strangers do."""

    parts: Sequence[Future[ByMeasure]]

    def result(self) -> ByMeasure:
        return {name: one for part in self.parts for name, one in part.result().items()}

    def cancel(self) -> None:
        for part in self.parts:
            part.cancel()

    def finished(self) -> ByMeasure:
        """What is there already."""
        done = [one for one in self.parts if one.done() and not one.cancelled() and one.exception() is None]
        return {name: one for part in done for name, one in part.result().items()}


@dataclass(frozen=True)
class _There:
    workers: Workers
    task: ModelSet
    samples: Path
    waiting: deque[str]
    jobs_of: JobsOf
    begun: dict[str, _Begun] = field(default_factory=dict)

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        self._begin()
        if jobs:
            try:
                found = self.begun[model].result()
            except BrokenProcessPool as error:
                problem = "a worker process ended unexpectedly, perhaps for lack of memory"
                raise InputError(problem, file=self.task.folder, field="workers", found=self.workers.count) from error
            yield from (found[job.measure.name] for job in jobs)
            del self.begun[model]
        elif model in self.begun:  # time has run out since
            self.begun.pop(model).cancel()

    def finished(self) -> Iterator[tuple[str, ByMeasure]]:
        for model, begun in self.begun.items():
            yield model, begun.finished()

    def cancel(self) -> None:
        """Take back what has not begun."""
        for begun in self.begun.values():
            begun.cancel()

    def _begin(self) -> None:
        """Hand models to the workers, as many as may be at work at a time."""
        while self.waiting and len(self.begun) < AHEAD * self.workers.count:
            model = self.waiting.popleft()
            if jobs := self.jobs_of(model):
                self.begun[model] = _Begun([*self._in_pool(model, jobs), *self._of_strangers(model, jobs)])

    def _in_pool(self, model: str, jobs: Sequence[Job]) -> Iterator[Future[ByMeasure]]:
        of_pool = [job for job in jobs if not self._apart(job)]
        if of_pool:
            known = {job.measure.name: (address(job.measure), dict(job.settings), job.beside) for job in of_pool}
            call = (self.task, model, str(self.samples), known, self.workers.profiled)
            yield self.workers.pool.submit(_in_worker, *call)

    def _of_strangers(self, model: str, jobs: Sequence[Job]) -> Iterator[Future[ByMeasure]]:
        apart = [job for job in jobs if self._apart(job)]
        if apart and isinstance(self.task, Task):
            call = (self.task, model, self.samples, apart, self.workers.profiled)
            yield self.workers.threads.submit(self.workers.strangers.compute_all, *call)

    def _apart(self, job: Job) -> bool:
        """Whether a measure is applied in a process of its own, which reads tasks alone."""
        return isinstance(self.task, Task) and is_apart(job.measure)


@contextmanager
def _samples_folder() -> Iterator[Path]:
    """A folder for the samples, for as long as a task is at work."""
    with tempfile.TemporaryDirectory(prefix="pvector-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _in_worker(
    task: ModelSet, model: str, samples: str, jobs: Mapping[str, tuple[str, Mapping[str, Any], Beside | None]],
    profiled: bool,
) -> ByMeasure:  # fmt: skip
    """What comes of the measures, each with address, settings and what is wanted beside, in this worker process."""
    found: ByMeasure = {}
    known: list[Job] = []
    for name, (place, settings, beside) in jobs.items():
        try:
            known.append(Job(replace(find_measure(place), name=name), settings, beside))
        except Exception as error:  # the module of a stranger is imported here again
            found[name] = Computed(failure=f"a worker process finds no measure at {place}: {error}")
    read = partial(task.read_model, model)
    at_work = ModelAtWork(task, model, read, read_samples(samples), partial(load_samples, samples))
    return found | {job.measure.name: at_work.compute(job, profiled) for job in known}
