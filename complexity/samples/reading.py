"""A data set is read once, and remembered as long as it lives and does not change."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError, warn
from ..identity_cache import IdentityCache
from .arrays_in_memory import anchors, whole
from .in_memory import Samples, content
from .inputs import each
from .replay import Setter, random_state, replayed
from .rows import samples_of_arrays, samples_of_items
from .state import checksum
from .tensorflow_pipeline import is_pipeline

# More than any training set of the competition holds (SVHN: 73,257); it keeps a larger one from filling the memory.
MAX_SAMPLES = 100_000


@dataclass(frozen=True)
class _Reading:
    """What was read of a data set, the checksum of its state then, and the random generators' state before."""

    samples: Samples
    state: int
    generators: list[Setter]

    def holds(self, rows: int | None) -> bool:
        return not self.samples.truncated or (rows is not None and rows <= len(self.samples))


_remembered_samples: IdentityCache[_Reading] = IdentityCache()
_remembered_values: IdentityCache[dict[Hashable, Any]] = IdentityCache()
_begun: IdentityCache[bool] = IdentityCache()  # iterators that items were taken from
_kept: dict[
    int, Iterator[Any]
] = {}  # those of them that cannot be watched, such as zip, as long as they are not used up

_batched: ContextVar[bool | None] = ContextVar("batched", default=None)  # what the user says of the call's data


@contextmanager
def read_as(batched: bool | None) -> Iterator[None]:
    """Within the context `read_samples` takes items as batches or as samples, where it is not told itself.

    None leaves it as it is outside.
    """
    _check_batched(batched)
    token = _batched.set(_batched.get() if batched is None else batched)
    try:
        yield
    finally:
        _batched.reset(token)


def read_samples(dataset: Any, max_samples: int | None = None, batched: bool | None = None) -> Samples:
    """The first `max_samples` rows of a data set (all for None), remembered as long as the data set lives.

    Parameters
    ----------
    dataset : `Samples`; arrays, tensors, tables or lists (inputs, labels), where labels may be None; inputs alone; a
        dict of columns; a `tf.data.Dataset`, a PyTorch `DataLoader` or a Keras `PyDataset`, whose batches are taken
        apart; a data set with `__len__` and `__getitem__`; or any iterable of (input, label). Labels in dicts have the
        key "label", "labels", "y", "target" or "targets". Several inputs are a dict or a tuple of arrays. A third part,
        the weights of samples, is left out.
    max_samples : a whole number from 1 on, or None.
    batched : whether the items are batches, for a data set that does not say so itself; None for what `read_as` says.

    Raises
    ------
    InputError
        For no samples, samples of different shapes, inputs that are no finite numbers, labels of another length, items
        that could be samples or batches, and an iterator that was read before.
    """
    _check_count(max_samples)
    _check_batched(batched)
    batched = _batched.get() if batched is None else batched
    if isinstance(dataset, Samples):
        return _first(dataset, max_samples)
    arrays = whole(dataset)
    if arrays is None:
        return _remember(dataset, max_samples, batched)
    return _with_values(samples_of_arrays(arrays).first(max_samples), anchors(dataset), max_samples)


def _check_count(max_samples: Any) -> None:
    whole_number = isinstance(max_samples, (int, np.integer)) and not isinstance(max_samples, bool)
    if max_samples is not None and not (whole_number and max_samples >= 1):
        expected = ("at least 1" if whole_number else "a whole number") + ", or None"
        raise InputError("bad number of samples", field="max_samples", expected=expected, found=f"{max_samples!r}")


def _check_batched(batched: Any) -> None:
    if batched is not None and not isinstance(batched, bool):
        raise InputError("bad setting", field="batched", expected="True, False or None", found=f"{batched!r}")


def _first(samples: Samples, rows: int | None) -> Samples:
    if rows is None or rows >= len(samples):
        return samples
    return samples.remembered(("first", int(rows)), lambda read: read.first(int(rows)))


def _remember(dataset: Any, rows: int | None, batched: bool | None) -> Samples:
    known = _remembered_samples.get([dataset], batched)
    once = isinstance(dataset, Iterator)
    if known is not None and not once and known.state != _state(dataset):
        known = None
    if known is not None and known.holds(rows):
        return _first(known.samples, rows)
    if once:
        return _read_once(dataset, rows, batched)
    generators = random_state(dataset) if known is None else known.generators
    samples = samples_of_items(dataset, rows, batched) if known is None else _read_on(dataset, rows, batched, known)
    if type(dataset) not in (list, tuple):  # which cannot be watched, so nothing is remembered of them
        _remembered_samples.put([dataset], batched, _Reading(samples, _state(dataset), generators))
    return samples


def _state(dataset: Any) -> int:
    """A checksum of what a data set holds; a pipeline of TensorFlow cannot be changed."""
    return 0 if is_pipeline(dataset) else checksum(dataset)


def _read_once(iterator: Iterator[Any], rows: int | None, batched: bool | None) -> Samples:
    """The samples of an iterator, which cannot be read again: not even after an error."""
    if _begun.get([iterator], None) or id(iterator) in _kept:
        expected, found = "a list, or a data set that can be read again", type(iterator).__name__
        problem = "a generator or other iterator can be read once, and this one was"
        raise InputError(problem, field="dataset", expected=expected, found=found)
    _begun.put([iterator], None, True)
    if not _begun.get([iterator], None):
        _kept[id(iterator)] = iterator
    samples = samples_of_items(iterator, rows, batched)
    _remembered_samples.put([iterator], batched, _Reading(samples, 0, []))
    if not samples.truncated:
        _kept.pop(id(iterator), None)
    return samples


def _read_on(dataset: Any, rows: int | None, batched: bool | None, known: _Reading) -> Samples:
    """More samples of a data set, beginning with those that were read before."""
    with replayed(dataset, known.generators):
        samples = samples_of_items(dataset, rows, batched)
    before = known.samples
    if samples.first(len(before)).digest != before.digest:
        text = "the data set gives other samples each time it is read: those of different max_samples are not the same"
        warn(text)
    return samples


def _with_values(read: Samples, objects: list[Any], rows: int | None) -> Samples:
    """Samples that are views of the caller's arrays; only what is computed of them is remembered.

    Views would keep the arrays alive, and arrays can be written to between two calls: so what was computed is kept for
    these objects together with a checksum of what they hold.
    """
    total = 0
    for _, array in each(read.inputs):
        total = zlib.crc32(content(array), total)
    detail = (rows, total, None if read.targets is None else zlib.crc32(content(read.targets)))
    values = _remembered_values.get(objects, detail)
    if values is None:
        values = {}
        _remembered_values.put(objects, detail, values)
    return replace(read, _remembered=values)
