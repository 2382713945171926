"""One command at a time in a folder."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from complexity.errors import InputError, warn

from .atomic import write_all

LOCK = ".pvector.lock"
BUSY = (errno.EAGAIN, errno.EACCES)


@contextmanager
def locked(folder: Path, say: Callable[[str], None] = warn, *, file: Path | None = None) -> Iterator[None]:
    """Keep other commands out of a folder, which is made where it is not there.

    The system holds the lock for this process and ends it with this process, however that ends; the file that is
    locked says who holds it. Where locks do not work, that is said and the command goes on.

    Parameters
    ----------
    say : called with that message.
    file : that is locked, `LOCK` in the folder by default.

    Raises
    ------
    InputError
        If another command holds it, with its process, host and begin; if the folder cannot be written.
    """
    path = file or folder / LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _acquire(path, folder, say)
    except OSError as error:
        raise InputError(f"the folder cannot be written: {error.strerror}", file=folder) from error
    try:
        yield
    finally:
        try:
            with suppress(OSError):
                os.unlink(path)  # while it is held: see `_acquire`
        finally:
            os.close(handle)  # also where Ctrl-C comes just now


def _acquire(path: Path, folder: Path, say: Callable[[str], None]) -> int:
    """The descriptor of the lock's file, locked."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        try:
            _lock(handle, folder, say)
            if _is_at(handle, path):  # else who held it before has removed the file since
                os.ftruncate(handle, 0)
                write_all(handle, _who().encode())
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _lock(handle: int, folder: Path, say: Callable[[str], None]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in BUSY:
            problem = "another command is at work in this folder; wait for its end, or choose another folder"
            raise InputError(problem, file=folder, found=_holder(handle)) from error
        say(f"warning {folder}: locks do not work here ({error.strerror}); let no other command work in this folder")


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _who() -> str:
    since = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    return json.dumps({"process": os.getpid(), "host": socket.gethostname(), "since": since}) + "\n"


def _holder(handle: int) -> str:
    """Who holds the lock, in words."""
    try:
        who = json.loads(os.pread(handle, 4096, 0))
        return f"process {who['process']:d} on {who['host']!s:.100} since {who['since']!s:.40}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has not said its name"
