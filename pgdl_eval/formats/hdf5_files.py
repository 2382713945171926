"""HDF5 from strangers: what lies in the file itself, and no more of it than the file can hold."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from complexity.errors import InputError
from complexity.regular_files import open_regular

MOST_TEXT = 2**25  # bytes that all names of one list may take
_HEAP = struct.Struct("<4sB3xQ")  # of a collection of strings of variable length: signature, version, size
_OBJECT = struct.Struct("<H6xQ")  # of a text in it: number, length
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def object_at(group: Any, name: str) -> Any:
    """The group or data set of that name, every part of which is a plain ("hard") link.

    Raises
    ------
    InputError
        For links into other files and links by name, and for what is not there.
    """
    found = group
    for part in name.split("/"):
        place = f"{group.name.rstrip('/')}/{name}"
        if not part or part == "." or not isinstance(found, h5py.Group):
            raise InputError("no name of a layer or weight", field=place, expected="NAME or NAME/NAME")
        link = found.get(part, getlink=True)
        if link is None:
            raise InputError("no legacy Keras weights can be read: the entry is missing", field=place)
        if not isinstance(link, h5py.HardLink):
            kind = "a link into another file" if isinstance(link, h5py.ExternalLink) else "a link by name"
            raise InputError("links are not followed", field=place, expected="the array itself", found=kind)
        found = found[part]
    return found


def has(group: Any, name: str) -> bool:
    """Whether a group has an entry of that name; where it leads is not looked at (`in` of h5py would follow it)."""
    return bool(group.id.links.exists(name.encode()))


def check_storage(dataset: Any, place: str) -> int:
    """The bytes of a data set as it is stored.

    Raises
    ------
    InputError
        If it is kept in other files or put together from other data sets, or if fewer bytes are stored than its shape
        needs, as of compressed and of unwritten data.
    """
    if dataset.external or dataset.is_virtual:
        found = "external raw storage" if dataset.external else "a virtual data set"
        raise InputError("data in other places are not read", field=place, expected="data in the file", found=found)
    needed, stored = dataset.size * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if stored < needed:
        problem = "fewer bytes are stored than the shape needs (compressed or unwritten data are not read)"
        raise InputError(problem, field=place, expected=f"{needed} bytes for shape {dataset.shape}", found=stored)
    return int(stored)


def strings_of(group: Any, key: str, place: str, longest: int, size: int, most: int) -> list[str]:
    """The list of texts in an attribute.

    Parameters
    ----------
    longest : bytes that a text of variable length may have: `longest_string` of the file.
    size, most : bytes of the file; how many texts there may be.

    Raises
    ------
    InputError
        For another kind of attribute, and for more than the file can hold.
    """
    attribute = h5py.h5a.open(group.id, key.encode())
    shape, kind = attribute.shape, attribute.dtype
    variable = h5py.check_string_dtype(kind) is not None and kind.kind == "O"
    count = int(np.prod(shape, dtype=np.float64)) if shape is not None else 0
    if count == 0:
        return []
    if len(shape) != 1 or not (variable or kind.kind == "S"):
        raise InputError("no list of names", field=place, expected="a list of texts", found=f"{kind} {shape}")
    if count > most:
        raise InputError("too many names", field=place, expected=f"at most {most} more", found=count)
    taken = count * (longest if variable else kind.itemsize)
    if attribute.get_storage_size() > size or taken > max(MOST_TEXT, 0 if variable else size):
        raise InputError("longer names than the file can hold", field=place, found=f"up to {taken} bytes")
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs[key]]


def longest_string(path: Path) -> int:
    """The most bytes that a text of variable length may have in a file: those of its largest heap of texts.

    A few bytes may refer to the same long text again and again, so their number alone bounds nothing.

    Raises
    ------
    InputError
        If it is no HDF5 file, or a heap is damaged: the library goes round in it for good (HDF5 1.14 does).
    """
    largest = 0
    with open_regular(path) as file:
        head = file.read(16)
        if head[:8] != _SIGNATURE or head[13:15] != b"\x08\x08" != head[9:11]:
            raise InputError("no legacy Keras weights can be read: no HDF5 file with sizes of 8 bytes")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = content.find(b"GCOL")
            while 0 <= place <= len(content) - _HEAP.size:
                _, version, size = _HEAP.unpack_from(content, place)
                if version == 1 and place + size <= len(content):
                    _check_heap(content, place, size)
                    largest = max(largest, size)
                place = content.find(b"GCOL", place + 4)
    return largest


def _check_heap(content: mmap.mmap, place: int, size: int) -> None:
    """Go through the objects of a heap: each has a head, and as many bytes as this says; number 0 is the free rest."""
    position, end = place + _HEAP.size, place + size
    while position + _OBJECT.size <= end:
        number, length = _OBJECT.unpack_from(content, position)
        step = _OBJECT.size + -(-length // 8) * 8 if number else length
        if step < _OBJECT.size or position + step > end:
            problem = "no legacy Keras weights can be read: a heap of texts is damaged"
            raise InputError(problem, field=f"byte {position}", found=f"an object of {length} bytes")
        position += step
