"""From what `--data` says to samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.models.inputs import map_parts
from complexity.samples import Samples, read_samples

from ...formats.npz import StoredArrays, read_array
from ...formats.tfrecord import read_shards
from ..models.functions import find_function, is_function
from .image_folder import read_image_folder
from .table_files import read_table

INPUT_NAMES = ("x_train", "X_train", "x", "X", "inputs", "images", "data")
LABEL_NAMES = ("y_train", "Y_train", "y", "Y", "labels", "targets", "label", "target", "class")
TABLES = (".csv", ".parquet")
KINDS = (
    "FILE.npz, X.npy,Y.npy, FILE.csv, FILE.parquet, a folder of shard_K.tfrecord or of CLASS/*.png, or module:function"
)


def read_data(text: str, x: str = "", y: str = "", most: int | None = None) -> Samples:
    """The samples that a text of the command line stands for.

    Parameters
    ----------
    text : see `KINDS`.
    x, y : which arrays or columns are inputs and labels; several, separated by commas, for the columns of a table and
        for networks with several inputs.
    most : so many images of a folder are read, drawn at random.

    Raises
    ------
    InputError
        For what cannot be read, or is no samples; it names the file.
    """
    try:
        dataset = _dataset(text, x, y, most)
        return dataset if isinstance(dataset, Samples) else read_samples(dataset)
    except InputError as error:
        raise error.at(file=text) from error


def _dataset(text: str, x: str, y: str, most: int | None) -> Any:
    path, ending = Path(text), Path(text).suffix.lower()
    if is_function(text):
        return _called(text)
    if ending == ".npz":
        arrays = StoredArrays(path)
        return _inputs(arrays, x), _labels(arrays, y)
    if ending == ".npy":
        return _pair(text)
    if ending in TABLES:
        return read_table(path, x, y, LABEL_NAMES)
    if path.is_dir():
        shards = any(path.glob("shard_*.tfrecord"))
        return read_shards(path) if shards else read_image_folder(path, most)
    if not path.exists():
        raise InputError("no such file or folder")
    raise InputError("no kind of data that is known", expected=KINDS)


def _called(text: str) -> Any:
    try:
        return find_function(text, "data")()
    except InputError:
        raise
    except Exception as error:  # of the user's own function
        raise InputError(f"the function of the data fails: {type(error).__name__}: {error}") from error


def _pair(text: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """`X.npy,Y.npy`, or inputs alone."""
    places = text.split(",")
    if len(places) > 2:
        raise InputError("too many files", expected="X.npy,Y.npy, or X.npy", found=len(places))
    arrays = [read_array(Path(place)) for place in places]
    return arrays[0], arrays[1] if len(arrays) == 2 else None


def _inputs(arrays: Mapping[str, Any], names: str) -> Any:
    """One array, or several by name."""
    if "," in names:
        return {name: _named(arrays, name, (), "x") for name in names.split(",")}
    return _named(arrays, names, INPUT_NAMES, "x")


def _labels(arrays: Mapping[str, Any], name: str) -> Any:
    if not name and not any(one in arrays for one in LABEL_NAMES):
        return None
    return _named(arrays, name, LABEL_NAMES, "y")


def _named(arrays: Mapping[str, Any], name: str, usual: Sequence[str], option: str) -> Any:
    """The array of this name, or of the first usual one that is there."""
    found = name if name in arrays else next((one for one in usual if one in arrays and not name), None)
    if found is None:
        expected = name or f"one of {', '.join(usual)}; or say which by --{option} NAME"
        raise InputError("no such array", field=option, expected=expected, found=", ".join(arrays) or "none")
    return arrays[found]


def at_most(samples: Samples, count: int, seed: int = 0) -> Samples:
    """So many samples, drawn without repetition, in their order; all where there are no more."""
    if len(samples) <= count:
        return samples
    return rows_of(samples, np.sort(np.random.default_rng(seed).choice(len(samples), count, replace=False)))


def rows_of(samples: Samples, rows: Any) -> Samples:
    """These rows of samples."""
    targets = None if samples.targets is None else samples.targets[rows]
    return Samples(map_parts(lambda part: part[rows], samples.inputs), targets)
