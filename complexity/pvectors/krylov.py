"""Krylov spaces of A^T A: Ritz values and Ritz vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .sources import Source, Vectors

Table = NDArray[np.float64]
DEPENDENT = 1e-12  # of its length before: what is left of a vector that the others span


class KrylovSpace:
    """Span of start, G start, G^2 start, ... for G = A^T A on the complement of `deflated`, one reading a step.

    The Lanczos method with full reorthogonalization (Golub and Van Loan, "Matrix Computations", section 10.3; in blocks
    section 10.3.6). Vectors stand in rows.

    Parameters
    ----------
    source : the matrix A (n, d).
    start : (b, d).
    deflated : (l, d), orthonormal, or None.
    keep : of how many basis vectors v the products A v are kept; all are dropped when there are more.

    Attributes
    ----------
    basis, images : (m, d), orthonormal v and G v.
    next : (b, d) or fewer, orthonormal: the directions of the next step; none when the space is invariant under G.
    values : (m,) Ritz values, the largest first.
    lengths : the length of each new direction before it was normalized.
    """

    def __init__(self, source: Source, start: Vectors, deflated: Vectors | None = None, keep: int = 0) -> None:
        self.source, self.keep = source, keep
        self.basis = self.images = start[:0]
        self.deflated = start[:0] if deflated is None else deflated
        self.lengths: list[float] = []
        self.values, self._coefficients = np.zeros(0), np.zeros((0, 0))
        self._left: list[Vectors] | None = []
        self.next = self._orthonormal(start)
        self.lengths.clear()

    def extend(self, left: Vectors, image: Vectors) -> None:
        """Take in the products A v and A^T A v of the rows v of `next`."""
        xp = self.source.xp
        self.basis, self.images = xp.concatenate([self.basis, self.next]), xp.concatenate([self.images, image])
        if self._left is not None:
            self._left = [*self._left, left] if len(self.basis) <= self.keep else None
        table = self.source.host(self.basis @ self.images.T)
        values, vectors = np.linalg.eigh((table + table.T) / 2)
        self.values, self._coefficients = values[::-1], np.ascontiguousarray(vectors[:, ::-1].T)
        self.next = self._orthonormal(image)

    def vectors(self, k: int) -> Vectors:
        """Ritz vectors (k, d) of the largest values."""
        return self._combined(self.basis, k)

    def residuals(self, k: int) -> Table:
        """||G v - theta v|| (k,) of the top Ritz vectors."""
        values = self.source.array(self.values[:k, None])
        rest = self._combined(self.images, k) - values * self.vectors(k)
        return self.source.host((rest * rest).sum(-1)) ** 0.5

    def left(self, k: int) -> Vectors | None:
        """A v (k, n) in float64 of the top Ritz vectors v, where all products were kept."""
        if self._left is None:
            return None
        products = self._left[0] if len(self._left) == 1 else self.source.xp.concatenate(self._left)
        return self._combined(self.source.float64(products), k)

    def _combined(self, rows: Vectors, k: int) -> Vectors:
        return self.source.array(self._coefficients[:k]) @ rows

    def _orthonormal(self, rows: Vectors) -> Vectors:
        """The rows made orthogonal to all before and to each other, without those that these span."""
        found = rows[:0]
        for row in rows:
            new, before = row, float((row * row).sum()) ** 0.5
            for _ in range(2):  # twice is enough (Kahan and Parlett)
                for others in (self.deflated, self.basis, found):
                    if len(others):
                        new = new - (others @ new) @ others
            length = float((new * new).sum()) ** 0.5
            if length > DEPENDENT * before:
                self.lengths.append(length)
                found = self.source.xp.concatenate([found, new[None] / length])
        return found
