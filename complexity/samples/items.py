"""An item of a data set, be it one sample or a batch, taken apart into inputs and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..errors import InputError
from .arrays import as_array, is_array, is_number
from .inputs import Inputs, each

LABELS = ("label", "labels", "y", "target", "targets")
EXPECTED = "(inputs, labels), (inputs, labels, weights), inputs alone, or a dict with the key 'label'"


@dataclass(frozen=True)
class Item:
    """Inputs and labels of one sample, (...), or of a batch, (b, ...)."""

    inputs: Inputs
    labels: NDArray[Any] | None


def split(item: Any) -> Item:
    """Inputs and labels of an item; weights of samples are left out.

    Raises
    ------
    InputError
        For an item that is none of what `EXPECTED` says.
    """
    if isinstance(item, Mapping):
        return _of_columns(item)
    if is_array(item) or (isinstance(item, list) and item and all(map(is_plain, item))):
        return Item(as_array(item, "inputs"), None)
    if not isinstance(item, (tuple, list)):
        raise InputError("a sample is no pair", field="dataset", expected=EXPECTED, found=type(item).__name__)
    if not 1 <= len(item) <= 3:
        several = "; several inputs are written as ((first, second), labels)"
        raise InputError("a bad sample", field="dataset", expected=EXPECTED + several, found=f"{len(item)} parts")
    labels = as_array(item[1], "labels") if len(item) > 1 and item[1] is not None else None
    if len(item) == 3 and item[2] is not None:
        _check_weights(as_array(item[2], "weights"), labels)
    return Item(inputs_of(item[0]), labels)


def is_plain(value: Any) -> bool:
    """Whether something is a number, or a nested list of numbers, of Python."""
    return isinstance(value, (int, float)) or (isinstance(value, list) and all(map(is_plain, value)))


def inputs_of(value: Any) -> Inputs:
    """One array, or several where a dict, tuple or list of arrays came."""
    if isinstance(value, Mapping):
        return _columns({str(name): as_array(part, f"inputs[{str(name)!r}]") for name, part in value.items()})
    if isinstance(value, (tuple, list)) and value and not all(is_number(part) or is_plain(part) for part in value):
        arrays = tuple(as_array(part, f"inputs[{place}]") for place, part in enumerate(value))
        return arrays[0] if len(arrays) == 1 else arrays
    return as_array(value, "inputs")


def is_batch(item: Item) -> bool | None:
    """What shapes tell for certain: False for a sample; None where it could be a batch as well."""
    arrays = [array for _, array in each(item.inputs)]
    several = [*arrays, item.labels] if item.labels is not None else arrays
    if any(array.ndim == 0 for array in several) or len({len(array) for array in several}) > 1:
        return False
    return None if any(array.ndim > 1 for array in arrays) else False


def has_class_numbers(item: Item) -> bool:
    """Whether the labels are whole numbers on one axis: those of a batch, or a one-hot row."""
    return item.labels is not None and item.labels.ndim == 1 and item.labels.dtype.kind in "iu"


def could_be_one_hot(item: Item) -> bool:
    """Whether class numbers are as well a one-hot row, of three classes or more."""
    labels = item.labels
    return labels is not None and len(labels) > 2 and set(labels.tolist()) <= {0, 1} and int(labels.sum()) == 1


def question(item: Item) -> InputError:
    """The error that asks what only the user can know."""
    shapes = " and ".join(f"{name} of shape {array.shape}" for name, array in each(item.inputs))
    labels = "no labels" if item.labels is None else f"labels of shape {item.labels.shape}"
    count = len(each(item.inputs)[0][1])
    return InputError(
        f"samples or batches? {shapes} with {labels} can be one sample or a batch of {count}",
        field="dataset",
        expected="the setting batched=True in the call if each item is a batch, batched=False if it is one sample",
    )


def _of_columns(item: Mapping[Any, Any]) -> Item:
    names = [name for name in item if name in LABELS]
    if len(names) > 1:
        raise InputError("several columns of labels", field="dataset", expected="one of them", found=", ".join(names))
    columns = {name: part for name, part in item.items() if name not in LABELS}
    if not columns:
        raise InputError("no inputs", field="dataset", expected="a key beside the labels", found=", ".join(item))
    labels = as_array(item[names[0]], "labels") if names and item[names[0]] is not None else None
    return Item(inputs_of(columns), labels)


def _columns(arrays: dict[str, NDArray[Any]]) -> Inputs:
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _check_weights(weights: NDArray[Any], labels: NDArray[Any] | None) -> None:
    """A third part is the weight of each sample, nothing else."""
    column = weights.ndim == 2 and weights.shape[1] == 1
    one_label = labels is not None and labels.ndim == 0
    if weights.ndim > 0 and (one_label or not (weights.ndim == 1 or column)):
        expected = EXPECTED + "; several inputs are written as ((first, second), labels)"
        raise InputError("a bad third part", field="dataset", expected=expected, found=f"shape {weights.shape}")
