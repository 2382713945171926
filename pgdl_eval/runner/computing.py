"""The measures of one stored model: what is computed, apart from where it is kept."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from complexity.errors import InputError, InputWarning, shortened
from complexity.measures.measured import Measured
from complexity.measures.registry import Measure
from complexity.samples import Samples
from complexity.timing import READING, phase, timed

from ..engines import Networks, OneNetwork, OpenedModel, engine_version, is_own, networks_of
from ..formats.portable import Portable
from ..formats.task import StoredModel
from .guard import guarded

BESIDE = "beside"  # among the details of a value, what was computed beside it


class ModelSet(Protocol):
    """Models and the samples that they were trained on: a task of the competition, or what a user brings.

    `name`, `folder` : how messages call them, and where they are; `models` : their names, in order.
    """

    @property
    def name(self) -> str: ...

    @property
    def folder(self) -> Path: ...

    @property
    def models(self) -> Sequence[str]: ...

    def place(self, model: str) -> str:
        """Where messages say that a model is; empty where it is nowhere on the disk."""

    def read_model(self, name: str) -> StoredModel | OpenedModel:
        """The model of this name."""

    def training_samples(self) -> tuple[Any, Any]:
        """Inputs and labels, read anew."""

    def portable(self, model: str, identity: Mapping[str, str]) -> Portable:
        """A model as plain data, with what tells its files."""


class Beside(Protocol):
    """What is computed beside a value, as plain data for its details: a dataclass, which other processes make anew."""

    def __call__(self, measure: Measure, value: Measured, network: Any, samples: Samples, **settings: Any) -> Any: ...


@dataclass(frozen=True)
class Job:
    """A measure with the settings under which it is computed, and what else is computed with it."""

    measure: Measure
    settings: Mapping[str, Any]
    beside: Beside | None = None


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
    output : what a measure of a stranger printed.
    """

    value: float | None = None
    failure: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    engine: str = ""
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    output: str = ""


ByMeasure = dict[str, Computed]


@dataclass
class ModelAtWork:
    """One stored model, to which one measure after the other is applied.

    Attributes
    ----------
    task, model : which it is.
    read : reads it, at first.
    samples : that all measures get.
    read_samples : reads inputs and labels anew, where a measure has changed the samples.
    """

    task: ModelSet
    model: str
    read: Callable[[], StoredModel | OpenedModel]
    samples: Samples
    read_samples: Callable[[], tuple[Any, Any]]
    networks: Networks | OneNetwork | None = None

    def compute(self, job: Job, profiled: bool) -> Computed:
        """What comes of a measure; its exceptions, and its wish to end the process, are its failure."""
        with timed(profiled) as clock:
            found = self._compute(job)
        if clock:
            found.phases = clock.seconds
        return found

    def _compute(self, job: Job) -> Computed:
        try:
            if self.networks is None:
                with phase(READING):
                    self.networks = networks_of(self.read())
            began = time.perf_counter()
            engine = self.networks.engine_for(job.measure)
            before = engine in self.networks.made
            network, building = self.networks.on(engine)
        except Exception as error:
            return Computed(failure=_why(self.task, self.model, error))
        if is_own(job.measure):
            found = self._applied(network, job)
        else:
            with guarded(self.networks, network, self.samples, self.read_samples) as guard:
                found = self._applied(network, job)
            found.doubts += guard.changes
            if guard.model_changed:
                self.networks, self.read = None, partial(self.task.read_model, self.model)
        found.engine = engine_version(engine)
        found.seconds = (building if before else 0.0) + time.perf_counter() - began
        return found

    def _applied(self, network: Any, job: Job) -> Computed:
        try:
            return _value(self.model, network, self.samples, job)
        except (Exception, SystemExit) as error:
            return Computed(failure=_why(self.task, self.model, error))


def _value(model: str, network: Any, samples: Samples, job: Job) -> Computed:
    """One value, with the doubts that the measure has of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = job.measure(network, samples, progress=False, **job.settings)
    if not np.isfinite(value):
        raise InputError("the measure is not a finite number", model=model, field=job.measure.name, found=float(value))
    doubts = [str(one.message) for one in caught if issubclass(one.category, InputWarning)]
    details = value.own_details
    if job.beside is not None:
        details[BESIDE] = job.beside(job.measure, value, network, samples, **job.settings)
    return Computed(float(value), details=details, doubts=doubts)


def _why(task: ModelSet, model: str, error: BaseException) -> str:
    place = task.place(model)
    if isinstance(error, InputError):
        return str(error.at(file=place or None, model=model))
    where = place or model
    if isinstance(error, SystemExit):
        return f"{where}: the measure asked for the end of the process ({error!r})"
    if isinstance(error, MemoryError):
        return f"{where}: the measure ran out of memory: {shortened(error) or 'MemoryError'}"
    return f"{where}: {type(error).__name__}: {shortened(error)}"


def computed_from(answer: Any) -> Computed:
    """What another process answered as plain data, whose every part is looked at: a stranger may have written it.

    Raises
    ------
    InputError, KeyError, TypeError, ValueError
        For what is no such answer.
    """
    if not isinstance(answer, dict):
        raise InputError("no JSON object")
    found = Computed(**{one.name: answer[one.name] for one in fields(Computed)})
    right = (
        (found.value is None or (isinstance(found.value, float) and math.isfinite(found.value)))
        and (found.value is None) == bool(found.failure)
        and all(isinstance(text, str) for text in (found.failure, found.engine, *found.doubts))
        and all(isinstance(one, float) and 0 <= one < math.inf for one in (found.seconds, *found.phases.values()))
        and isinstance(found.details, dict)
        and isinstance(found.doubts, list)
    )
    if not right:
        raise InputError("no finite number, or parts of other types")
    json.dumps(found.details, allow_nan=False)
    return found
