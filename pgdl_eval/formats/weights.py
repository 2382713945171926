"""Weights in Keras' legacy HDF5 format, read and written without Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

KERAS_VERSION = b"2.4.0"  # the version whose format this is


@dataclass(frozen=True)
class LayerWeights:
    """The weights of one layer: its name, and the names and arrays of its weights in Keras' order."""

    layer: str
    names: tuple[str, ...]
    arrays: tuple[NDArray[np.floating], ...]


def read_weights(path: Path) -> list[LayerWeights]:
    """The weights of each layer in the order of `layer_names` (HDF5's own order is alphabetical).

    Raises
    ------
    InputError
        If the file is missing, cut short, no legacy Keras file, or holds NaN or infinity.
    """
    if not path.is_file():
        raise InputError("the file is missing", file=path)
    try:
        with h5py.File(path, "r") as file:
            # A whole saved model keeps its weights one level down.
            root = file["model_weights"] if "layer_names" not in file.attrs and "model_weights" in file else file
            if "layer_names" not in root.attrs:
                raise InputError("no legacy Keras weights", file=path, field="layer_names", expected="a root attribute")
            return [_read_layer(root, _text(name), path) for name in _attribute(root, "layer_names")]
    except (OSError, KeyError, RuntimeError) as error:
        raise InputError(f"the weights cannot be read: {error}", file=path) from error


def write_weights(path: Path, layers: Sequence[LayerWeights]) -> None:
    """Write the weights of layers as `model.save_weights` of Keras 2 does."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([layer.layer.encode() for layer in layers])
        file.attrs["backend"] = np.bytes_(b"tensorflow")
        file.attrs["keras_version"] = np.bytes_(KERAS_VERSION)
        for layer in layers:
            group = file.create_group(layer.layer)
            group.attrs["weight_names"] = np.array([name.encode() for name in layer.names], dtype=None if layer.names else "S1")
            for name, array in zip(layer.names, layer.arrays, strict=True):
                group.create_dataset(name, data=array)


def _read_layer(root: Any, layer: str, path: Path) -> LayerWeights:
    group = root[layer]
    names = tuple(_text(name) for name in _attribute(group, "weight_names"))
    arrays = tuple(np.asarray(group[name]) for name in names)
    for name, array in zip(names, arrays, strict=True):
        if array.dtype.kind != "f":
            raise InputError("weights are no floating-point numbers", file=path, field=name, found=array.dtype)
        if not np.isfinite(array).all():
            raise InputError(f"{int((~np.isfinite(array)).sum())} weights are NaN or infinite", file=path, field=name)
    return LayerWeights(layer, names, arrays)


def _attribute(group: Any, name: str) -> list[Any]:
    """An attribute, which Keras splits into NAME0, NAME1, ... where it is long."""
    if name in group.attrs:
        return list(group.attrs[name])
    parts = []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    if not parts:
        raise KeyError(f"no attribute {name}")
    return [entry for part in parts for entry in part]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
