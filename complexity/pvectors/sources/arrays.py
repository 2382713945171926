"""Arrays, memory maps and tensors in main memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...threads import in_order
from .blocks import PART_BYTES, Block, BlockSource
from .products import sum_of_squares
from .source import Source, Vectors, is_single

# Entries of a block: many blocks, so that threads end at about the same time, and none too small for a thread's start.
BLOCK_ENTRIES = (2**18, 2**21)
BLOCKS = 32


class ArraySource(BlockSource):
    """A NumPy array, a memory map, or a PyTorch tensor in main memory, which shares its memory."""

    def __init__(self, matrix: Any) -> None:
        super().__init__()
        self.matrix, self.is_tensor = matrix, hasattr(matrix, "detach")
        self.shape, self.single = (matrix.shape[0], matrix.shape[1]), is_single(matrix.dtype)

    def _rows(self, rows: slice) -> Block:
        if not self.is_tensor:
            return np.asarray(self.matrix[rows])
        part = self.matrix[rows].detach()
        # NumPy has no bfloat16.
        return np.asarray((part.float() if str(part.dtype) == "torch.bfloat16" else part).numpy())

    def blocks(self) -> Iterator[Block]:
        entries = min(max(self.shape[0] * self.shape[1] // BLOCKS, BLOCK_ENTRIES[0]), BLOCK_ENTRIES[1])
        step = max(1, entries // self.shape[1])
        for start in range(0, self.shape[0], step):
            yield self._rows(slice(start, start + step))

    def sample(self, entries: int) -> tuple[Block, bool]:
        stride = -(-self.shape[0] // max(1, entries // self.shape[1]))
        return self._rows(slice(None, None, stride)), stride == 1

    def transposed(self) -> TransposedSource:
        """The same matrix with rows and columns exchanged."""
        found = TransposedSource(self.matrix.T)
        found.threads = self.threads
        return found


class TransposedSource(ArraySource):
    """The transpose B = A^T (d, n) of a matrix A with more columns than rows: the vectors are as short as can be.

    Centring takes the mean over the columns from each row of B, which makes those of A zero in the mean.
    """

    def sample(self, entries: int) -> tuple[Block, bool]:
        """Some rows of B, as they are with scale and centring, in an array of their own."""
        stride = -(-self.shape[0] // max(1, entries // self.shape[1]))
        rows = np.array(self._rows(slice(None, None, stride)), np.float64, order="C") / self.scale
        means = 0.0 if self.mean is None else self.mean[::stride, None]
        return (rows - means).astype(np.float32 if self.single else np.float64), stride == 1

    def adopt(self, sample: Source) -> None:
        """Nothing is left to do: see `sample`."""

    def largest(self) -> float:
        return ArraySource(self.matrix.T).largest()

    def _read_means(self, precision: Any) -> tuple[NDArray[np.float64], float]:
        means, squares = [], 0.0
        for block_means, block_squares in in_order(partial(self._row_means, precision), self._numbered(), self.threads):
            means.append(block_means)
            squares += block_squares
        return np.concatenate(means), squares

    def _row_means(self, precision: Any, numbered: tuple[int, Block]) -> tuple[NDArray[np.float64], float]:
        _, block = numbered
        rows, means, squares = max(1, PART_BYTES // (8 * block.shape[1])), [], 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # of this thread; seen in the sum of squares
            for first in range(0, len(block), rows):
                part = self._in(block[first : first + rows], precision)
                near = part.mean(axis=1)
                rest = part - near[:, None]
                further = rest.mean(axis=1, dtype=np.float64)
                means.append(near + further)
                squares += sum_of_squares(rest) - block.shape[1] * float(further @ further)
        return np.concatenate(means), squares

    def _samples(self) -> int:
        return self.shape[1]

    def _shifts(self, right: Vectors) -> NDArray[np.float64]:
        return np.asarray(right.sum(axis=-1))

    def _shift(self, shift: NDArray[np.float64], start: int, rows: int) -> NDArray[np.float64]:
        assert self.mean is not None
        return np.asarray(shift[:, None] * self.mean[start : start + rows])

    def _recentred(self, left: Vectors, image: Vectors) -> Vectors:
        return image - (left @ self.mean)[:, None]

    def _less_means(self, part: NDArray[np.float64], start: int) -> NDArray[np.float64]:
        assert self.mean is not None
        return np.asarray(part - self.mean[start : start + len(part), None])
