"""Where the models of a task are computed: in this process, or in several others."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from complexity.errors import InputError
from complexity.read_ahead import read_ahead
from complexity.samples import Samples

from ..formats.task import StoredModel, Task
from ..measures import address, find_measure
from .computing import Computed, Job, compute_model

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
        self, task: Task, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf
    ) -> AbstractContextManager[AtWork]:
        """The models of a task that are wanted, at work; `jobs_of` says what has to be computed for one as of now."""


@dataclass(frozen=True)
class OneProcess:
    """This process: a model is computed when it is asked for, the next one is read meanwhile."""

    profiled: bool

    @contextmanager
    def of(self, task: Task, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf) -> Iterator[AtWork]:
        stored = read_ahead(partial(task.read_model, model) for model in wanted)
        yield _Here(task, samples, set(wanted), stored, self.profiled)


@dataclass(frozen=True)
class _Here:
    task: Task
    samples: Samples
    wanted: set[str]
    stored: Iterator[Future[StoredModel]]
    profiled: bool

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        if model in self.wanted:
            read = next(self.stored)  # also where time has run out since
            if jobs:
                yield from compute_model(self.task, model, read.result, self.samples, jobs, self.profiled)

    def finished(self) -> Iterator[tuple[str, ByMeasure]]:
        yield from ()


@dataclass(frozen=True)
class Workers:
    """A pool of worker processes; they share the samples in a file."""

    pool: Executor
    count: int
    profiled: bool

    @contextmanager
    def of(self, task: Task, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf) -> Iterator[AtWork]:
        with tempfile.TemporaryDirectory(prefix="pvector-", ignore_cleanup_errors=True) as folder:
            if wanted:
                _write_samples(Path(folder), samples)
            at_work = _There(self, task, Path(folder), deque(wanted), jobs_of)
            yield at_work
            at_work.cancel()


@dataclass(frozen=True)
class _There:
    workers: Workers
    task: Task
    samples: Path
    waiting: deque[str]
    jobs_of: JobsOf
    begun: dict[str, Future[ByMeasure]] = field(default_factory=dict)

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
        for model, future in self.begun.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                yield model, future.result()

    def cancel(self) -> None:
        """Take back what has not begun."""
        for future in self.begun.values():
            future.cancel()

    def _begin(self) -> None:
        """Hand models to the workers, as many as may be at work at a time."""
        while self.waiting and len(self.begun) < AHEAD * self.workers.count:
            model = self.waiting.popleft()
            jobs = {job.measure.name: (address(job.measure), dict(job.settings)) for job in self.jobs_of(model)}
            if jobs:
                call = (self.task, model, str(self.samples), jobs, self.workers.profiled)
                self.begun[model] = self.workers.pool.submit(_in_worker, *call)


def _in_worker(
    task: Task, model: str, samples: str, jobs: Mapping[str, tuple[str, Mapping[str, Any]]], profiled: bool
) -> ByMeasure:
    """What comes of the measures, given by name with the address and the settings of each, in this worker process."""
    found: ByMeasure = {}
    known: list[Job] = []
    for name, (place, settings) in jobs.items():
        try:
            known.append(Job(replace(find_measure(place), name=name), settings))
        except Exception as error:  # the module of a stranger is imported here again
            found[name] = Computed(failure=f"a worker process finds no measure at {place}: {error}")
    computed = compute_model(task, model, partial(task.read_model, model), _read_samples(samples), known, profiled)
    return found | {job.measure.name: one for job, one in zip(known, computed, strict=True)}


def _write_samples(folder: Path, samples: Samples) -> None:
    """Write inputs and labels for the workers."""
    try:
        np.save(folder / "inputs.npy", samples.one_input())
        np.save(folder / "labels.npy", np.asarray(samples.targets))
    except OSError as error:
        raise InputError(f"the workers' samples cannot be written: {error}", file=folder) from error


@lru_cache(maxsize=1)
def _read_samples(folder: str) -> Samples:
    """The samples of a task, whose memory all workers share; what a measure writes into them, it alone sees."""
    inputs, labels = (np.asarray(np.load(Path(folder, f"{name}.npy"), mmap_mode="c")) for name in ("inputs", "labels"))
    return Samples(inputs, labels)
