"""Workers of a cluster of Dask: a model a task, which Dask places, and gives to another worker where one ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Any

from complexity.errors import InputError, first_line

from ..formats.stored_files import Identity
from .asked import asked
from .cluster import GPU, connected, has_gpu, other_versions, usable, without_package, workers_of
from .cluster_worker import OTHER_VERSIONS, UNSEEN, Question, answer, compared_versions
from .computing import ByMeasure, Computed, Job, ModelSet, computed_from
from .shared_samples import SamplesFile
from .workers import Submit

PATIENCE = 120.0  # seconds without any worker
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
    _alone: float | None = None  # since when there is no worker

    def __post_init__(self) -> None:
        self.gpus = any(map(has_gpu, workers_of(self.client).values()))

    @property
    def ahead(self) -> int:
        """One model a worker: what waits behind another would be blamed with it for a worker's end."""
        if time.monotonic() - self._counted[0] > COUNTED:
            with suppress(OSError):  # `look` says what is wrong
                self._counted = time.monotonic(), max(1, len(usable(workers_of(self.client), self.gpus)))
        return self._counted[1]

    @contextmanager
    def of(self, task: ModelSet, samples: SamplesFile, files: Mapping[str, Identity]) -> Iterator[Submit]:
        """As of `Pool`."""
        data = ScatteredSamples(self.client, samples)
        versions, digest = compared_versions(), samples.samples.digest

        def submit(model: str, jobs: Sequence[Job]) -> Future[ByMeasure]:
            portable = task.portable(model, files[model])
            found = Answer(Question(model, portable, asked(jobs), digest, self.profiled, versions))
            try:
                self._ask(found, data)
            except (OSError, CancelledError) as error:
                raise self._gone() from error
            return found

        yield submit

    def look(self) -> None:
        """As of `Pool`."""
        if self.client.status != "running":
            raise self._gone()
        with suppress(OSError):
            self._alone = None if workers_of(self.client) else self._alone or time.monotonic()
        if self._alone is not None and time.monotonic() - self._alone > PATIENCE:
            raise InputError(f"no worker for {PATIENCE:g} s", field="cluster", found=self.place)

    def _ask(self, found: Answer, data: ScatteredSamples) -> None:
        """Hand over a question; with the model's files where workers do not see them."""
        question = {one.name: getattr(found.question, one.name) for one in fields(Question)}
        if self.sends:
            found.sent, question["contents"] = True, found.question.portable.contents()
        resources = {GPU: 1} if self.gpus else None
        found.task = task = self.client.submit(answer, question, data.future(), pure=False, resources=resources)
        task.add_done_callback(lambda task: self._came(found, task, data))

    def _came(self, found: Answer, task: Any, data: ScatteredSamples) -> None:
        """Take what came of a task: a result, an error, or a reason to ask again."""
        try:
            if not found.done() and (again := self._again(found, task)):
                data.lost = data.lost or again == "data"
                self._ask(found, data)
        except InputError as error:
            found.settle(error)
        except Exception as error:  # of Dask, or of a worker that cannot even read the question
            found.settle(self._in_words(error))

    def _again(self, found: Answer, task: Any) -> str:
        """Why a question must be asked again; empty where it is settled."""
        from distributed import KilledWorker

        try:
            told = task.result()
        except KilledWorker as error:
            found.leave(error.allowed_failures + 1)
            return ""
        except CancelledError:
            if self.client.status != "running":
                raise self._gone() from None
            return "data"  # all workers that had them have ended
        if isinstance(told, dict) and UNSEEN in told and not found.sent:
            self.sends = True
            return "files"
        found.settle(_results(found, told))
        return ""

    def _gone(self) -> InputError:
        problem = "the scheduler has ended, or cannot be reached any more; what was computed is kept"
        return InputError(problem, field="cluster", found=self.place)

    def _in_words(self, error: Exception) -> InputError:
        if isinstance(error, ImportError):
            return without_package(self.place, error)
        problem = f"a worker cannot answer: {type(error).__name__}: {first_line(error)}"
        return InputError(problem, field="cluster", found=self.place)


@contextmanager
def cluster_pool(address: str, profiled: bool) -> Iterator[ClusterPool]:
    """The workers of a cluster; see `connected`."""
    with connected(address) as client:
        yield ClusterPool(client, address, profiled)


@dataclass
class ScatteredSamples:
    """Samples that are sent to all workers once, and again where all that had them have ended."""

    client: Any
    samples: SamplesFile
    lost: bool = True
    lock: Lock = field(default_factory=Lock)
    _there: Any = None

    def future(self) -> Any:
        """Dask's name for them."""
        with self.lock:
            if self.lost:
                samples = self.samples.samples
                content = (samples.inputs, samples.targets, samples.truncated)
                self.client.wait_for_workers(1, timeout=PATIENCE)  # `scatter` waits for one two seconds alone
                (self._there,) = self.client.scatter([content], broadcast=True, hash=False)
                self.lost = False
            return self._there


def _results(found: Answer, told: Any) -> ByMeasure:
    """The results in an answer.

    Raises
    ------
    InputError
        If they do not fit what was asked.
    """
    if not isinstance(told, dict) or not told.keys() <= {*found.question.wanted, OTHER_VERSIONS, UNSEEN}:
        raise _unfit(found, "other names than those of the measures")
    if OTHER_VERSIONS in told:
        raise other_versions("a worker", told[OTHER_VERSIONS])
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
