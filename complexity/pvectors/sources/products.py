"""Both products of one block, A v and A^T (A v), part by part while a part is in cache."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...threads import thin_products

Block = NDArray[Any]
PART_BYTES = 768 * 2**10  # of a part that stays in a processor's own cache between its two products
THIN = 2**19  # multiplications up to which BLAS takes a part as it lies, and does not rearrange it
MOST_THIN = 8  # vectors; for more, rearranging pays
SHORT = 1024  # entries of a row below which a product fetches rows slower than memory gives them, by any threads
RUN = 4096  # squares that are summed in the block's own precision: a longer sum in float32 would lose digits


class Products:
    """A v (b, n) in the vectors' precision, A^T of it (b, d) in float64, and if asked for the sum of squares.

    Parameters
    ----------
    vectors : (b, d) in the precision of the products.
    with_squares : whether the sum of squared entries is asked for.
    """

    def __init__(self, vectors: Block, with_squares: bool) -> None:
        self.vectors, self.with_squares = vectors, with_squares
        self.count, self.width = vectors.shape
        # One vector at a time is faster where BLAS would first rearrange the part for a thin product; for long rows,
        # too, where several threads then do not wait for each other.
        self.one_by_one = self.count == 1 or (self.count < 4 and (self.width >= SHORT or not thin_products()))
        self.columns = np.ascontiguousarray(vectors.T)

    def part_rows(self) -> int:
        """How many rows make a part."""
        entries = PART_BYTES // int(self.vectors.itemsize)
        if not self.one_by_one and self.count <= MOST_THIN:
            entries = min(entries, THIN // self.count)
        return int(max(1, entries // self.width))

    def left(self, rows: int) -> Block:
        """Room for A v of so many rows: (b, rows)."""
        shape = (self.count, rows) if self.one_by_one else (rows, self.count)
        room = np.empty(shape, self.vectors.dtype)
        return room if self.one_by_one else room.T

    def multiply(self, part: Block, left: Block, shift: Block | None, image: NDArray[np.float64]) -> float:
        """Set left (b, rows) to A v - shift, add A^T of it to the image, and give the sum of squares, or 0.

        Parameters
        ----------
        part : (rows, d) in the precision of the vectors.
        shift : (b, rows) or (b, 1), or None.
        """
        squares = 0.0
        if self.with_squares:
            squares = sum_of_squares(part)
        elif self.width < SHORT and part.flags.c_contiguous:
            entries = part.reshape(-1)
            np.dot(entries, entries)  # fetches the part in order, at twice the speed
        if self.one_by_one:
            for j, vector in enumerate(self.vectors):
                product = np.dot(part, vector, out=left[j])
                if shift is not None:
                    product -= shift[j]
                image[j] += product @ part
        else:
            product = np.matmul(part, self.columns, out=left.T)
            if shift is not None:
                left -= shift
            image += product.T @ part
        return squares


def sum_of_squares(part: Block) -> float:
    """In float64 over runs of entries, each summed in its own precision."""
    if part.flags.c_contiguous and part.size >= RUN:
        entries = part.reshape(-1)
        whole = len(entries) // RUN * RUN
        rest = entries[whole:]
        return _of_rows(entries[:whole].reshape(-1, RUN)) + float(np.vdot(rest, rest))
    if part.flags.f_contiguous or part.strides[0] < part.strides[1]:
        part = part.T
    return _of_rows(part)


def _of_rows(rows: Block) -> float:
    return float(np.matmul(rows[:, None, :], rows[:, :, None]).sum(dtype=np.float64))
