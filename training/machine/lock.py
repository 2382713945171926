"""One command at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from complexity.errors import InputError


@contextmanager
def locked(folder: Path, file: Path) -> Iterator[None]:
    """Keep other commands out of a folder, until this process ends at the latest.

    Parameters
    ----------
    file : that is locked; it stays.

    Raises
    ------
    InputError
        If another one is at work there.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError("another command is at work in this folder", file=folder) from error
    try:
        yield
    finally:
        lock.release()
