"""Arrays by name in `.npz` files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .atomic import write_bytes

Arrays = dict[str, NDArray[Any]]

DAMAGE = (OSError, EOFError, ValueError, zipfile.BadZipFile)  # what NumPy raises for files that it cannot read


class StoredArrays(Mapping[str, NDArray[Any]]):
    """The arrays of an `.npz` file, read at once, each of them unpacked and checked when it is first asked for.

    Attributes
    ----------
    nbytes : memory that it takes at most.

    Raises
    ------
    InputError
        If there is no such file, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = path.read_bytes()
            self._packed = np.load(io.BytesIO(content), allow_pickle=False)
        except DAMAGE as error:
            raise _unreadable(path, error) from error
        self._names = dict.fromkeys(self._packed.files)
        self._unpacked: Arrays = {}
        self.nbytes = 2 * len(content)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._names:  # which NumPy finds by a search
            raise KeyError(name)
        if name not in self._unpacked:
            try:
                self._unpacked[name] = self._packed[name]
            except DAMAGE as error:
                raise _unreadable(self.path, error) from error
        return self._unpacked[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an `.npz` file as `write_bytes` does."""
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type] # numpy's stub takes the names for its own options
    write_bytes(path, content.getvalue())


def read_arrays(path: Path) -> Arrays:
    """All arrays of an `.npz` file.

    Raises
    ------
    InputError
        If there is no such file, or it is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # NumPy leaves a damaged file open
            return {name: arrays[name] for name in arrays.files}
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"no arrays can be read: {error}", file=path)
