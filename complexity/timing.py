"""Where the time of a call goes: seconds by phase, counted where somebody asks for them and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

READING, BUILDING, FORWARD, DECOMPOSITION, OTHER = "reading", "building", "forward", "decomposition", "other"
PHASES = (READING, BUILDING, FORWARD, DECOMPOSITION, OTHER)


class Clock:
    """Seconds by phase. Each moment counts for one: for the innermost that has begun, else for `OTHER`."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self._phase, self._since = OTHER, time.perf_counter()

    def turn_to(self, phase: str) -> str:
        """Count for this phase from now on; the one that counted so far is returned."""
        before, now = self._phase, time.perf_counter()
        self.seconds[before] += now - self._since
        self._phase, self._since = phase, now
        return before


_clock: ContextVar[Clock | None] = ContextVar("clock", default=None)


@contextmanager
def timed(wanted: bool = True) -> Iterator[Clock | None]:
    """A clock that runs within the context, where it is wanted; else None.

    What other threads do is not seen: the phase that waits for them counts.
    """
    if not wanted:
        yield None
        return
    clock = Clock()
    token = _clock.set(clock)
    try:
        yield clock
    finally:
        clock.turn_to(OTHER)
        _clock.reset(token)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Within the context the clock, where one runs, counts for this phase."""
    clock = _clock.get()
    if clock is None:
        yield
        return
    before = clock.turn_to(name)
    try:
        yield
    finally:
        clock.turn_to(before)
