"""What can be seen of a data set's content, to notice that it has changed since it was read."""

from __future__ import annotations

import types
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .arrays import is_array
from .in_memory import content

DEPTH = 8  # of objects in objects
FOREIGN = ("builtins", "torch", "numpy", "tensorflow", "keras", "tf_keras", "typing", "abc", "collections")
PLAIN = (str, bytes, int, float, complex, bool, type(None), np.generic)


def checksum(dataset: Any) -> int:
    """A number that changes with arrays, numbers and transforms that the data set holds.

    What it reads from elsewhere (files, a network) cannot be seen. The state of a loader's sampler, and of random
    generators, does not count: these change by reading.
    """
    total = 0
    for part in _parts(dataset, DEPTH, set()):
        total = zlib.crc32(part, total)
    return total


def _parts(thing: Any, depth: int, seen: set[int]) -> Iterator[bytes | memoryview]:
    if isinstance(thing, PLAIN):
        yield repr(thing).encode()
        return
    if id(thing) in seen or depth == 0:
        return
    seen.add(id(thing))
    if is_array(thing):
        yield from _of_array(thing)
    else:
        for part in _inside(thing):
            yield from _parts(part, depth - 1, seen)
        yield repr((type(thing).__name__, id(thing))).encode()


def _of_array(array: Any) -> Iterator[bytes | memoryview]:
    try:
        found = np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)
        parts = [repr((found.shape, found.dtype.str)).encode(), content(found)]
    except (TypeError, ValueError, RuntimeError):  # such as sparse ones
        parts = [repr((type(array).__name__, id(array))).encode()]
    yield from parts


def _inside(thing: Any) -> list[Any]:
    """The objects that a container, a function or an object of a user's class consists of."""
    if isinstance(thing, Mapping):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, types.MethodType):
        return [thing.__self__, thing.__func__]
    if isinstance(thing, types.FunctionType):
        return _of_function(thing)
    if isinstance(thing, (type, types.ModuleType)):
        return []
    parts = list(thing) if isinstance(thing, (list, tuple)) else []
    own = dict(getattr(thing, "__dict__", {}))
    if hasattr(thing, "dataset") and hasattr(thing, "batch_size"):  # a loader: its iterators change by reading
        own = {name: own.get(name) for name in ("dataset", "collate_fn", "batch_size")}
    classes = [one for one in type(thing).__mro__ if one.__module__.split(".")[0] not in FOREIGN]
    return parts + list(own.values()) + [part for one in classes for part in _of_class(one)]


def _of_class(one: type) -> list[Any]:
    members = [member for name, member in vars(one).items() if not name.startswith("__") or name in ITEM_METHODS]
    return [member for member in members if isinstance(member, (types.FunctionType, *PLAIN)) or is_array(member)]


ITEM_METHODS = ("__getitem__", "__iter__", "__len__", "__call__", "__getitems__")


def _of_function(function: types.FunctionType) -> list[Any]:
    """Arrays and numbers that a function takes from around it."""
    around = [function.__globals__.get(name) for name in function.__code__.co_names]
    for cell in function.__closure__ or ():
        try:
            around.append(cell.cell_contents)
        except ValueError:  # not yet filled
            continue
    return [part for part in around if isinstance(part, PLAIN) or is_array(part)]
