"""Matrices that are read in blocks of rows: arrays, memory maps, tensors in main memory, streams."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...read_ahead import read_ahead
from .source import Source, check_matrix, is_single

Block = NDArray[Any]
BLOCK_BYTES = 2**22  # of a block that stays in cache between its two products


class BlockSource(Source):
    """A matrix as blocks of rows, each used twice while it is in cache."""

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """All rows in order, as blocks (b, d) of any size."""

    def _parts(self, precision: Any) -> Iterator[tuple[int, Block]]:
        """Parts of blocks that fit into cache, scaled and in `precision`, each with the number of its first row.

        A part is valid until the next one is asked for.
        """
        start, buffer = 0, np.zeros((0, 0), precision)
        for block in self.blocks():
            rows = max(1, BLOCK_BYTES // (block.shape[1] * np.dtype(precision).itemsize))
            for first in range(0, len(block), rows):
                part = block[first : first + rows]
                if self.scale != 1 or part.dtype != precision:
                    # One buffer for all: fresh memory would cost more than the conversion.
                    if len(buffer) < len(part):
                        buffer = np.empty((rows, block.shape[1]), precision)
                    converted = buffer[: len(part)]
                    np.multiply(part, 1 / self.scale, out=converted, casting="unsafe")
                    part = converted
                yield start + first, part
            start += len(block)
        if self.shape[0] not in (-1, start):
            raise InputError(
                "the stream does not give the same rows again", field="matrix", expected=self.shape[0], found=start
            )
        self.shape = (start, self.shape[1])

    def _read(self, right: Any, shift: NDArray[np.float64], precision: Any) -> tuple[Any, Any, float]:
        # One vector at a time: for a block in cache two matrix-vector products are faster than the product with a thin
        # matrix, for which BLAS first rearranges the block.
        known, squares = np.isfinite(self.squares), 0.0
        vectors, image, shift = right.astype(precision), np.zeros(right.shape), shift.astype(precision)
        left: list[list[Block]] = [[] for _ in vectors]
        for _, part in self._parts(precision):
            for j, vector in enumerate(vectors):
                product = part @ vector
                if self.mean is not None:
                    product -= shift[j]
                left[j].append(product)
                image[j] += product @ part
            if not known:
                squares += _sum_of_squares(part)
        return np.stack([np.concatenate(products) for products in left]), image, squares

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
        # Differences from the mean of the first rows, so that a large mean costs no digits.
        near = shifted = np.zeros(0, precision)
        sums, squares = np.zeros(self.shape[1]), 0.0
        for start, part in self._parts(precision):
            if start == 0:
                near, shifted = part.mean(axis=0, dtype=np.float64).astype(precision), np.empty_like(part)
            rest = np.subtract(part, near, out=shifted[: len(part)])
            sums += np.ones(len(rest), precision) @ rest
            squares += _sum_of_squares(rest)
        mean = sums / self.shape[0]
        return near + mean, squares - self.shape[0] * float(mean @ mean)

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
        step = max(1, BLOCK_BYTES // (4 * self.shape[1]))
        for start in range(0, self.shape[0], step):
            yield self._rows(slice(start, start + step))

    def sample(self, entries: int) -> tuple[Block, bool]:
        stride = -(-self.shape[0] // max(1, entries // self.shape[1]))
        return self._rows(slice(None, None, stride)), stride == 1


class StreamSource(BlockSource):
    """A re-iterable stream of row blocks; the next block is read while the last one is multiplied."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        try:
            first = next(iter(stream), None)
        except TypeError as error:
            raise InputError(
                "not a matrix",
                field="matrix",
                expected="an array or a stream of row blocks",
                found=type(stream).__name__,
            ) from error
        if first is None:
            raise InputError("the matrix is empty", field="matrix")
        if iter(stream) is stream:
            raise InputError(
                "the stream can be read once only, and more passes are needed",
                field="matrix",
                expected="an iterable that starts anew each time, such as a list of blocks",
                found=type(stream).__name__,
            )
        self.stream, first = stream, _block(first)
        self.shape, self.single = (-1, first.shape[1]), is_single(first.dtype)

    def blocks(self) -> Iterator[Block]:
        blocks = map(_block, self.stream)
        for read in read_ahead(repeat(partial(next, blocks, None))):
            block = read.result()
            del read  # which would hold the block
            if block is None:
                return
            if block.shape[1] != self.shape[1]:
                raise InputError("blocks differ in width", field="matrix", expected=self.shape[1], found=block.shape[1])
            yield block

    def sample(self, entries: int) -> tuple[Block, bool]:
        parts, rows, most = [], 0, max(1, entries // self.shape[1])
        for block in self.blocks():
            parts.append(block[: most - rows])
            rows += len(block)
            if rows > most:
                return np.concatenate(parts), False
        self.shape = (rows, self.shape[1])
        return np.concatenate(parts), True


def _sum_of_squares(part: Block) -> float:
    """In float64 over the rows, each summed in its own precision: one sum in float32 would lose four digits."""
    return float(np.matmul(part[:, None, :], part[:, :, None]).sum(dtype=np.float64))


def _block(block: Any) -> Block:
    check_matrix(block)
    return np.asarray(block.detach().cpu().float() if hasattr(block, "detach") else block)
