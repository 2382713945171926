"""What tells whether the files of a model are those that a value was computed from."""

from __future__ import annotations

from pathlib import Path

from .checksums import file_checksum
from .task import CONFIG, INITIAL_WEIGHTS, WEIGHTS, Task

Identity = dict[str, str]


def identities(task: Task) -> dict[str, Identity]:
    """For each model of a task its files, each with its size and the SHA-256 of its bytes.

    A file that is not there has no entry, and one that cannot be read, or is no regular file, an empty one: that is for
    the reader of the model to say.
    """
    return {model: _identity(task.folder / model) for model in task.models}


def _identity(folder: Path) -> Identity:
    found = {name: file_checksum(folder / name) for name in (CONFIG, WEIGHTS, INITIAL_WEIGHTS)}
    return {name: text for name, text in found.items() if text is not None}
