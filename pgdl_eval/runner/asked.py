"""What is asked of other processes about a model, as plain data, and how they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from complexity.samples import Samples

from ..measures import address, find_measure
from .computing import Beside, ByMeasure, Computed, Job, ModelAtWork, ModelSet

# By the name of a measure: its address, its settings, and the class and fields of what is wanted beside its value.
Asked = Mapping[str, tuple[str, Mapping[str, Any], tuple[Callable[..., Beside], Mapping[str, Any]] | None]]


def asked(jobs: Sequence[Job]) -> Asked:
    """These jobs for another process."""
    return {job.measure.name: (address(job.measure), dict(job.settings), _beside(job)) for job in jobs}


def answered(
    task: ModelSet, model: str, samples: Samples, read_samples: Callable[[], tuple[Any, Any]], wanted: Asked,
    profiled: bool,
) -> ByMeasure:  # fmt: skip
    """What comes of the measures, in the process that was asked."""
    found: ByMeasure = {}
    known: list[Job] = []
    for name, (place, settings, beside) in wanted.items():
        try:
            made = None if beside is None else beside[0](**beside[1])
            known.append(Job(replace(find_measure(place), name=name), settings, made))
        except Exception as error:  # the module of a stranger is imported here again
            found[name] = Computed(failure=f"a worker process finds no measure at {place}: {error}")
    at_work = ModelAtWork(task, model, partial(task.read_model, model), samples, read_samples)
    return found | {job.measure.name: at_work.compute(job, profiled) for job in known}


def _beside(job: Job) -> tuple[Callable[..., Beside], Mapping[str, Any]] | None:
    beside: Any = job.beside
    return None if beside is None else (type(beside), asdict(beside))
