"""Items and arrays made rows: (n, ...) inputs and (n, ...) labels that fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..progress import counted
from .in_memory import Samples
from .inputs import Inputs, check_inputs, each, join_arrays, joined, rows
from .items import Item, could_be_one_hot, has_class_numbers, is_batch, question, split
from .sources import Source, source


def samples_of_arrays(arrays: Item) -> Samples:
    """Samples of arrays (n, ...), checked.

    Raises
    ------
    InputError
        For inputs that are no finite numbers or have one axis, and labels of another length.
    """
    inputs, labels = arrays.inputs, arrays.labels
    if labels is not None:
        _check_order(inputs, labels)
    check_inputs(inputs)
    if labels is not None and (labels.ndim == 0 or len(labels) != rows(inputs)):
        expected, found = f"shape ({rows(inputs)},)", f"shape {labels.shape}"
        raise InputError("labels do not fit the inputs", field="labels", expected=expected, found=found)
    return Samples(inputs, labels)


def samples_of_items(dataset: Any, count: int | None, batched: bool | None) -> Samples:
    """The first samples of a data set of items, checked.

    Raises
    ------
    InputError
        As `samples_of_arrays`, and for no items, items that differ, or that could be samples or batches.
    """
    limit = None if count is None else count + 1  # one more tells whether rows were left out
    items = _Items(source(dataset, limit, batched))
    found = list(items.until(limit))
    if items.guessed and all(map(could_be_one_hot, found)):
        raise question(found[0])
    if not found:
        hint = "; an iterator can be read once" if isinstance(dataset, Iterator) else ""
        raise InputError(f"the data set has no samples{hint}", field="dataset", found=type(dataset).__name__)
    join = np.concatenate if items.batched else np.stack
    inputs = joined([item.inputs for item in found], join)
    return samples_of_arrays(Item(inputs, _labels([item.labels for item in found], join))).first(count)


class _Items:
    """Items of a source, with the answer whether they are batches once the first is known."""

    def __init__(self, origin: Source) -> None:
        self.origin, self.batched = origin, origin.batched
        self.guessed = False  # that they are batches, from labels that look like class numbers

    def until(self, limit: int | None) -> Iterator[Item]:
        """Items with `limit` rows or more, where there are so many."""
        count = 0
        for raw in counted(self.origin.items(), "items of the data set"):
            item = split(raw)
            if self.batched is None:
                self.batched = is_batch(item)
                if self.batched is None:
                    self.batched = self.guessed = self.origin.stream and has_class_numbers(item)
                    if not self.guessed:
                        raise question(item)
            if self.batched:
                self._check_batch(item)
            yield item
            count += rows(item.inputs) if self.batched else 1
            if limit is not None and count >= limit:
                return

    def _check_batch(self, item: Item) -> None:
        parts = each(item.inputs) + ([("labels", item.labels)] if item.labels is not None else [])
        lengths = {len(array) if array.ndim else None for _, array in parts}
        if len(lengths) > 1 or None in lengths:
            found = ", ".join(f"{name} of shape {array.shape}" for name, array in parts)
            raise InputError("a batch whose parts differ in length", field="dataset", found=found)
        if self.origin.at_most is not None and rows(item.inputs) > self.origin.at_most:
            expected, found = f"at most {self.origin.at_most} rows, its batch_size", str(rows(item.inputs))
            raise InputError("a batch larger than the loader says", field="dataset", expected=expected, found=found)


def _labels(labels: list[NDArray[Any] | None], join: Any) -> NDArray[Any] | None:
    known = [part for part in labels if part is not None]
    if known and len(known) < len(labels):
        row = next(place for place, part in enumerate(labels) if part is None)
        raise InputError(f"item {row} has no label, others have one", field="labels")
    return join_arrays(known, join, "labels") if known else None


def _check_order(inputs: Inputs, labels: NDArray[Any]) -> None:
    """Class numbers where inputs should be, and numbers with several axes where labels should be."""
    if isinstance(inputs, np.ndarray) and inputs.ndim == 1 and inputs.dtype.kind in "iub" and labels.ndim > 1:
        expected, found = "(inputs, labels)", f"shapes {inputs.shape} and {labels.shape}"
        raise InputError("inputs and labels seem to be swapped", field="dataset", expected=expected, found=found)
