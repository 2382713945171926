"""A pool of worker processes of this machine: they share the samples in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from complexity.errors import InputError

from ..formats.stored_files import Identity
from .asked import Asked, answered, asked
from .computing import ByMeasure, Job, ModelSet
from .processes import worker_pool
from .shared_samples import SamplesFile, load_samples, read_samples
from .workers import Submit

AHEAD = 2  # models a worker that have begun, or wait, while the first of them is not done


@dataclass(frozen=True)
class ProcessPool:
    """So many worker processes of this machine."""

    pool: Executor
    count: int
    profiled: bool
    in_order: bool = True

    @property
    def ahead(self) -> int:
        """As of `Pool`."""
        return AHEAD * self.count

    @contextmanager
    def of(self, task: ModelSet, samples: SamplesFile, files: Mapping[str, Identity]) -> Iterator[Submit]:
        """As of `Pool`."""
        folder = str(samples.written())

        def submit(model: str, jobs: Sequence[Job]) -> Future[ByMeasure]:
            return self.pool.submit(_in_worker, task, model, folder, asked(jobs), self.profiled)

        try:
            yield submit
        except BrokenProcessPool as error:
            problem = "a worker process ended unexpectedly, perhaps for lack of memory"
            raise InputError(problem, file=task.folder, field="workers", found=self.count) from error

    def look(self) -> None:
        """As of `Pool`: a pool whose process has ended says so itself."""


@contextmanager
def process_pool(workers: int, profiled: bool) -> Iterator[ProcessPool]:
    """So many new processes, which end with the context."""
    with worker_pool(workers) as pool:
        yield ProcessPool(pool, workers, profiled)


def _in_worker(task: ModelSet, model: str, samples: str, wanted: Asked, profiled: bool) -> ByMeasure:
    """What comes of the measures in this worker process."""
    return answered(task, model, read_samples(samples), partial(load_samples, samples), wanted, profiled)
