"""From a data set to fixed rows: read once, and the same rows in the same order for every model."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .identity_cache import IdentityCache

Value = TypeVar("Value")
# More than any training set of the competition holds (SVHN: 73,257); it keeps a larger one from filling the memory.
MAX_SAMPLES = 100_000
ROWS_AT_A_TIME = 1024  # what is taken from a tf.data pipeline in one step


@dataclass(frozen=True, eq=False)
class Samples:
    """Training samples in memory.

    Attributes
    ----------
    inputs : (n, ...) as the data set delivers them.
    labels : (n,) class numbers, or None where the data set has none.
    truncated : whether the data set holds more rows than these.
    """

    inputs: NDArray[Any]
    labels: NDArray[np.integer] | None
    truncated: bool = False
    _remembered: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shape, type and bytes of inputs and labels, in hexadecimal."""
        sha = hashlib.sha256()
        for array in (self.inputs, self.labels):
            if array is not None:
                sha.update(repr((array.shape, array.dtype.str)).encode())
                sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()

    def matrix(self) -> NDArray[Any]:
        """The inputs as a matrix with one row a sample: (n, h w c)."""
        return self.inputs.reshape(len(self), -1)

    def first(self, rows: int | None) -> Samples:
        """The first rows; this very object where it has no more."""
        if rows is None or rows >= len(self):
            return self
        return Samples(self.inputs[:rows], None if self.labels is None else self.labels[:rows], truncated=True)

    def remembered(self, key: Hashable, compute: Callable[[Samples], Value]) -> Value:
        """What `compute` makes of these samples, computed once as long as they are remembered themselves.

        Parameters
        ----------
        key : tells values apart; two computations need two keys.
        """
        if key not in self._remembered:
            self._remembered[key] = compute(self)
        value: Value = self._remembered[key]
        return value

    def class_numbers(self) -> NDArray[np.integer]:
        """The labels, for measures that cannot do without.

        Raises
        ------
        InputError
            If there are none.
        """
        if self.labels is None:
            raise InputError("the data set has no labels", field="labels", expected="a class number for each sample")
        return self.labels


def check_counts(*, least: int = 2, optional: bool = True, **counts: int | None) -> None:
    """Raise an InputError for a setting, by its name, that is no whole number from `least` on, nor None if optional."""
    expected = f"a whole number from {least} on" + (", or None" if optional else "")
    for name, number in counts.items():
        if not (isinstance(number, int) and number >= least) and not (optional and number is None):
            raise InputError("out of range", field=name, expected=expected, found=number)


def read_samples(dataset: Any, max_samples: int | None = None) -> Samples:
    """The first `max_samples` rows of a data set (all for None), remembered as long as the data set lives.

    Parameters
    ----------
    dataset : `Samples`; a pair (inputs, labels) of arrays, where labels may be None; a `tf.data.Dataset` of unbatched
        (input, label); a PyTorch `DataLoader`, whose batches are taken apart; or any iterable of (input, label).
    max_samples : at least 1.

    Raises
    ------
    InputError
        For no samples, samples of different shapes, inputs that are no finite numbers, labels that are no class
        numbers.
    """
    if max_samples is not None and (isinstance(max_samples, bool) or max_samples < 1):
        raise InputError(
            "bad number of samples", field="max_samples", expected="at least 1, or None", found=max_samples
        )
    if isinstance(dataset, Samples):
        return dataset if max_samples is None or max_samples >= len(dataset) else _remember(dataset, max_samples)
    if _is_pair_of_arrays(dataset):
        return _from_arrays(*dataset, max_samples=max_samples)
    return _remember(dataset, max_samples)


_remembered_samples: IdentityCache[Samples] = IdentityCache()
_remembered_values: IdentityCache[dict[Hashable, Any]] = IdentityCache()


def _remember(dataset: Any, max_samples: int | None) -> Samples:
    known = _remembered_samples.get([dataset], max_samples)
    if known is None:
        known = dataset.first(max_samples) if isinstance(dataset, Samples) else _from_iterable(dataset, max_samples)
        _remembered_samples.put([dataset], max_samples, known)
    return known


def _from_arrays(inputs: Any, labels: Any, *, max_samples: int | None) -> Samples:
    """Samples that are views of the caller's arrays; only what is computed of them is remembered.

    Views would keep the arrays alive, and arrays can be written to between two calls: so what was computed is kept for
    these objects together with a checksum of what they hold.
    """
    anchors = [array for array in (inputs, labels) if array is not None]
    read = _checked(_as_numpy(inputs), None if labels is None else _as_numpy(labels)).first(max_samples)
    detail = (max_samples, zlib.crc32(np.ascontiguousarray(read.inputs).data))
    values = _remembered_values.get(anchors, detail)
    if values is None:
        values = {}
        _remembered_values.put(anchors, detail, values)
    return replace(read, _remembered=values)


