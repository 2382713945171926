"""Arrays by name in `.npz` files."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.regular_files import open_regular

from .atomic import write_bytes

Arrays = dict[str, NDArray[Any]]

# Images and labels that are compressed take a twentieth at the least.
LARGEST_RATIO, SMALL, MOST_ARRAYS = 20, 2**26, 10_000
# What NumPy raises for files that it cannot read.
DAMAGE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)


class StoredArrays(Mapping[str, NDArray[Any]]):
    """The arrays of an `.npz` file, read at once, each of them unpacked and checked when it is first asked for.

    Attributes
    ----------
    nbytes : memory that it takes at most.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, or its arrays are larger than it can hold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with open_regular(path) as file:
                content = file.read()
            self._packed = np.load(io.BytesIO(content), allow_pickle=False)
            _check_total(self._packed.zip, len(content))
        except InputError as error:
            raise error.at(file=path) from error
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
                _check_head(self._packed.zip, name)
                self._unpacked[name] = self._packed[name]
            except InputError as error:
                raise error.at(file=self.path) from error
            except DAMAGE as error:
                raise _unreadable(self.path, error) from error
        return self._unpacked[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], *, compressed: bool = False, durable: bool = False
) -> None:
    """Write an `.npz` file as `write_bytes` does."""
    content = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(content, **arrays)  # type: ignore[arg-type] # numpy's stub takes the names for its own options
    write_bytes(path, content.getvalue(), durable=durable)


def read_arrays(path: Path) -> Arrays:
    """All arrays of an `.npz` file; errors as for `StoredArrays`."""
    return dict(StoredArrays(path))


def read_array(path: Path) -> NDArray[Any]:
    """The array of an `.npy` file; errors as for `StoredArrays`."""
    try:
        with open_regular(path) as file:
            content = io.BytesIO(file.read())
        needed = _needed(content)
        if needed > content.getbuffer().nbytes:
            problem, found = "an array of fewer bytes than its shape needs", f"{content.getbuffer().nbytes} bytes"
            raise InputError(problem, expected=f"{needed} bytes", found=found)
        content.seek(0)
        return np.asarray(np.lib.format.read_array(content, allow_pickle=False))
    except InputError as error:
        raise error.at(file=path) from error
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def _needed(content: Any) -> int:
    """The bytes of an array that the head of its file declares."""
    version = np.lib.format.read_magic(content)
    first = version == (1, 0)
    read_head = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, _, kind = read_head(content)
    return math.prod(shape) * kind.itemsize


def _check_total(archive: zipfile.ZipFile, size: int) -> None:
    """Hold how many arrays there are, and how large, against the bytes of the file."""
    members, most = archive.infolist(), LARGEST_RATIO * size + SMALL
    total = sum(member.file_size for member in members)
    if len(members) > MOST_ARRAYS or total > most:
        expected, found = f"at most {MOST_ARRAYS} with {most} bytes", f"{len(members)} with {total} bytes"
        raise InputError("the arrays are larger than the file can hold", expected=expected, found=found)


def _check_head(archive: zipfile.ZipFile, name: str) -> None:
    """Hold what an array's head declares against the bytes that follow it."""
    names = archive.NameToInfo
    member = names[name if name in names else f"{name}.npy"]
    with archive.open(member) as content:
        needed = _needed(content)
    if needed > member.file_size:
        problem, found = "an array of fewer bytes than its shape needs", f"{member.file_size} bytes"
        raise InputError(problem, field=name, expected=f"{needed} bytes", found=found)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"no arrays can be read: {error}", file=path)
