"""From what `--data` says to samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.samples import Samples, read_samples

from ..formats.npz import StoredArrays

INPUT_NAMES = ("x_train", "X_train", "x", "X", "inputs", "images", "data")
LABEL_NAMES = ("y_train", "Y_train", "y", "Y", "labels", "targets", "label", "target")


def read_data(places: Sequence[str], x: str = "", y: str = "") -> Samples:
    """The samples at these places.

    Raises
    ------
    InputError
        For what cannot be read, or is no samples; it names the file.
    """
    path = Path(places[0])
    if path.suffix.lower() == ".npz":
        arrays: Mapping[str, Any] = StoredArrays(path)
        inputs, labels = _named(arrays, x, INPUT_NAMES, "x", path), _labels(arrays, y, path)
    else:
        raise InputError("no kind of data that is known", file=path, expected="FILE.npz")
    try:
        return read_samples((inputs, labels))
    except InputError as error:
        raise error.at(file=path) from error


def _named(arrays: Mapping[str, Any], name: str, usual: Sequence[str], option: str, path: Path) -> Any:
    """The array of this name, or of the first usual one that is there."""
    found = name if name in arrays else next((one for one in usual if one in arrays and not name), None)
    if found is None:
        expected = name or f"one of {', '.join(usual)}; or say which by --{option} NAME"
        raise InputError("no such array", file=path, field=option, expected=expected, found=", ".join(arrays) or "none")
    return arrays[found]


def _labels(arrays: Mapping[str, Any], name: str, path: Path) -> Any:
    if not name and not any(one in arrays for one in LABEL_NAMES):
        return None
    return _named(arrays, name, LABEL_NAMES, "y", path)


def at_most(samples: Samples, count: int, seed: int = 0) -> Samples:
    """So many samples, drawn without repetition, in their order; all where there are no more."""
    if len(samples) <= count:
        return samples
    from .references import rows_of

    return rows_of(samples, np.sort(np.random.default_rng(seed).choice(len(samples), count, replace=False)))
