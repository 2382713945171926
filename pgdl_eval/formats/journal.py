"""An append-only file of JSON lines: what has been computed, while a run is at work."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from complexity.errors import InputError

from .atomic import write_all, write_text

SYNC_SECONDS = 5.0  # a power loss takes back what was appended within this time, at most

Line = Mapping[str, Any]


@dataclass
class Journal:
    """A journal that is open for appending.

    Each line is with the system when `append` returns, so that a kill of the process takes nothing back. It is on the
    disk, too, where the last time that this was so lies `SYNC_SECONDS` back.
    """

    path: Path
    handle: int
    synced: float = field(default_factory=time.monotonic)

    def append(self, line: Line) -> None:
        """Add a line.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        try:
            write_all(self.handle, _text(line).encode())
            if time.monotonic() - self.synced >= SYNC_SECONDS:
                os.fsync(self.handle)
                self.synced = time.monotonic()
        except OSError as error:
            raise InputError(f"the journal cannot be written: {error.strerror}", file=self.path) from error

    def close(self) -> None:
        """Close the file, which stays."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def remove(self) -> None:
        """Close and remove the file, once what it holds is kept elsewhere."""
        self.close()
        self.path.unlink(missing_ok=True)


def begin_journal(path: Path, header: Line, lines: Iterable[Line]) -> Journal:
    """A new journal with these lines, in place of one that may lie there; it is on the disk when this returns.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    write_text(path, "".join(map(_text, (header, *lines))), durable=True)
    try:
        return Journal(path, os.open(path, os.O_WRONLY | os.O_APPEND))
    except OSError as error:
        raise InputError(f"the journal cannot be written: {error.strerror}", file=path) from error


def read_journal(path: Path, accepts: Callable[[Line], bool]) -> tuple[Line, list[Line]] | None:
    """Header and lines of a journal; None where there is none, or not even its header is whole.

    A crash can cut the last line, and a power loss what comes after some line: what follows the last whole line before
    the first that is none, or that `accepts` refuses, is dropped.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"the journal cannot be read: {error.strerror}", file=path) from error
    found: list[Line] = []
    for text in content.split(b"\n")[:-1]:  # what follows the last newline is a line that was cut
        line = _line(text)
        if line is None or (found and not accepts(line)):
            break
        found.append(line)
    return (found[0], found[1:]) if found else None


def _text(line: Line) -> str:
    return json.dumps(dict(line), sort_keys=True, allow_nan=False) + "\n"


def _line(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
