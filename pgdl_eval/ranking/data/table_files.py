"""Samples of tables: CSV and Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.regular_files import open_regular, size_of

MOST_NUMBERS = 2**31  # of a table


def read_table(path: Path, x: str, y: str, label_names: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Inputs (n, columns) as float32, and labels (n,), of a table with a head.

    Parameters
    ----------
    x : the columns of inputs, separated by commas; empty for all but that of the labels.
    y : the column of labels; empty for the first of `label_names` that is there. Labels of text are numbered in the
        order of the alphabet.

    Raises
    ------
    InputError
        For a file that cannot be read, columns that are not there, and inputs that are no numbers.
    """
    table = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    label = y or next((name for name in label_names if name in table.columns), "")
    inputs = x.split(",") if x else [name for name in table.columns if name != label]
    for option, names in (("y", [label] if label else []), ("x", inputs)):
        if missing := [name for name in names if name not in table.columns]:
            known = ", ".join(map(str, table.columns))
            raise InputError("no such column", field=option, expected=f"some of {known}", found=missing[0])
    for name in inputs:
        if table[name].dtype.kind not in "fiub":
            problem, expected = "a column of inputs that is no numbers", "numbers; or choose columns by --x NAME,NAME"
            raise InputError(problem, field=str(name), expected=expected, found=str(table[name].dtype))
    if not inputs:
        raise InputError("no columns of inputs", field="x", found=", ".join(map(str, table.columns)))
    return table[inputs].to_numpy(np.float32), _class_numbers(table[label]) if label else None


def _class_numbers(column: Any) -> NDArray[Any]:
    if column.dtype.kind in "fiub":
        return np.asarray(column)
    if column.isna().any():
        raise InputError("a sample has no label", field=str(column.name), found=f"row {int(column.isna().argmax())}")
    return np.asarray(pd.factorize(column, sort=True)[0])


def _csv(path: Path) -> pd.DataFrame:
    with open_regular(path) as file:
        if size_of(file) > MOST_NUMBERS * 2:
            raise InputError("the file is too large", expected=f"at most {MOST_NUMBERS * 2} bytes")
        try:
            return pd.read_csv(file)
        except (ValueError, pd.errors.ParserError, UnicodeDecodeError, OverflowError) as error:
            raise InputError(f"no table can be read: {error}") from error


def _parquet(path: Path) -> pd.DataFrame:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise InputError("pyarrow is not installed, which reads Parquet", expected="the extra [parquet]") from error
    with open_regular(path) as file:
        try:
            found = parquet.ParquetFile(file)
            numbers = found.metadata.num_rows * found.metadata.num_columns
            if numbers > MOST_NUMBERS:
                raise InputError("the table is too large", expected=f"at most {MOST_NUMBERS} numbers", found=numbers)
            return pd.DataFrame(found.read().to_pandas())
        except (ArrowException, OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"no table can be read: {error}") from error