def _is_pair_of_arrays(dataset: Any) -> bool:
    if not isinstance(dataset, (tuple, list)) or len(dataset) != 2:
        return False
    inputs, labels = dataset
    return len(getattr(inputs, "shape", ())) >= 1 and (labels is None or len(getattr(labels, "shape", ())) >= 1)


def _from_iterable(dataset: Any, max_samples: int | None) -> Samples:
    limit = None if max_samples is None else max_samples + 1  # one more tells whether rows were left out
    blocks = list(_blocks(dataset, limit))
    if not blocks:
        raise InputError("the data set has no samples", field="dataset", found=type(dataset).__name__)
    try:
        inputs = np.concatenate([block[0] for block in blocks])
        labels = None if blocks[0][1] is None else np.concatenate([block[1] for block in blocks])
    except ValueError as error:
        shapes = sorted({block[0].shape[1:] for block in blocks})
        raise InputError("samples differ in shape", field="inputs", expected="one shape", found=shapes) from error
    return _checked(inputs, labels).first(max_samples)


def _blocks(dataset: Any, limit: int | None) -> Iterator[tuple[NDArray[Any], Any]]:
    """The data set in blocks of rows (inputs, labels), `limit` rows at least where it has them."""
    if hasattr(dataset, "element_spec") and hasattr(dataset, "as_numpy_iterator"):
        pipeline = dataset.unbatch() if _is_batched(dataset.element_spec) else dataset
        pipeline = pipeline if limit is None else pipeline.take(limit)
        try:
            yield from map(_split, pipeline.batch(ROWS_AT_A_TIME).as_numpy_iterator())
        except InputError:
            raise
        except Exception as error:  # of TensorFlow, which is not imported here
            raise InputError(f"the data set cannot be read: {error}", field="dataset") from error
        return
    rows = 0
    in_batches = getattr(dataset, "batch_size", None) is not None and hasattr(dataset, "batch_sampler")
    for item in dataset if isinstance(dataset, Iterable) or hasattr(dataset, "__getitem__") else _not_iterable(dataset):
        inputs, labels = _split(item)
        block = inputs if in_batches else inputs[None]
        yield block, labels if in_batches or labels is None else np.asarray(labels)[None]
        rows += len(block)
        if limit is not None and rows >= limit:
            return


def _not_iterable(dataset: Any) -> Any:
    raise InputError(
        "not a data set",
        field="dataset",
        expected="a tf.data.Dataset, a pair of arrays or an iterable of (input, label)",
        found=type(dataset).__name__,
    )


def _is_batched(element_spec: Any) -> bool:
    """Whether a tf.data.Dataset delivers batches: labels of rank 1 that are as many as the inputs."""
    try:
        inputs, labels = (part.shape for part in element_spec)
    except (TypeError, ValueError, AttributeError):
        return False
    known = inputs.rank is not None and labels.rank is not None
    return known and labels.rank == 1 and inputs.rank >= 2 and inputs[0] == labels[0]


def _split(item: Any) -> tuple[NDArray[Any], Any]:
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise InputError("a sample is no pair", field="dataset", expected="(input, label)", found=type(item).__name__)
    return _as_numpy(item[0]), None if item[1] is None else _as_numpy(item[1])


def _as_numpy(array: Any) -> NDArray[Any]:
    """A NumPy array of an array, a TensorFlow tensor, or a PyTorch tensor on any device."""
    return np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)


def _checked(inputs: NDArray[Any], labels: NDArray[Any] | None) -> Samples:
    if inputs.dtype.kind not in "fiub":
        raise InputError("inputs are no numbers", field="inputs", expected="numbers", found=inputs.dtype)
    if inputs.ndim < 2 or inputs.size == 0:
        raise InputError("no samples", field="inputs", expected="an array of (n, ...)", found=f"shape {inputs.shape}")
    if inputs.dtype.kind == "f":
        for start in range(0, len(inputs), ROWS_AT_A_TIME):
            bad = np.argwhere(~np.isfinite(inputs[start : start + ROWS_AT_A_TIME]))
            if len(bad):
                row, *place = (int(i) for i in bad[0])
                value = inputs[(start + row, *place)]
                raise InputError(f"sample {start + row} holds {value} at {tuple(place)}", field="inputs")
    return Samples(inputs, None if labels is None else _class_numbers(labels, len(inputs)))


def _class_numbers(labels: NDArray[Any], rows: int) -> NDArray[np.integer]:
    """Labels as (n,) whole numbers; one-hot rows are turned into class numbers."""
    if labels.ndim == 2 and labels.shape[1] > 1 and np.all((labels == 0) | (labels == 1)):
        labels = labels.argmax(axis=1)
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.shape != (rows,):
        raise InputError(
            "labels do not fit the inputs", field="labels", expected=f"shape ({rows},)", found=f"shape {labels.shape}"
        )
    if labels.dtype.kind not in "fiub" or not np.array_equal(labels, np.asarray(labels).astype(np.int64)):
        raise InputError("labels are no class numbers", field="labels", expected="whole numbers", found=labels.dtype)
    return labels.astype(np.int64)
