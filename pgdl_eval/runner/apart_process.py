"""A process that may do what it will: it is asked, and answers, in lines; its output is kept, its time is limited."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from .isolation import BUBBLEWRAP, SCRATCH, Isolation, environment, keras_settings
from .process_memory import memory_of

POLL_SECONDS = 0.5  # after which an end is noticed that nothing else tells
LOOK_SECONDS = 0.5  # between two looks at the memory that it takes with all that it has begun
START_SECONDS = 120.0  # in which a process says that it has begun
STARTED = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[4]); "
    "from pgdl_eval.runner.stranger_process import main; main(*map(int, sys.argv[1:4]))"
)
READY = b"ready"
PIECE = 2**16
LONGEST_ANSWER = 2**20  # bytes
MOST_OUTPUT = 2**20  # bytes that are kept of what a process prints on one model


class Ended(Exception):
    """A process that gave no answer: why, in words."""


class ApartProcess:
    """A process of its own, with a scratch folder of its own, which ends with what it has begun.

    Parameters
    ----------
    isolation : how it is held.
    readable : what it must see, as for `Isolation.command`.

    Attributes
    ----------
    output : what it has printed since it was asked last, on both streams.
    """

    def __init__(self, isolation: Isolation, readable: Sequence[tuple[Path, Path]]) -> None:
        self.isolation = isolation
        self.output = bytearray()
        self._held = bytearray()
        self._scratch = TemporaryDirectory(prefix="pvector-scratch-", ignore_cleanup_errors=True)
        theirs, self._questions = os.pipe()
        self._answers, theirs_too = os.pipe()
        self._printed, prints = os.pipe()
        path = json.dumps([os.path.abspath(one) for one in sys.path])
        pipes = [str(theirs), str(theirs_too)]
        arguments = [sys.executable, "-I", "-c", STARTED, *pipes, str(isolation.limits.most_memory), path]
        apart = isolation.kind == BUBBLEWRAP
        variables = environment(SCRATCH if apart else Path(self._scratch.name))
        try:
            self._process = subprocess.Popen(
                isolation.command(arguments, readable), pass_fds=(theirs, theirs_too), stdin=subprocess.DEVNULL,
                stdout=prints, stderr=prints, cwd=self._scratch.name, env={**variables, **keras_settings(variables)},
                start_new_session=True,
            )  # fmt: skip
        finally:
            for pipe in (theirs, theirs_too, prints):
                os.close(pipe)

    def begin(self) -> None:
        """Wait until it can be asked.

        Raises
        ------
        Ended
            If it cannot.
        """
        if self._line(START_SECONDS) != READY:
            raise Ended("the process of the measure did not begin")

    def ask(self, question: bytes, seconds: float) -> bytes:
        """Its answer.

        Raises
        ------
        Ended
            If it ends without one, or takes longer than so many seconds.
        """
        self.output.clear()
        with suppress(BrokenPipeError):  # it has ended: what reads says how
            rest = memoryview(question + b"\n")
            while rest:
                rest = rest[os.write(self._questions, rest) :]
        return self._line(seconds)

    def kill(self) -> None:
        """End it and what it has begun, as far as that has not left its session; who waits for it goes on."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def stop(self) -> None:
        """End it for good, and remove its scratch folder."""
        self.kill()
        self._process.wait()
        for pipe in (self._questions, self._answers, self._printed):
            os.close(pipe)
        self._scratch.cleanup()

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def _line(self, seconds: float) -> bytes:
        """The next line of its answers."""
        looked = time.monotonic()
        until = looked + seconds
        while b"\n" not in self._held:
            ended = not self.lives  # a process that it began may hold the pipes open
            if not self._receive(0 if ended else POLL_SECONDS) and ended:
                raise Ended(f"the process of the measure ended {self._end()}")
            late = time.monotonic() > until
            if late or time.monotonic() - looked > LOOK_SECONDS:
                self._look_at_memory()
                looked = time.monotonic()
            if late:
                raise Ended(f"the measure took more than {seconds:g} s, and its process was ended")
            if len(self._held) > LONGEST_ANSWER:
                raise Ended("the process of the measure answered no result: it has no end")
        while self._receive(0, answers=False):  # what was printed before the answer
            pass
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held[:] = rest
        return line

    def _receive(self, seconds: float, *, answers: bool = True) -> bool:
        """Take what there is, or comes within so many seconds; whether there was something."""
        pipes = [self._printed, *([self._answers] if answers else [])]
        ready, _, _ = select.select(pipes, [], [], seconds)
        pieces = {pipe: os.read(pipe, PIECE) for pipe in ready}
        self._held += pieces.get(self._answers, b"")
        self.output += pieces.get(self._printed, b"")[: max(0, MOST_OUTPUT - len(self.output))]
        if ready and not any(pieces.values()):  # both have been closed: nothing more comes, but it may go on
            time.sleep(min(seconds, POLL_SECONDS) / 10)
        return any(pieces.values())

    def _look_at_memory(self) -> None:
        """Limits of the system are those of each process, and leave out what processes share."""
        taken, most = memory_of(self._process.pid), self.isolation.limits.most_memory
        if taken > most:
            raise Ended(f"the measure took {taken / 1e9:.3g} GB of {most / 1e9:.3g} GB of memory, and was ended")

    def _end(self) -> str:
        return self.isolation.how_it_ended(self._process.wait())
