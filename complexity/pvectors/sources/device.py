"""A PyTorch tensor on a device: the matrix stays there, and so do all vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .source import Source, is_single

PART = 2**26  # entries that are converted to another precision at a time


class DeviceSource(Source):
    """Whole products on the device; only the small tables that decide when to stop are copied from it."""

    def __init__(self, matrix: Any) -> None:
        import torch

        super().__init__()
        self.xp, self.matrix = torch, matrix.detach()
        self.shape, self.single = (matrix.shape[0], matrix.shape[1]), is_single(matrix.dtype)

    def _parts(self, precision: Any) -> Iterator[Any]:
        """All rows in this precision: the tensor itself where it has it, else converted part by part."""
        dtype = self.xp.float32 if precision == np.float32 else self.xp.float64
        if self.matrix.dtype == dtype and self.scale == 1:
            yield self.matrix
            return
        for part in self.matrix.split(max(1, PART // self.shape[1])):
            yield part.to(dtype) if self.scale == 1 else (part / self.scale).to(dtype)

    def _whole(self) -> Any:
        return self.xp.concatenate(list(self._parts(np.float64)))

    def sample(self, entries: int) -> tuple[Any, bool]:
        stride = -(-self.shape[0] // max(1, entries // self.shape[1]))
        return self.matrix[::stride], stride == 1

    def _read(self, right: Any, shift: NDArray[np.float64], precision: Any) -> tuple[Any, Any, float]:
        from .full_precision import full_precision

        with full_precision(self.matrix.device.type):
            return self._products(right, shift, precision)

    def _products(self, right: Any, shift: NDArray[np.float64], precision: Any) -> tuple[Any, Any, float]:
        known, squares, lefts, image = np.isfinite(self.squares), 0.0, [], 0.0
        for part in self._parts(precision):
            left = right.to(part.dtype) @ part.T
            if self.mean is not None:
                left -= self.array(shift).to(part.dtype)[:, None]
            lefts.append(left)
            image = image + (left @ part).double()
            if not known:
                squares += float(self.xp.linalg.vector_norm(part, dtype=self.xp.float64)) ** 2
        return lefts[0] if len(lefts) == 1 else self.xp.concatenate(lefts, 1), image, squares

    def largest(self) -> float:
        matrix = self._whole()
        bad = self.xp.argwhere(~self.xp.isfinite(matrix))
        if len(bad):
            row, column = bad[0].tolist()
            place = f"row {row}, column {column}"
            raise InputError(f"{place} holds {float(matrix[row, column])}", field="matrix")
        return float(matrix.abs().max())

    def _read_means(self, precision: Any) -> tuple[Any, float]:
        matrix = self._whole()
        mean = matrix.mean(0)
        return mean, float(((matrix - mean) ** 2).sum())

    def singular_values(self) -> NDArray[np.float64]:
        factor = self.xp.linalg.qr(self._centered(), mode="r").R
        return self.host(self.xp.linalg.svdvals(factor)) * self.scale

    def singular_values_by_gram_matrix(self) -> NDArray[np.float64]:
        matrix = self._centered()
        tall = len(matrix) >= matrix.shape[1]
        return self._roots(matrix.T @ matrix if tall else matrix @ matrix.T)

    def _centered(self) -> Any:
        """The matrix in float64, its columns centred if asked for."""
        return self._whole() if self.mean is None else self._whole() - self.mean

    def array(self, values: NDArray[np.float64]) -> Any:
        return self.xp.as_tensor(values.copy(), dtype=self.xp.float64, device=self.matrix.device)

    def float64(self, values: Any) -> Any:
        return values.double()

    def host(self, values: Any) -> NDArray[np.float64]:
        return np.asarray(values.cpu().numpy())
