"""Weights in Keras' legacy HDF5 format, read and written without Keras."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

KERAS_VERSION = "2.4.0"  # the version that wrote the competition's files; readers look at the first digit


@dataclass(frozen=True)
class LayerWeights:
    """The weights of one layer: its name, and the names ("dense/kernel:0") and arrays of its weights."""

    layer: str
    names: tuple[str, ...]
    arrays: tuple[NDArray[np.float32], ...]


def read_weights(path: Path) -> list[LayerWeights]:
    """The weights of each layer in the order of `layer_names` (HDF5's own order is alphabetical).

    Raises
    ------
    InputError
        If the file is missing, damaged, no legacy Keras file, or holds NaN or infinity.
    """
    if not path.is_file():
        raise InputError("the file is missing", file=path)
    try:
        with h5py.File(path, "r") as file:
            # A whole saved model keeps its weights one level down.
            root = file["model_weights"] if "layer_names" not in file.attrs and "model_weights" in file else file
            return [_read_layer(root, layer) for layer in _names(root, "layer_names")]
    except InputError as error:
        raise error.at(file=path) from error
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
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


def _read_layer(root: Any, layer: str) -> LayerWeights:
    group = root[layer]
    names = _names(group, "weight_names")
    return LayerWeights(layer, tuple(names), tuple(_read_array(group, layer, name) for name in names))


def _read_array(group: Any, layer: str, name: str) -> NDArray[np.float32]:
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind != "f":
        found = getattr(dataset, "dtype", "a group")
        raise InputError("weights are no floating-point numbers", field=_place(layer, name), found=found)
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


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names, which Keras splits into attributes NAME0, NAME1, ... where it is long."""
    numbered = (f"{attribute}{number}" for number in itertools.count())
    keys = [attribute] if attribute in group.attrs else itertools.takewhile(group.attrs.__contains__, numbered)
    parts = [group.attrs[key] for key in keys]
    if not parts:
        raise InputError("no legacy Keras weights", field=f"{group.name}: {attribute}", expected="an attribute")
    return [name.decode() if isinstance(name, bytes) else str(name) for part in parts for name in part]


def _bytes(names: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([name.encode() for name in names], dtype=None if names else "S1")
