"""Where the models of a task are computed: in this process, or in others."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from complexity.read_ahead import read_ahead
from complexity.samples import Samples

from ..engines import OpenedModel
from ..formats.stored_files import Identity
from ..formats.task import StoredModel, Task
from .computing import ByMeasure, Computed, Job, ModelAtWork, ModelSet
from .shared_samples import SamplesFile, samples_file
from .strangers import Strangers, is_apart

LOOK_SECONDS = 1.0  # between two looks at others that do not answer

JobsOf = Callable[[str], Sequence[Job]]
Submit = Callable[[str, Sequence[Job]], "Future[ByMeasure]"]


class AtWork(Protocol):
    """The models of a task at work."""

    def in_turn(self) -> Iterator[str]:
        """All models of the task, in the order in which to ask for their results."""

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        """What comes of each job for this model."""

    def finished(self) -> Iterator[tuple[str, ByMeasure]]:
        """What is done already of models that were not asked for yet, by the names of measures."""


class Processes(Protocol):
    """One process, or several."""

    def of(
        self, task: ModelSet, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf, files: Mapping[str, Identity]
    ) -> AbstractContextManager[AtWork]:
        """The models of a task that are wanted, at work.

        Parameters
        ----------
        jobs_of : says what has to be computed for a model as of now.
        files : what tells the files of each model.
        """


class Pool(Protocol):
    """Other processes that compute models: those of one machine, or of a cluster."""

    @property
    def in_order(self) -> bool:
        """Whether results are taken in the order of the models, or as they arrive."""

    @property
    def ahead(self) -> int:
        """Models that are handed over while none of them is done."""

    def of(self, task: ModelSet, samples: SamplesFile, files: Mapping[str, Identity]) -> AbstractContextManager[Submit]:
        """What hands over a model of the task, once its samples are where the processes find them."""

    def look(self) -> None:
        """Raise an InputError where no answer can come any more."""


@dataclass(frozen=True)
class OneProcess:
    """This process: a model is computed when it is asked for, the next one is read meanwhile.

    Measures of strangers are applied in another one.
    """

    strangers: Strangers
    profiled: bool

    @contextmanager
    def of(
        self, task: ModelSet, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf, files: Mapping[str, Identity]
    ) -> Iterator[AtWork]:
        stored = read_ahead(partial(task.read_model, model) for model in wanted)
        with samples_file(samples) as shared:
            yield _Here(self, task, samples, shared, set(wanted), stored)


@dataclass
class _Here:
    process: OneProcess
    task: ModelSet
    samples: Samples
    shared: SamplesFile
    wanted: set[str]
    stored: Iterator[Future[StoredModel | OpenedModel]]

    def in_turn(self) -> Iterator[str]:
        yield from self.task.models

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        if model not in self.wanted:
            return
        read = next(self.stored)  # also where time has run out since
        profiled = self.process.profiled
        at_work = ModelAtWork(self.task, model, read.result, self.samples, self.task.training_samples)
        for job in jobs:
            if isinstance(self.task, Task) and is_apart(job.measure):
                yield self.process.strangers.compute(self.task, model, self.shared.written(), job, profiled)
            else:
                yield at_work.compute(job, profiled)

    def finished(self) -> Iterator[tuple[str, ByMeasure]]:
        yield from ()


@dataclass(frozen=True)
class Workers:
    """A pool of other processes, and some of this machine for measures of strangers."""

    pool: Pool
    threads: Executor
    strangers: Strangers
    profiled: bool

    @contextmanager
    def of(
        self, task: ModelSet, samples: Samples, wanted: Sequence[str], jobs_of: JobsOf, files: Mapping[str, Identity]
    ) -> Iterator[AtWork]:
        with ExitStack() as kept:
            shared = kept.enter_context(samples_file(samples))
            submit = kept.enter_context(self.pool.of(task, shared, files)) if wanted else _submit_none
            at_work = _There(self, task, shared, submit, deque(wanted), jobs_of)
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

    def done(self) -> bool:
        return all(part.done() for part in self.parts)

    def finished(self) -> ByMeasure:
        """What is there already."""
        done = [one for one in self.parts if one.done() and not one.cancelled() and one.exception() is None]
        return {name: one for part in done for name, one in part.result().items()}


@dataclass(frozen=True)
class _There:
    workers: Workers
    task: ModelSet
    samples: SamplesFile
    submit: Submit
    waiting: deque[str]
    jobs_of: JobsOf
    begun: dict[str, _Begun] = field(default_factory=dict)
    ended: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)  # models of which a part has ended

    def in_turn(self) -> Iterator[str]:
        if self.workers.pool.in_order:
            yield from self.task.models
            return
        wanted = set(self.waiting)
        yield from (model for model in self.task.models if model not in wanted)
        self._begin()
        while self.begun:
            model = self._next()
            wanted.remove(model)
            yield model
            self._begin()
        yield from (model for model in self.task.models if model in wanted)  # time has run out before they began

    def results(self, model: str, jobs: Sequence[Job]) -> Iterator[Computed]:
        self._begin()
        if jobs:
            found = self.begun[model].result()
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

    def _next(self) -> str:
        """The next model that is done."""
        while True:
            try:
                model = self.ended.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self.workers.pool.look()
                continue
            if model in self.begun and self.begun[model].done():
                return model

    def _begin(self) -> None:
        """Hand models over, as many as may be at work at a time."""
        while self.waiting and len(self.begun) < self.workers.pool.ahead:
            model = self.waiting.popleft()
            if jobs := self.jobs_of(model):
                self.begun[model] = _Begun([*self._in_pool(model, jobs), *self._of_strangers(model, jobs)])
                for part in self.begun[model].parts:
                    part.add_done_callback(lambda part, model=model: self.ended.put(model))  # type: ignore[misc]

    def _in_pool(self, model: str, jobs: Sequence[Job]) -> Iterator[Future[ByMeasure]]:
        of_pool = [job for job in jobs if not self._apart(job)]
        if of_pool:
            yield self.submit(model, of_pool)

    def _of_strangers(self, model: str, jobs: Sequence[Job]) -> Iterator[Future[ByMeasure]]:
        apart = [job for job in jobs if self._apart(job)]
        if apart and isinstance(self.task, Task):
            call = (self.task, model, self.samples.written(), apart, self.workers.profiled)
            yield self.workers.threads.submit(self.workers.strangers.compute_all, *call)

    def _apart(self, job: Job) -> bool:
        """Whether a measure is applied in a process of its own, which reads tasks alone."""
        return isinstance(self.task, Task) and is_apart(job.measure)


def _submit_none(model: str, jobs: Sequence[Job]) -> Future[ByMeasure]:
    raise AssertionError("no model is wanted")
