"""A data set that is arrays already: (inputs, labels), inputs alone, a table, a dict of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from .arrays import as_array, is_array, is_number
from .inputs import Inputs
from .items import LABELS, Item, is_plain, split


def whole(dataset: Any) -> Item | None:
    """All inputs and labels, where the data set is arrays; None for a data set of items.

    Raises
    ------
    InputError
        For two nested lists in a list, which can be (inputs, labels) or two samples, and for several data sets.
    """
    if isinstance(dataset, Mapping):
        return _columns(dataset)
    if hasattr(dataset, "column_names"):  # of the package datasets; it has a shape
        return None
    if hasattr(dataset, "to_numpy") and hasattr(dataset, "columns"):
        return _table(dataset)
    if is_array(dataset):
        return Item(as_array(dataset, "inputs"), None)
    if isinstance(dataset, tuple):
        dataset = tuple(map(_listed, dataset))
    if not isinstance(dataset, (tuple, list)) or not 1 <= len(dataset) <= 3 or not _are_columns(dataset):
        return None
    given = dataset[1] if len(dataset) > 1 else None
    labels = None if given is None else split((0, *dataset[1:])).labels
    return Item(_inputs(dataset[0], None if labels is None or labels.ndim == 0 else len(labels)), labels)


def anchors(dataset: Any) -> list[Any]:
    """The objects that a pair of arrays, or an array, consists of."""
    if isinstance(dataset, Mapping):
        dataset = tuple(dataset.values())
    parts = dataset if isinstance(dataset, (tuple, list)) else (dataset,)
    return [part for part in parts if part is not None]


def _are_columns(parts: tuple[Any, ...] | list[Any]) -> bool:
    """Whether these are inputs, labels and weights of all samples, not the samples one by one."""
    inputs, *others = parts
    if is_array(inputs) and all(part is None or is_array(part) for part in others):
        return isinstance(parts, tuple) or (len(parts) == 2 and not _alike(*parts))
    if isinstance(parts, tuple):
        if is_array(inputs) and any(map(is_number, others)):  # the error names labels that do not fit
            return True
        named = isinstance(inputs, tuple) and any(isinstance(part, tuple) for part in others)
        return not named and _is_column(inputs) and all(part is None or _is_column(part) for part in others)
    if len(parts) == 2 and all(isinstance(part, list) and is_plain(part) for part in parts):
        expected = "a tuple (inputs, labels), or a list of tuples (input, label)"
        raise InputError("two lists in a list", field="dataset", expected=expected)
    return False


def _is_column(part: Any) -> bool:
    """Whether something has one entry a sample: an array, a list, or several inputs of arrays."""
    if isinstance(part, tuple):
        return bool(part) and all(map(is_array, part))
    if isinstance(part, Mapping):
        return bool(part) and all(is_array(value) or isinstance(value, list) for value in part.values())
    return isinstance(part, list) or is_array(part)


def _listed(part: Any) -> Any:
    """A list of what is a sequence of another class, such as a column of the package datasets, also within a dict."""
    if isinstance(part, dict):
        return {name: _listed(value) for name, value in part.items()}
    other = isinstance(part, Sequence) and not isinstance(part, (str, bytes, list, tuple)) and not is_array(part)
    return list(part) if other else part


def _alike(first: Any, second: Any) -> bool:
    """Whether two arrays in a list are as well two samples, such as images without labels."""
    shapes = [tuple(getattr(part, "shape", ())) for part in (first, second)]
    return shapes[0] == shapes[1] and len(shapes[0]) > 1


def _is_data_set(part: Any) -> bool:
    of_torch = any(base.__module__.startswith("torch.utils.data") for base in type(part).__mro__)
    return of_torch or any(hasattr(part, name) for name in ("column_names", "element_spec", "batch_size"))


def _inputs(value: Any, labels: int | None) -> Inputs:
    """Inputs, of which there are several in a list too, where its arrays have a row for each label."""
    if isinstance(value, list) and labels is not None and len(value) != labels and all(map(is_array, value)):
        value = tuple(value) if value and {len(part) for part in value} == {labels} else value
    item = split((value,)) if isinstance(value, (tuple, Mapping)) else None
    return as_array(value, "inputs") if item is None else item.inputs


def _columns(columns: Mapping[Any, Any]) -> Item:
    if any(isinstance(part, Mapping) or _is_data_set(part) for part in columns.values()):
        found = ", ".join(map(str, columns))
        raise InputError("several data sets", field="dataset", expected="one of them, such as ['train']", found=found)
    return split(columns)


def _table(table: Any) -> Item:
    """A table's columns as one matrix; a column with a label's name holds the labels."""
    names = [name for name in table.columns if isinstance(name, str) and name in LABELS]
    if len(names) > 1:
        raise InputError("several columns of labels", field="dataset", expected="one of them", found=", ".join(names))
    if not names:
        return Item(as_array(table, "inputs"), None)
    return Item(as_array(table.drop(columns=names), "inputs"), as_array(table[names[0]], "labels"))
