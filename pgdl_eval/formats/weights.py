"""Weights in Keras' legacy HDF5 format, read and written without Keras; the files that are read come from strangers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError, check_printable
from complexity.regular_files import open_regular

from .hdf5_files import check_storage, has, longest_string, object_at, strings_of

KERAS_VERSION = "2.4.0"  # the version that wrote the competition's files; readers look at the first digit
MOST_NAMES = 20_000  # of layers, and of weights, in a file
MODEL_WEIGHTS, TOP_LEVEL = "model_weights", "top_level_model_weights"


@dataclass(frozen=True)
class LayerWeights:
    """The weights of one layer: its name, and the names ("dense/kernel:0") and arrays of its weights."""

    layer: str
    names: tuple[str, ...]
    arrays: tuple[NDArray[np.float32], ...]


@dataclass(frozen=True)
class LayerShapes:
    """The name of a layer, and the names and shapes of its weights."""

    layer: str
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]


Stored = tuple[LayerShapes, list[Any]]  # with the data sets


def read_weights(path: Path, check: Callable[[list[LayerShapes]], None] = lambda layers: None) -> list[LayerWeights]:
    """The weights of each layer in the order of `layer_names` (HDF5's own order is alphabetical).

    Parameters
    ----------
    check : is given all names and shapes before any array is read, and raises an InputError where they are not wanted.

    Raises
    ------
    InputError
        If the file is missing, damaged, no legacy Keras file, holds NaN or infinity, or weights that belong to no
        layer; if anything is kept elsewhere or under a link; or if the arrays are larger than the file.
    """
    if not path.exists():
        raise InputError("the file is missing", file=path)
    try:
        with open_regular(path):  # which says why, where it cannot be opened
            pass
        with h5py.File(path, "r") as file:
            # A whole saved model keeps its weights one level down.
            inside = "layer_names" not in file.attrs and has(file, MODEL_WEIGHTS)
            root = object_at(file, MODEL_WEIGHTS) if inside else file
            stored = _Reader(path).layers(root)
            check([layer for layer, _ in stored])
            return [_read_layer(layer, datasets) for layer, datasets in stored]
    except InputError as error:
        raise error.at(file=path) from error
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError) as error:
        text = " ".join(str(error.args[0] if error.args else error).split())
        raise InputError(f"no legacy Keras weights can be read: {text}", file=path) from error


def write_weights(path: Path, layers: Sequence[LayerWeights]) -> None:
    """Write the weights of all layers, those without weights included, as Keras 2's `save_weights` does."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = _bytes([layer.layer for layer in layers])
        file.attrs["backend"] = "tensorflow"
        file.attrs["keras_version"] = KERAS_VERSION
        for layer in layers:
            group = file.create_group(layer.layer)
            group.attrs["weight_names"] = _bytes(layer.names)
            for name, array in zip(layer.names, layer.arrays, strict=True):
                group.create_dataset(name, data=np.asarray(array, np.float32))


class _Reader:
    """Names and data sets of a file, each held against what the file can hold."""

    def __init__(self, path: Path) -> None:
        self.size, self.longest = path.stat().st_size, longest_string(path)
        self.names = self.bytes = 0

    def layers(self, root: Any) -> list[Stored]:
        """The layers in order; nothing of the arrays is read."""
        found = [self._layer(root, name) for name in self._names(root, "layer_names")]
        if has(root, TOP_LEVEL):
            group = object_at(root, TOP_LEVEL)
            loose = self._names(group, "weight_names") if "weight_names" in group.attrs else []
            if loose:
                problem = "weights that belong to no layer: config.json cannot say what the model does with them"
                raise InputError(problem, field=TOP_LEVEL, expected="none", found=", ".join(loose[:3]))
        return found

    def _layer(self, root: Any, layer: str) -> Stored:
        group = object_at(root, layer)
        names = tuple(self._names(group, "weight_names"))
        datasets = [self._dataset(group, layer, name) for name in names]
        return LayerShapes(layer, names, tuple(dataset.shape for dataset in datasets)), datasets

    def _dataset(self, group: Any, layer: str, name: str) -> Any:
        dataset, place = object_at(group, name), _place(layer, name)
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind != "f" or dataset.shape is None:
            found = getattr(dataset, "dtype", "a group")
            raise InputError("weights are no floating-point numbers", field=place, found=found)
        self.bytes += check_storage(dataset, place)
        if self.bytes > self.size:  # a data set under several names counts each time
            problem, expected = "the arrays are larger than the file", f"at most {self.size} bytes"
            raise InputError(problem, field=place, expected=expected, found=f"{self.bytes} bytes up to here")
        return dataset

    def _names(self, group: Any, attribute: str) -> list[str]:
        """A list of names, which Keras splits into attributes NAME0, NAME1, ... where it is long."""
        place = f"{group.name}: {attribute}"
        if not isinstance(group, h5py.Group):
            raise InputError("no legacy Keras weights", field=place, expected="a group", found="an array")
        found: list[str] = []
        for key in _keys(group, attribute):
            found += strings_of(group, key, place, self.longest, self.size, MOST_NAMES - self.names - len(found))
        for name in found:
            check_printable(name, place)
        self.names += len(found)
        return found


def _keys(group: Any, attribute: str) -> Iterator[str]:
    if attribute in group.attrs:
        yield attribute
        return
    numbered = (f"{attribute}{number}" for number in itertools.count())
    if f"{attribute}0" not in group.attrs:
        raise InputError("no legacy Keras weights", field=f"{group.name}: {attribute}", expected="an attribute")
    yield from itertools.takewhile(group.attrs.__contains__, numbered)


def _read_layer(layer: LayerShapes, datasets: Sequence[Any]) -> LayerWeights:
    arrays = (_read_array(dataset, layer.layer, name) for name, dataset in zip(layer.names, datasets, strict=True))
    return LayerWeights(layer.layer, layer.names, tuple(arrays))


def _read_array(dataset: Any, layer: str, name: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        array = np.asarray(dataset, np.float32)
    bad = int(array.size - np.isfinite(array).sum())
    if bad:
        raise InputError(
            "NaN or infinite weights", field=_place(layer, name), expected="finite", found=f"{bad} of {array.size}"
        )
    return array


def _place(layer: str, name: str) -> str:
    """Keras 3 leaves the layer out of the weight's name."""
    return name if name.startswith(f"{layer}/") else f"{layer}/{name}"


def _bytes(names: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([name.encode() for name in names], dtype=None if names else "S1")
