"""Where items come from, and whether the data set says that they are batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .arrays import is_number
from .items import EXPECTED as ITEMS
from .tensorflow_pipeline import check_readable, is_pipeline, says_batched

KINDS = "a tf.data.Dataset, a pair of arrays or an iterable of (input, label)"
TABLES = ("arrow", "pandas", "polars")  # formats of the package datasets whose items are tables
ROWS_AT_A_TIME = 1024  # what is taken from a pipeline of samples in one step


@dataclass(frozen=True)
class Source:
    """Items of a data set.

    Attributes
    ----------
    items : called once, gives them.
    batched : True or False where the data set says so, None where it does not.
    at_most : rows that a batch can have, where that is known.
    stream : whether these are the items of a stream without a size of batches: what the network is given.
    """

    items: Callable[[], Iterator[Any]]
    batched: bool | None = None
    at_most: int | None = None
    stream: bool = False


def source(dataset: Any, limit: int | None, batched: bool | None) -> Source:
    """The items of a data set, `limit` rows at least where it has them.

    Parameters
    ----------
    batched : what the user says; it counts for more than what the data set says.
    """
    if is_pipeline(dataset):
        return _pipeline(dataset, limit, batched)
    found = _by_kind(dataset)
    return found if batched is None else Source(found.items, batched)


def is_loader(dataset: Any) -> bool:
    """Whether something is a PyTorch `DataLoader`, or a wrapper with its attributes."""
    batches = hasattr(dataset, "batch_sampler") or hasattr(dataset, "batch_size")
    return batches and hasattr(dataset, "dataset") and not hasattr(dataset, "__getitem__")


def _by_kind(dataset: Any) -> Source:
    if is_loader(dataset):
        return _loader(dataset)
    if _is_a(dataset, ("PyDataset", "Sequence"), ("keras", "tf_keras", "tensorflow")):
        return Source(lambda: _by_position(dataset), batched=True)
    if isinstance(dataset, (str, bytes, Mapping, type)) or is_number(dataset):
        raise _not_a_data_set(dataset)
    if _is_a(dataset, ("TensorDataset",), ("torch",)):
        return Source(lambda: _by_position(dataset), batched=False)
    if hasattr(dataset, "column_names") and hasattr(dataset, "with_format"):
        return Source(lambda: iter(_in_rows(dataset)))
    own_order = hasattr(dataset, "__iter__")
    if not own_order and hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return Source(lambda: _by_position(dataset))
    if isinstance(dataset, Iterable) or hasattr(dataset, "__getitem__"):
        return Source(lambda: iter(dataset))
    raise _not_a_data_set(dataset)


def _in_rows(dataset: Any) -> Any:
    """A data set of the package datasets whose items are rows, not tables of one row."""
    now = getattr(dataset, "format", None)
    if not isinstance(now, dict) or now.get("type") not in TABLES:
        return dataset
    return dataset.with_format("numpy", columns=now.get("columns"))


def _loader(loader: Any) -> Source:
    """Batches where the loader has a size or a sampler of them; otherwise what its data set yields.

    Without a size the items of a stream go to the network as they are.
    """
    size = getattr(loader, "batch_size", None)
    sampler = getattr(loader, "sampler", None)
    by_sampler = getattr(loader, "batch_sampler", None) is not None or (
        hasattr(sampler, "batch_size") and hasattr(sampler, "drop_last")
    )
    if size is None and not by_sampler:
        stream = _is_a(loader.dataset, ("IterableDataset",), ("torch",))
        return Source(lambda: iter(loader), stream=stream)
    return Source(lambda: _batches(loader), batched=True, at_most=size if isinstance(size, int) else None)


def _batches(loader: Any) -> Iterator[Any]:
    own_collation = not getattr(loader.collate_fn, "__module__", "").startswith("torch") if _collates(loader) else False
    for place, item in enumerate(loader):
        if place == 0 and own_collation and isinstance(item, list):
            _check_collation(loader, item)
        yield item


def _collates(loader: Any) -> bool:
    return callable(getattr(loader, "collate_fn", None))


def _check_collation(loader: Any, item: list[Any]) -> None:
    """A list is a batch (inputs, labels) only where the samples have as many parts themselves."""
    samples = loader.dataset
    sample = samples[0] if hasattr(samples, "__getitem__") and hasattr(samples, "__len__") else None
    if not isinstance(sample, (tuple, list)) or len(sample) != len(item):
        found = f"a list of {len(item)} from its collate_fn"
        raise InputError("the loader's batches are lists of samples", field="dataset", expected=ITEMS, found=found)


def _pipeline(dataset: Any, limit: int | None, batched: bool | None) -> Source:
    check_readable(dataset.element_spec)
    if batched is None:
        batched = says_batched(dataset)
    if batched is not False:
        return Source(lambda: _numpy_items(dataset), batched)
    rows = dataset if limit is None else dataset.take(limit)
    return Source(lambda: _numpy_items(rows.batch(ROWS_AT_A_TIME)), batched=True)


def _numpy_items(pipeline: Any) -> Iterator[Any]:
    items = pipeline.as_numpy_iterator()
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except Exception as error:  # of TensorFlow, which is not imported here
            raise InputError(f"the data set cannot be read: {error}", field="dataset") from error
        yield item


def _by_position(dataset: Any) -> Iterator[Any]:
    """The items 0 to len - 1: not every data set raises an IndexError at its end."""
    for place in range(len(dataset)):
        yield dataset[place]


def _is_a(dataset: Any, names: tuple[str, ...], packages: tuple[str, ...]) -> bool:
    classes = type(dataset).__mro__
    return any(one.__name__ in names and one.__module__.split(".")[0] in packages for one in classes)


def _not_a_data_set(dataset: Any) -> InputError:
    return InputError("not a data set", field="dataset", expected=KINDS, found=type(dataset).__name__)
