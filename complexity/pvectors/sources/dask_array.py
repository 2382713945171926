"""A Dask array: its chunks are multiplied where they live, and only vectors travel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .source import Source, is_single


class DaskSource(Source):
    """Products by Dask's own linear algebra, one computation a pass; chunks of whole rows."""

    def __init__(self, matrix: Any) -> None:
        super().__init__()
        if any(np.isnan(size) for size in matrix.shape):
            raise InputError(
                "the size of the Dask array is not known", field="matrix", expected="known chunks", found=matrix.shape
            )
        self.matrix = matrix.rechunk({1: -1})
        self.shape, self.single = (int(matrix.shape[0]), int(matrix.shape[1])), is_single(matrix.dtype)

    def _in(self, precision: Any) -> Any:
        return (self.matrix if self.scale == 1 else self.matrix / self.scale).astype(precision)

    def sample(self, entries: int) -> tuple[NDArray[Any], bool]:
        rows = min(self.shape[0], max(1, entries // self.shape[1]))
        return np.asarray(self.matrix[:rows].compute()), rows == self.shape[0]

    def _read(self, right: Any, shift: NDArray[np.float64], precision: Any) -> tuple[Any, Any, float]:
        import dask

        matrix = self._in(precision)
        left = matrix @ right.T.astype(precision) - shift.astype(precision)
        squares = 0.0 if np.isfinite(self.squares) else (matrix.astype(np.float64) ** 2).sum()
        found_left, image, found = dask.compute(left, matrix.T.astype(np.float64) @ left, squares)
        return np.ascontiguousarray(found_left.T), image.T, float(found)

    def largest(self) -> float:
        import dask.array

        matrix = self._in(np.float64)
        bad = dask.array.argwhere(~dask.array.isfinite(matrix)).compute()
        if len(bad):
            row, column = bad[0]
            value = self.matrix[int(row), int(column)].compute()
            raise InputError(f"row {row}, column {column} holds {value}", field="matrix")
        return float(abs(matrix).max().compute())

    def _read_means(self, precision: Any) -> tuple[Any, float]:
        import dask

        matrix = self._in(np.float64)
        mean, variance = dask.compute(matrix.mean(axis=0), matrix.var(axis=0))
        return mean, float(variance.sum()) * self.shape[0]

    def singular_values(self) -> NDArray[np.float64]:
        import dask.array

        matrix = self._in(np.float64)
        _, values, _ = dask.array.linalg.svd(matrix if self.mean is None else matrix - self.mean)
        return np.asarray(values.compute()) * self.scale
