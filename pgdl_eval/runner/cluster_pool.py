"""Workers of a cluster of Dask: a model a task, which Dask places, and gives to another worker where one ends."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from threading import Thread
from typing import Any

from complexity.errors import InputError, first_line
from complexity.samples import Samples
from complexity.samples.inputs import each

from ..formats.stored_files import Identity
from ..formats.task import TRAIN, Task
from .asked import asked
from .cluster import GPU, Workers, connected, has_gpu, other_versions, usable, without_package, workers_of
from .cluster_worker import OTHER_VERSIONS, UNSEEN, UNSEEN_DATA, Data, Question, answer, compared_versions, received
from .computing import ByMeasure, Computed, Job, ModelSet, computed_from
from .shared_samples import SamplesFile
from .workers import Submit

PATIENCE = 120.0  # seconds without any worker
SHARE = 0.25  # of a worker's memory: larger samples are read from their path
COUNTED = 2.0  # seconds for which a number of workers is believed


class Answer(Future[ByMeasure]):
    """What will come of a model, and the task of Dask that it waits for: another one where it is asked again."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question, self.sent = question, False
        self.task: Any = None

    def cancel(self) -> bool:
        if self.task is not None and not self.done():
            with suppress(Exception):  # of a scheduler that is gone
                self.task.cancel()
        return super().cancel()

    def settle(self, found: ByMeasure | InputError) -> None:
        """Say what has come of it, unless that is known."""
        with suppress(InvalidStateError):
            self.set_exception(found) if isinstance(found, InputError) else self.set_result(found)

    def leave(self, ended: int) -> None:
        """Say that the model ended so many workers."""
        self.settle({name: Computed(failure=self._why(ended)) for name in self.question.wanted})

    def _why(self, ended: int) -> str:
        folder = self.question.portable.shown
        return f"{folder}: {ended} workers ended while they were at work on it, perhaps for lack of memory; it is left"


@dataclass
class ClusterPool:
    """The workers of a cluster.

    Attributes
    ----------
    client : of `distributed`.
    place : how messages call the cluster.
    sends : whether model files are sent, since a worker did not see one.
    gpus : whether a model takes the GPU of a worker: where any declares one, workers without get none.
    """

    client: Any
    place: str
    profiled: bool
    in_order: bool = False
    sends: bool = False
    gpus: bool = False
    _counted: tuple[float, int] = (0.0, 1)
    _data: ScatteredSamples | None = None  # of the task at work
    _alone: float | None = None  # since when there is no worker

    def __post_init__(self) -> None:
        self.gpus = any(map(has_gpu, workers_of(self.client).values()))

    @property
    def ahead(self) -> int:
        """One model a worker: what waits behind another would be blamed with it for a worker's end."""
        if time.monotonic() - self._counted[0] > COUNTED:
            with suppress(OSError, CancelledError):  # `look` says what is wrong
                workers = usable(workers_of(self.client), self.gpus)
                self._counted = time.monotonic(), max(1, len(workers))
                if self._data is not None:
                    self._data.spread(workers)
        return self._counted[1]

    @contextmanager
    def of(self, task: ModelSet, samples: SamplesFile, files: Mapping[str, Identity]) -> Iterator[Submit]:
        """As of `Pool`."""
        self._data = ScatteredSamples(self.client, data_for(workers_of(self.client), task, samples.samples))
        self._counted = (0.0, 1)
        versions, digest = compared_versions(), samples.samples.digest

        def submit(model: str, jobs: Sequence[Job]) -> Future[ByMeasure]:
            portable = task.portable(model, files[model])
            found = Answer(Question(model, portable, asked(jobs), digest, self.profiled, versions))
            try:
                self._ask(found)
            except (OSError, CancelledError) as error:
                raise self._gone() from error
            return found

        try:
            yield submit
        finally:
            self._data = None

    def look(self) -> None:
        """As of `Pool`."""
        if self.client.status != "running":
            raise self._gone()
        with suppress(OSError):
            self._alone = None if workers_of(self.client) else self._alone or time.monotonic()
        if self._alone is not None and time.monotonic() - self._alone > PATIENCE:
            raise InputError(f"no worker for {PATIENCE:g} s", field="cluster", found=self.place)

    def _ask(self, found: Answer) -> None:
        """Hand over a question; with the model's files where workers do not see them."""
        question = {one.name: getattr(found.question, one.name) for one in fields(Question)}
        if self.sends:
            found.sent, question["contents"] = True, found.question.portable.contents()
        resources = {GPU: 1} if self.gpus else None
        assert self._data is not None
        found.task = self.client.submit(answer, question, self._data.future, pure=False, resources=resources)
        found.task.add_done_callback(lambda task: self._came(found, task))

    def _came(self, found: Answer, task: Any) -> None:
        """Take what came of a task: a result, an error, or a reason to send the model's files."""
        try:
            if not found.done() and self._unseen(found, task):
                self.sends = True
                self._ask(found)
        except InputError as error:
            found.settle(error)
        except Exception as error:  # of Dask, or of a worker that cannot even read the question
            found.settle(self._in_words(error))

    def _unseen(self, found: Answer, task: Any) -> bool:
        """Whether a worker does not see the model's files; otherwise it is settled."""
        from distributed import KilledWorker

        try:
            told = task.result()
        except KilledWorker as error:
            found.leave(error.allowed_failures + 1)
            return False
        except CancelledError:
            raise self._gone() from None
        if isinstance(told, dict) and UNSEEN in told and not found.sent:
            return True
        found.settle(_results(found, told))
        return False

    def _gone(self) -> InputError:
        problem = "the scheduler has ended, or cannot be reached any more; what was computed is kept"
        return InputError(problem, field="cluster", found=self.place)

    def _in_words(self, error: Exception) -> InputError:
        from distributed.comm import CommClosedError

        if isinstance(error, CommClosedError):  # results come by way of the scheduler
            return self._gone()
        if isinstance(error, ImportError):
            return without_package(self.place, error)
        problem = f"a worker cannot answer: {type(error).__name__}: {first_line(error)}"
        return InputError(problem, field="cluster", found=self.place)


