"""Measures of strangers, each applied in a process that may end, or do what it will, without harm to the run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.measures.registry import Measure, registered

from ..engines import is_own
from ..formats.task import Task
from ..measures import Variant, address, base_name
from ..submission import Submission
from .apart_process import ApartProcess, Ended
from .computing import Computed, Job, computed_from
from .isolation import Isolation


def is_apart(measure: Measure) -> bool:
    """Whether a measure is applied in a process of its own: a submission, or one given as package.module:function.

    Functions that are handed over in Python run where they are: they may be bound to what is around them.
    """
    if isinstance(measure, Submission):
        return True
    function: Any = measure.function.func if isinstance(measure, Variant) else measure.function  # type: ignore[attr-defined]
    if is_own(measure) or function.__module__ == "__main__":
        return False
    if ":" in base_name(measure.name):
        return True
    known = registered().get(base_name(measure.name))
    return known is not None and known.function is function and _is_found(measure)


def _is_found(measure: Measure) -> bool:
    """Whether another process finds a measure; one that is defined within a function, none does."""
    try:
        return bool(address(measure))
    except InputError:
        return False


@dataclass
class Stranger:
    """A process for measures of strangers at a time; one that has ended, or failed, is followed by a new one.

    Each submission, and each task, gets a process of its own.
    """

    isolation: Isolation
    processes: dict[Path | None, ApartProcess] = field(default_factory=dict)
    task: Task | None = None
    closed: bool = False

    def compute(self, task: Task, model: str, samples: Path, job: Job, profiled: bool) -> Computed:
        """What comes of a measure; the end of its process is its failure."""
        submission = job.measure if isinstance(job.measure, Submission) else None
        program = Path(os.path.realpath(submission.folder)) if submission is not None else None
        samples = Path(os.path.realpath(samples))
        question = {
            "task": task.name, "folder": str(task.folder.resolve()), "model": model, "samples": str(samples),
            "program": str(program) if program is not None else None, "name": job.measure.name,
            "address": address(job.measure) if submission is None else job.measure.name,
            "settings": dict(job.settings) if submission is None else {}, "profiled": profiled,
        }  # fmt: skip
        if task != self.task:
            self.stop()
            self.task = task
        found = self._answer(program, samples, json.dumps(question).encode())
        computed = Computed(failure=f"{task.folder / model}: {found}") if isinstance(found, str) else found
        computed.output = self._output(program)
        if computed.value is None:
            self._stop(program)  # whatever state it is in, the next model is none the worse for it
        else:
            computed.details["isolation"] = self.isolation.kind
        return computed

    def stop(self) -> None:
        """End all processes."""
        for program in list(self.processes):
            self._stop(program)

    def kill(self) -> None:
        """End all processes for good; the thread that waits for one goes on."""
        self.closed = True
        for process in list(self.processes.values()):
            process.kill()

    def _answer(self, program: Path | None, samples: Path, question: bytes) -> Computed | str:
        """What the process of a program answers, or why it does not."""
        try:
            process = self._process(program, samples)
            return computed_from(json.loads(process.ask(question, self.isolation.limits.seconds)))
        except Ended as error:
            return str(error)
        except OSError as error:
            return f"the process of the measure could not be asked: {error.strerror}"
        except (ValueError, TypeError, KeyError, RecursionError, InputError) as error:
            return f"the process of the measure answered no result: {error}"

    def _process(self, program: Path | None, samples: Path) -> ApartProcess:
        """The process of a program, begun where there is none."""
        if self.closed:
            raise Ended("the run has ended")
        if program not in self.processes:
            assert self.task is not None
            folder = self.task.folder.resolve()
            models = [(Path(os.path.realpath(folder / model)), folder / model) for model in self.task.models]
            shown = [(path, path) for path in (samples, program) if path is not None]
            self.processes[program] = ApartProcess(self.isolation, [*models, *shown])
            self.processes[program].begin()
        return self.processes[program]

    def _output(self, program: Path | None) -> str:
        """What the process of a program has printed on this model."""
        process = self.processes.get(program)
        return "" if process is None else process.output.decode("utf-8", "backslashreplace")

    def _stop(self, program: Path | None) -> None:
        process = self.processes.pop(program, None)
        if process is not None:
            process.stop()


@dataclass
class Strangers:
    """So many processes at a time for measures of strangers, each of which is started when it is first needed."""

    free: list[Stranger]
    isolation: Isolation

    @classmethod
    def of(cls, count: int, isolation: Isolation) -> Strangers:
        """For as many as compute at once."""
        return cls([Stranger(isolation) for _ in range(count)], isolation)

    def __enter__(self) -> Strangers:
        self.all: Sequence[Stranger] = tuple(self.free)
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        for stranger in self.all:
            stranger.stop()

    def kill(self) -> None:
        """End all processes; nothing is computed any more."""
        for stranger in self.all:
            stranger.kill()

    def compute(self, task: Task, model: str, samples: Path, job: Job, profiled: bool) -> Computed:
        """As of `Stranger`."""
        return self.compute_all(task, model, samples, [job], profiled)[job.measure.name]

    def compute_all(
        self, task: Task, model: str, samples: Path, jobs: Sequence[Job], profiled: bool
    ) -> dict[str, Computed]:
        """What comes of measures, by name, in a process that is free; for as many threads as there are processes."""
        stranger = self.free.pop()
        try:
            return {job.measure.name: stranger.compute(task, model, samples, job, profiled) for job in jobs}
        finally:
            self.free.append(stranger)
