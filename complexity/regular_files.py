"""Files of strangers are opened here: regular files alone, so that no read waits for a pipe or never ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from .errors import InputError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read its bytes.

    Raises
    ------
    InputError
        If it is missing, may not be read, or is a folder, a pipe, a socket or a device.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _irregular(path, mode)
        # Without O_NONBLOCK, a pipe that took the file's place since would be waited for.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the file cannot be read: {error}", file=path) from error  # a zero byte in its name
    mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        raise _irregular(path, mode)
    return file


def size_of(file: BinaryIO) -> int:
    """The bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def read_regular(path: Path, most: int) -> bytes:
    """The content of a file that has at most so many bytes; errors as for `open_regular`."""
    with open_regular(path) as file:
        size = size_of(file)
        content = file.read(most + 1)
    if len(content) > most:
        raise InputError("the file is too large", file=path, expected=f"at most {most} bytes", found=f"{size} bytes")
    return content


def _irregular(path: Path, mode: int) -> InputError:
    found = next((name for test, name in _KINDS if test(mode)), "something else")
    return InputError("not a regular file", file=path, expected="a regular file", found=found)
