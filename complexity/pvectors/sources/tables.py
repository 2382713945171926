"""Kinds of matrices that are first made into one that can be read: lists, data frames, sparse matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

BLOCK_ENTRIES = 2**20  # of a sparse matrix that are dense at a time


class SparseRows:
    """A sparse matrix of SciPy (n, d) as a stream of dense row blocks; it is never dense as a whole."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix.tocsr()

    def __iter__(self) -> Iterator[NDArray[Any]]:
        step = max(1, BLOCK_ENTRIES // max(1, self.matrix.shape[1]))
        for start in range(0, self.matrix.shape[0], step):
            yield self.matrix[start : start + step].toarray()


def readable(matrix: Any) -> Any:
    """The matrix itself, or what it can be read as.

    Raises
    ------
    InputError
        For text, a masked array, a sparse tensor or one without data, or a list that is no table of numbers.
    """
    if isinstance(matrix, (str, bytes)):
        expected = "an array or a stream of row blocks"
        raise InputError("not a matrix", field="matrix", expected=expected, found=type(matrix).__name__)
    if isinstance(matrix, np.ma.MaskedArray):
        problem = "a masked array has entries that are not there: fill them, or leave their rows out"
        raise InputError(problem, field="matrix", found="MaskedArray")
    if hasattr(matrix, "tocsr") and hasattr(matrix, "nnz"):
        return SparseRows(matrix) if 0 not in matrix.shape else np.zeros(matrix.shape)
    if hasattr(matrix, "layout") and str(matrix.layout) != "torch.strided":
        expected = "a dense tensor, or a sparse matrix of SciPy"
        raise InputError("a sparse tensor", field="matrix", expected=expected, found=matrix.layout)
    if getattr(matrix, "is_meta", False):
        raise InputError("a tensor on the device 'meta' holds no data", field="matrix", expected="a tensor with data")
    if hasattr(matrix, "to_numpy") and hasattr(matrix, "columns"):
        return matrix.to_numpy()
    if isinstance(matrix, (list, tuple)) and len(matrix) and not hasattr(matrix[0], "shape"):
        return _table(matrix)
    return matrix


def _table(rows: Any) -> NDArray[Any]:
    try:
        return np.array(rows)
    except ValueError as error:
        expected, found = "rows of the same length", type(rows).__name__
        raise InputError("not a matrix", field="matrix", expected=expected, found=found) from error
