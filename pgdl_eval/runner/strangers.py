"""Measures of strangers, each applied in a process that may end, or do what it will, without harm to the run."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.measures.registry import Measure, registered

from ..engines import is_own
from ..formats.task import Task
from ..measures import Variant, address, base_name
from .computing import Computed, Job

POLL_SECONDS = 0.5  # after which an end is noticed that nothing else tells
STARTED = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from pgdl_eval.runner.stranger_process import main; main(int(sys.argv[1]), int(sys.argv[2]))"
)


def is_apart(measure: Measure) -> bool:
    """Whether a measure is applied in a process of its own: a stranger's that was given as package.module:function.

    Functions that are handed over in Python run where they are: they may be bound to what is around them.
    """
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
    """A process for measures of strangers; one that has ended is followed by a new one."""

    process: subprocess.Popen[bytes] | None = None
    pipes: tuple[int, int] = (-1, -1)  # for questions, and for answers
    held: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def compute(self, task: Task, model: str, samples: Path, job: Job, profiled: bool) -> Computed:
        """What comes of a measure; the end of its process is its failure."""
        question = {
            "task": task.name, "folder": str(task.folder.resolve()), "model": model, "samples": str(samples),
            "address": address(job.measure), "name": job.measure.name, "settings": dict(job.settings),
            "profiled": profiled,
        }  # fmt: skip
        place = task.folder / model
        try:
            if self.process is None:
                self._start()
            _write(self.pipes[0], json.dumps(question).encode() + b"\n")
            answer = self._answer()
        except OSError:
            answer = None
        if answer is None:
            return Computed(failure=f"{place}: the process of the measure ended {self._end()}")
        try:
            return _computed(json.loads(answer))
        except (ValueError, TypeError, KeyError, RecursionError, InputError) as error:
            self.stop()
            return Computed(failure=f"{place}: the process of the measure answered no result: {error}")

    def stop(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in self.pipes:
            os.close(pipe)
        self.held.clear()

    def kill(self) -> None:
        """End the process for good; the thread that waits for it goes on."""
        self.closed = True
        if self.process is not None:
            self.process.kill()

    def _start(self) -> None:
        """Start a process; the module that runs as the main one here is not imported there."""
        if self.closed:
            raise OSError("closed")
        theirs, questions = os.pipe()
        answers, theirs_too = os.pipe()
        arguments = [str(theirs), str(theirs_too), json.dumps(sys.path)]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", STARTED, *arguments], pass_fds=(theirs, theirs_too), stdin=subprocess.DEVNULL
        )
        self.pipes = (questions, answers)
        os.close(theirs)
        os.close(theirs_too)

    def _answer(self) -> bytes | None:
        """A line of the process; None once it has ended without one."""
        assert self.process is not None
        while b"\n" not in self.held:
            ended = self.process.poll() is not None  # a process that it began may hold the pipe open
            ready, _, _ = select.select([self.pipes[1]], [], [], 0 if ended else POLL_SECONDS)
            piece = os.read(self.pipes[1], 2**16) if ready else b""
            if not piece and (ready or ended):
                return None
            self.held += piece
        line, _, rest = bytes(self.held).partition(b"\n")
        self.held[:] = rest
        return line

    def _end(self) -> str:
        """How the process has ended, in words; it is no more afterwards."""
        process = self.process
        try:
            status = process.wait(POLL_SECONDS) if process is not None else None
        except subprocess.TimeoutExpired:  # it has closed its pipe, but goes on
            status = None
        self.stop()
        if status is None:
            return "its answers"
        if status < 0:
            return f"by the signal {signal.Signals(-status).name}" + (", perhaps for lack of memory" * (status == -9))
        return f"with status {status} before it gave a value"


@dataclass
class Strangers:
    """So many processes for measures of strangers, each of which is started when it is first needed."""

    free: list[Stranger]

    @classmethod
    def of(cls, count: int) -> Strangers:
        """For as many as compute at once."""
        return cls([Stranger() for _ in range(count)])

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


def _computed(answer: Mapping[str, Any]) -> Computed:
    """An answer, whose every part is looked at: a stranger may have written it."""
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


def _write(pipe: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(pipe, rest) :]