@contextmanager
def cluster_pool(address: str, profiled: bool) -> Iterator[ClusterPool]:
    """The workers of a cluster; see `connected`."""
    with connected(address) as client:
        yield ClusterPool(client, address, profiled)


class ScatteredSamples:
    """Samples that are sent to all workers once.

    They are the result of a task, not data alone: where all workers that had them have ended, Dask makes them again,
    and goes on counting which models ended workers.
    """

    def __init__(self, client: Any, content: Data) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask's of a large task
            self.future = client.submit(received, content, pure=False)
        self._client, self._there = client, frozenset[str]()

    def spread(self, workers: Collection[str]) -> None:
        """Bring them to workers that have come since."""
        if workers and not self._there.issuperset(workers):
            self._there = frozenset(workers)
            Thread(target=self._replicate, daemon=True).start()  # it waits for as long as a worker does not answer

    def _replicate(self) -> None:
        with suppress(Exception):  # workers without them are brought them with their first task
            self._client.replicate([self.future])


def data_for(workers: Workers, task: ModelSet, samples: Samples) -> Data:
    """What workers get of the samples: themselves; or their path, where they would fill a worker's memory."""
    limits = [one["memory_limit"] for one in workers.values() if one.get("memory_limit")]
    size = sum(array.nbytes for _, array in each(samples.inputs))
    if isinstance(task, Task) and limits and size > SHARE * min(limits):
        return os.path.abspath(task.folder / TRAIN)
    return samples.inputs, samples.targets, samples.truncated


def _results(found: Answer, told: Any) -> ByMeasure:
    """The results in an answer.

    Raises
    ------
    InputError
        If they do not fit what was asked.
    """
    if not isinstance(told, dict) or not told.keys() <= {*found.question.wanted, OTHER_VERSIONS, UNSEEN, UNSEEN_DATA}:
        raise _unfit(found, "other names than those of the measures")
    if OTHER_VERSIONS in told:
        raise other_versions("a worker", told[OTHER_VERSIONS])
    if UNSEEN_DATA in told:
        problem = "a worker does not see these samples, which are larger than its memory allows to send"
        expected = "the same path and content everywhere, or workers with more memory"
        raise InputError(problem, file=told[UNSEEN_DATA][0], field="cluster", expected=expected)
    if UNSEEN in told:
        problem, expected = "a worker does not see this file", "the same path and content everywhere"
        raise InputError(problem, file=told[UNSEEN][0], field="cluster", expected=expected)
    try:
        return {name: computed_from(told[name]) for name in found.question.wanted}
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise _unfit(found, first_line(error)) from error


def _unfit(found: Answer, why: str) -> InputError:
    problem = f"a worker's result does not fit what was asked: {why}"
    return InputError(problem, model=found.question.model, field="cluster", expected=", ".join(found.question.wanted))
