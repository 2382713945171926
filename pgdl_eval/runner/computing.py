"""The measures of one stored model: what is computed, apart from where it is kept."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from complexity.errors import InputError, InputWarning
from complexity.measures.registry import Measure
from complexity.samples import Samples
from complexity.timing import READING, phase, timed

from ..engines import Networks, engine_for, engine_version
from ..formats.task import StoredModel, Task


@dataclass(frozen=True)
class Job:
    """A measure with the settings under which it is computed."""

    measure: Measure
    settings: Mapping[str, Any]


@dataclass
class Computed:
    """What came of one measure of one model; plain data, which also goes from process to process.

    Attributes
    ----------
    value : None where there is none; then `failure` says why.
    details : what the measure says of the value beside what it declares.
    doubts : warnings of the measure.
    engine : what ran the model, with its version.
    seconds : for computing it, and for building the model if it was built before.
    phases : seconds by phase, as of `complexity.timing`, where they were asked for; reading and building count for the
        first measure that needs them.
    """

    value: float | None = None
    failure: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    engine: str = ""
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)


def compute_model(
    task: Task, model: str, read: Callable[[], StoredModel], samples: Samples, jobs: Sequence[Job], profiled: bool
) -> Iterator[Computed]:
    """What comes of each job in turn, of a model that is read once.

    Any exception of a stranger's measure or model is a failure of that job, the others still run.
    """
    try:
        with timed(profiled) as clock, phase(READING):
            networks = Networks(read())
    except Exception as error:
        why = _why(task, model, error)
        yield from (Computed(failure=why) for _ in jobs)
        return
    reading = clock.seconds if clock else {}
    for job in jobs:
        with timed(profiled) as clock:
            found = _compute(task, model, networks, samples, job)
        if clock:
            found.phases = {name: reading.get(name, 0.0) + seconds for name, seconds in clock.seconds.items()}
            reading = {}
        yield found


def _compute(task: Task, model: str, networks: Networks, samples: Samples, job: Job) -> Computed:
    began = time.perf_counter()
    try:
        engine = engine_for(job.measure)
        before = engine in networks.made
        network, building = networks.on(engine)
        found = _value(model, network, samples, job)
    except Exception as error:
        return Computed(failure=_why(task, model, error))
    found.engine = engine_version(engine)
    found.seconds = (building if before else 0.0) + time.perf_counter() - began
    return found


def _value(model: str, network: Any, samples: Samples, job: Job) -> Computed:
    """One value, with the doubts that the measure has of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = job.measure(network, samples, progress=False, **job.settings)
    if not np.isfinite(value):
        raise InputError("the measure is not a finite number", model=model, field=job.measure.name, found=float(value))
    doubts = [str(one.message) for one in caught if issubclass(one.category, InputWarning)]
    return Computed(float(value), details=value.own_details, doubts=doubts)


def _why(task: Task, model: str, error: Exception) -> str:
    folder = task.folder / model
    if isinstance(error, InputError):
        return str(error.at(file=folder, model=model))
    return f"{folder}: {type(error).__name__}: {error}"
