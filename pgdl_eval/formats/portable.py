"""A model as plain data, from which another machine opens it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complexity.errors import InputError

from .checksums import file_checksum

Contents = dict[str, bytes]


@dataclass(frozen=True)
class Portable:
    """A model as plain data: text and numbers.

    Attributes
    ----------
    make : a function of a module, found by its name: it makes of the folder, and of what is told, a set of this model.
    told : keyword arguments of `make`.
    folder, shown : where the model's files are, absolute, and as messages call it.
    files : the files, relative to the folder, each with its size and hash as of `checksums`; what lies elsewhere has an
        absolute path and is never sent.
    """

    make: Callable[..., Any]
    told: Mapping[str, Any]
    folder: str
    shown: str
    files: Mapping[str, str]

    def missing(self, folder: Path) -> list[str]:
        """The files that are not there, in this folder, with the bytes that they should have."""
        return [name for name, known in self.files.items() if known and file_checksum(folder / name) != known]

    def contents(self) -> Contents:
        """The bytes of the files within the folder.

        Raises
        ------
        InputError
            If one cannot be read.
        """
        found = {}
        for name in (name for name, known in self.files.items() if known and not Path(name).is_absolute()):
            try:
                found[name] = Path(self.folder, name).read_bytes()
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror}", file=Path(self.folder, name)) from error
        return found


def write_contents(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write files that were sent into a folder."""
    for name, content in contents.items():
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError("a file outside its folder", file=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
