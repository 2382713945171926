"""What tells whether the files of a model are those that a value was computed from."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from .task import CONFIG, INITIAL_WEIGHTS, WEIGHTS, Task

Identity = dict[str, str]

PIECE = 2**20  # bytes that are hashed at a time


def identities(task: Task) -> dict[str, Identity]:
    """For each model of a task its files, each with its size and the SHA-256 of its bytes.

    A file that is not there has no entry, and one that cannot be read, or is no regular file, an empty one: that is for
    the reader of the model to say.
    """
    return {model: _identity(task.folder / model) for model in task.models}


def _identity(folder: Path) -> Identity:
    found = {name: file_identity(folder / name) for name in (CONFIG, WEIGHTS, INITIAL_WEIGHTS)}
    return {name: text for name, text in found.items() if text is not None}


def file_identity(path: Path) -> str | None:
    """Size and SHA-256 of a file; None where there is none, an empty text where it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO would wait for its writer
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    with os.fdopen(handle, "rb", buffering=0) as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return ""
        sha, size = hashlib.sha256(), 0
        try:
            while piece := file.read(PIECE):
                sha.update(piece)
                size += len(piece)
        except OSError:
            return ""
        return f"{size} bytes, sha256 {sha.hexdigest()}"
