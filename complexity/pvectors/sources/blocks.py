"""Matrices that are read in blocks of rows."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...threads import in_order
from .products import SHORT, Products, sum_of_squares
from .source import Source

Block = NDArray[Any]
PART_BYTES = 2**20  # of a part that is used more than once while it is in cache
LITTLE = 2**24  # entries of a matrix that one thread reads while others would be started
GRAM_ENTRIES = 2**20  # of a part whose Gram matrix is added to that of the others


class BlockSource(Source):
    """A matrix as blocks of rows, each used twice while it is in cache.

    Attributes
    ----------
    threads : by how many, at most, the blocks are multiplied; values do not depend on it.
    """

    threads = 1

    def __init__(self) -> None:
        super().__init__()
        self._buffers: dict[int, Block] = {}  # of each thread

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """All rows in order, as blocks (b, d) of any size."""

    def _numbered(self) -> Iterator[tuple[int, Block]]:
        """All blocks, each with the number of its first row."""
        start = 0
        for block in self.blocks():
            yield start, block
            start += len(block)
        if self.shape[0] not in (-1, start):
            raise InputError(
                "the stream does not give the same rows again", field="matrix", expected=self.shape[0], found=start
            )
        self.shape = (start, self.shape[1])

    def _parts(self, precision: Any) -> Iterator[tuple[int, Block]]:
        """Parts of blocks that fit into cache, scaled and in `precision`, each with the number of its first row.

        A part is valid until the next one is asked for.
        """
        for start, block in self._numbered():
            rows = max(1, PART_BYTES // (block.shape[1] * np.dtype(precision).itemsize))
            for first in range(0, len(block), rows):
                yield start + first, self._in(block[first : first + rows], precision)

    def _in(self, part: Block, precision: Any) -> Block:
        """A part scaled and in this precision: itself, or in the thread's buffer, which the next one takes over."""
        if self.scale == 1 and part.dtype == precision:
            return part
        # Fresh memory would cost more than the conversion.
        thread = threading.get_ident()
        buffer = self._buffers.get(thread)
        if buffer is None or buffer.size < part.size or buffer.dtype != precision:
            buffer = self._buffers[thread] = np.empty(part.size, precision)
        columns_first = part.strides[0] < part.strides[1]
        shape = part.shape[::-1] if columns_first else part.shape
        converted = buffer[: part.size].reshape(shape)
        converted = converted.T if columns_first else converted
        if self.scale == 1:
            np.copyto(converted, part, casting="unsafe")
        else:
            np.multiply(part, 1 / self.scale, out=converted, casting="unsafe")
        return converted

    def _read(self, right: Any, shift: NDArray[np.float64], precision: Any) -> tuple[Any, Any, float]:
        with_squares = not np.isfinite(self.squares)
        products = Products(right.astype(precision), with_squares)
        work = partial(self._multiply, products, shift, precision)
        lefts, image, squares, start = [], np.zeros(right.shape), 0.0, 0
        whole = products.left(self.shape[0]) if self.shape[0] >= 0 else None  # else a stream's length is not known yet
        for left, block_image, block_squares in in_order(work, self._numbered(), self._threads()):
            if whole is None:
                lefts.append(left)
            else:
                room = whole[:, start : start + left.shape[1]]
                room[...] = left[:, : room.shape[1]]  # of a stream that has more rows now, it is an error at its end
                start += left.shape[1]
            image += block_image
            squares += block_squares
        return np.concatenate(lefts, axis=1) if whole is None else whole, image, squares

    def _threads(self) -> int:
        """By how many threads products pay: short rows are multiplied no faster by several, nor small matrices."""
        rows, width = self.shape
        return self.threads if width >= SHORT and not 0 < rows * width < LITTLE else 1

    def _multiply(
        self, products: Products, shift: NDArray[np.float64], precision: Any, numbered: tuple[int, Block]
    ) -> tuple[Block, NDArray[np.float64], float]:
        """What `_read` gives, of one block."""
        start, block = numbered
        rows, squares = products.part_rows(), 0.0
        left, image = products.left(len(block)), np.zeros(products.vectors.shape)
        with np.errstate(over="ignore", invalid="ignore"):  # of this thread; seen in the sum of squares
            for first in range(0, len(block), rows):
                part = self._in(block[first : first + rows], precision)
                here = None if self.mean is None else self._shift(shift, start + first, len(part)).astype(precision)
                squares += products.multiply(part, left[:, first : first + rows], here, image)
        return left, image, squares

    def _shift(self, shift: NDArray[np.float64], start: int, rows: int) -> NDArray[np.float64]:
        """What centring takes from A v in these rows: (b, 1) or (b, rows)."""
        return shift[:, None]

    def hold(self, matrix: Block, center: bool) -> NDArray[np.float64]:
        """The matrix (n, d) that the caller has read, in float64, scaled and centred; errors as for `products`."""
        self.passes += 1
        whole = self.rescaled(lambda: self._counted_whole(matrix))
        self.squares = self.raw_squares
        if center:
            self.center(np.float64)
            assert self.mean is not None
            whole = np.asarray(whole - self.mean)
        return whole

    def _counted_whole(self, matrix: Block) -> NDArray[np.float64]:
        whole = matrix.astype(np.float64, copy=False)
        whole = whole if self.scale == 1 else whole / self.scale
        self.raw_squares = float(np.vdot(whole, whole))
        return whole

    def gram_matrix(self) -> NDArray[np.float64]:
        """A^T A (d, d) in float64, columns centred if asked for, in one reading."""
        self.passes += 1
        found = np.zeros((self.shape[1], self.shape[1]))
        for part in in_order(self._gram_of, self._numbered(), self.threads):
            found += part
        return found

    def _gram_of(self, numbered: tuple[int, Block]) -> NDArray[np.float64]:
        start, block = numbered
        found: Any = None
        rows = max(GRAM_ENTRIES // block.shape[1], 2 * block.shape[1])
        for first in range(0, len(block), rows):
            part = self._in(block[first : first + rows], np.float64)
            if self.mean is not None:
                part = self._less_means(part, start + first)
            product = part.T @ part
            found = product if found is None else np.add(found, product, out=found)
        return np.asarray(found)

    def _less_means(self, part: NDArray[np.float64], start: int) -> NDArray[np.float64]:
        assert self.mean is not None
        return np.asarray(part - self.mean)

    def largest(self) -> float:
        found = 0.0
        for start, part in self._parts(np.float64):
            top = float(np.abs(part).max())
            if not np.isfinite(top):
                row, column = np.argwhere(~np.isfinite(part))[0]
                place = f"row {start + row}, column {column}"
                raise InputError(f"{place} holds {part[row, column]}", field="matrix")
            found = max(found, top)
        return found

    def _read_means(self, precision: Any) -> tuple[Any, float]:
        blocks = self._numbered()
        first = next(blocks)
        # Differences from the mean of the first rows, so that a large mean costs no digits.
        part = self._in(first[1][: max(1, PART_BYTES // (8 * self.shape[1]))], precision)
        near = part.mean(axis=0, dtype=np.float64).astype(precision)
        work, sums, squares = partial(self._differences, near), np.zeros(self.shape[1]), 0.0
        for block_sums, block_squares in in_order(work, chain([first], blocks), self.threads):
            sums += block_sums
            squares += block_squares
        mean = sums / self.shape[0]
        return near + mean, squares - self.shape[0] * float(mean @ mean)

    def _differences(self, near: Block, numbered: tuple[int, Block]) -> tuple[NDArray[np.float64], float]:
        """Sums and sum of squares of the differences of a block's rows from `near`."""
        _, block = numbered
        rows = max(1, PART_BYTES // (block.shape[1] * near.itemsize))
        room, ones = np.empty((min(rows, len(block)), block.shape[1]), near.dtype), np.ones(rows, near.dtype)
        sums, squares = np.zeros(block.shape[1]), 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # of this thread; seen in the sum of squares
            for first in range(0, len(block), rows):
                part = self._in(block[first : first + rows], near.dtype)
                rest = np.subtract(part, near, out=room[: len(part)])
                sums += ones[: len(rest)] @ rest
                squares += sum_of_squares(rest)
        return sums, squares

    def singular_values(self) -> NDArray[np.float64]:
        # The triangular factor of the rows so far takes in more of them, as many as it has columns or more at a time:
        # Demmel et al., "Communication-optimal parallel and sequential QR and LU factorizations" (2012), section 2.
        factor = np.zeros((0, self.shape[1]))
        for rows in self._stacks():
            factor = np.concatenate([factor, rows])
            if len(factor) >= 2 * self.shape[1]:
                factor = np.asarray(np.linalg.qr(factor, mode="r"))
        return np.asarray(np.linalg.svd(factor, compute_uv=False)) * self.scale

    def singular_values_by_gram_matrix(self) -> NDArray[np.float64]:
        gram: Any = None
        for rows in self._stacks():
            if gram is None and len(rows) < self.shape[1]:  # these are all
                return self._roots(rows @ rows.T)
            gram = rows.T @ rows if gram is None else gram + rows.T @ rows
        return self._roots(gram)

    def _stacks(self) -> Iterator[NDArray[np.float64]]:
        """All rows, centred, in stacks of at least as many as there are columns; the last may have fewer."""
        waiting: list[Block] = []
        for _, part in self._parts(np.float64):
            waiting.append(part - (0.0 if self.mean is None else self.mean))
            if sum(map(len, waiting)) >= self.shape[1]:
                yield np.concatenate(waiting)
                waiting = []
        if waiting:
            yield np.concatenate(waiting)
