"""Progress of a long call: one line on the terminal that is overwritten, and gone when the call ends."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from .errors import InputError

Item = TypeVar("Item")
PATIENCE = 2.0  # seconds before the line appears by itself
INTERVAL = 0.1  # seconds between two writings


@dataclass
class Loop:
    """A loop that is at work: how many of its items are done, of how many where that is known, and what they are."""

    unit: str
    total: int | None
    done: int = 0

    def __str__(self) -> str:
        return f"{self.done} {self.unit}" if self.total is None else f"{self.done} of {self.total} {self.unit}"


class Line:
    """The line of one call: its name, and how far each loop that is at work has come, the outermost first.

    Parameters
    ----------
    name : of what is computed.
    patience : seconds before it is shown; infinite for never.
    """

    def __init__(self, name: str, patience: float) -> None:
        self.name, self.due = name, time.monotonic() + patience
        self.loops: list[Loop] = []
        self.written = 0

    def counted(self, items: Iterable[Item], unit: str, total: int | None) -> Iterator[Item]:
        """The items; each that is asked for tells that those before it are done."""
        loop = Loop(unit, total)
        self.loops.append(loop)
        try:
            for item in items:
                self.show()
                yield item
                loop.done += 1
            self.show()
        finally:
            self.loops = [one for one in self.loops if one is not loop]
            if not self.loops:
                self.clear()  # so that a warning or a result stands on a line of its own

    def show(self) -> None:
        """Write the line, unless it is too early for that."""
        now = time.monotonic()
        if now < self.due:
            return
        self.due = now + INTERVAL
        self._write(f"{self.name}: {', '.join(map(str, self.loops))}"[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        """Remove what was written."""
        if self.written:
            self._write("")
            self._write("")  # which brings the cursor back to the first column

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write("\r" + text.ljust(self.written))
            sys.stderr.flush()
        except (AttributeError, OSError, ValueError):  # no stream, or a closed one: the value is worth more
            self.due = math.inf
        self.written = len(text)


_line: ContextVar[Line | None] = ContextVar("line", default=None)


@contextmanager
def shown(wanted: bool | None, name: str) -> Iterator[None]:
    """Within the context, what is `counted` is shown on the standard error stream.

    Parameters
    ----------
    wanted : True always; False never; None after `PATIENCE` seconds, and on a terminal alone. Within another such
        context None leaves it to that one.
    name : how the line calls what is computed.

    Raises
    ------
    InputError
        For another value of `wanted`.
    """
    if wanted is not None and not isinstance(wanted, bool):
        raise InputError("bad setting", field="progress", expected="True, False or None", found=f"{wanted!r}")
    if wanted is None and _line.get() is not None:
        yield
        return
    automatic = PATIENCE if _on_a_terminal() else math.inf
    token = _line.set(Line(name, automatic if wanted is None else 0.0 if wanted else math.inf))
    try:
        yield
    finally:
        _line.reset(token)


def counted(items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
    """The items, while the call's line shows how many of them are done.

    Parameters
    ----------
    unit : what they are, in the plural.
    total : how many there are, where that is known.
    """
    line = _line.get()
    return iter(items) if line is None else line.counted(items, unit, total)


def _on_a_terminal() -> bool:
    """Whether the standard error stream is one; those of notebooks and pipes are not."""
    try:
        return bool(sys.stderr.isatty())
    except (AttributeError, ValueError):  # none, or a closed one
        return False
