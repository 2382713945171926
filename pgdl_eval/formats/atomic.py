"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from complexity.errors import InputError

PART = ".part"  # ends the names of files that are being written


def write_bytes(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file; a reader, or a crash, never meets half of it.

    What a crash left of earlier attempts to write this file is removed.

    Parameters
    ----------
    durable : whether the file, and its name in the folder, are on the disk when this returns, so that a power loss
        cannot take them back. That costs some milliseconds.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        handle, name = _part_of(path)
        try:
            write_all(handle, content)
            os.fchmod(handle, 0o644)
            if durable:
                os.fsync(handle)
            os.replace(name, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name)
            raise
        finally:
            os.close(handle)
        if durable:
            flush_folder(path.parent)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", file=path) from error


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Write a text file as `write_bytes` does."""
    write_bytes(path, text.encode(), durable=durable)


def write_json(path: Path, content: Any, *, durable: bool = False) -> None:
    """Write JSON as `write_text` does: sorted, indented, without NaN."""
    write_text(path, json_text(content), durable=durable)


def json_text(content: Any) -> str:
    """What `write_json` writes."""
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_all(handle: int, content: bytes) -> None:
    """Write all bytes to a file descriptor; a full disk is an OSError."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def flush_folder(folder: Path) -> None:
    """Bring the names of a folder's files to the disk, where its file system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some network file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def place_folder(draft: Path, target: Path) -> None:
    """Move a folder that is written to where it is looked for; a reader, or a crash, never meets half of it.

    It is on the disk when this returns, with all that lies in it, and its name. A folder that lies there is removed.

    Raises
    ------
    InputError
        If that cannot be done.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for folder, _, names in os.walk(draft):
            for name in names:
                _flush_file(os.path.join(folder, name))
            flush_folder(Path(folder))
        if target.exists():
            shutil.rmtree(target)
        os.replace(draft, target)
        flush_folder(target.parent)
    except OSError as error:
        raise InputError(f"the folder cannot be written: {error.strerror}", file=target) from error


def _flush_file(name: str) -> None:
    handle = os.open(name, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_leftovers(path: Path) -> None:
    """Remove what crashes left of attempts to write this file; who still writes it holds a lock on its part."""
    with suppress(OSError):
        for name in os.listdir(path.parent):
            if name.startswith(f".{path.name}.") and name.endswith(PART):
                _remove_unless_held(str(path.parent / name))


def _remove_unless_held(name: str) -> None:
    try:
        handle = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    with os.fdopen(handle, "rb"), suppress(OSError):  # somebody writes it, it is gone, or locks do not work here
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name)


def _part_of(path: Path) -> tuple[int, str]:
    """A new file beside this one, as descriptor and name; it is locked, where locks work."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:  # `remove_leftovers` of another process may have come between
            return handle, name
        os.close(handle)
