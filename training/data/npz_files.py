"""Image sets in files NAME.npz with the arrays x_train, y_train, x_test, y_test."""

from __future__ import annotations

from pathlib import Path

from complexity.errors import InputError
from pgdl_eval.formats.npz import read_arrays

from .split import Split, split_of_arrays

KEYS = ("x_train", "y_train", "x_test", "y_test")


def npz_splits(file: Path) -> tuple[Split, Split]:
    """The parts train and test of a file.

    Raises
    ------
    InputError
        If the file is damaged or lacks an array.
    """
    arrays = read_arrays(file)
    missing = [key for key in KEYS if key not in arrays]
    if missing:
        raise InputError("an array is missing", file=file, field=missing[0], expected=KEYS, found=tuple(sorted(arrays)))
    x_train, y_train, x_test, y_test = (arrays[key] for key in KEYS)
    return split_of_arrays(x_train, y_train, str(file)), split_of_arrays(x_test, y_test, str(file))
