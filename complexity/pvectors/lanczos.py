"""The Lanczos iteration for the top right singular vectors, with a watch on what its start cannot see."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .accuracy import Accuracy
from .krylov import KrylovSpace, upper_bound
from .sources import Source, Vectors, open_source

Table = NDArray[np.float64]
FAILURE = 1e-4  # probability that a hidden singular value exceeds its bound
SAMPLE_STEPS = 6  # of the iteration on the sample that gives the start
START_NOISE = 1e-3  # of the random part of the start, relative to it
MOST_STEPS = 200
KEPT = 24  # products A v that are kept, so that the left vectors need no reading of their own
CLOSE = 1e-3  # values that differ by less, relatively, are left to float64
SHARP = 0.1  # of the distance to the k-th value: how well the next one need be known
CROWDED = 0.9  # from which on a hidden value is worth a watch; see `crowding`
ROUNDING = {np.float32: 6e-8, np.float64: 1e-15}  # of products and eigenvalues, relative to the Frobenius norm


class Lanczos:
    """Top right singular vectors of a source in one precision.

    Two Krylov spaces grow by one reading of the matrix a step. The one of the start gives the vectors. It cannot see
    what is orthogonal to the start, nor that a value is repeated. Unless the sum of all squares excludes a hidden
    value, the space of a random direction on the complement of the vectors goes along: whatever k vectors are
    deflated, sigma_{k+1} is no larger than the norm of A on their complement (Courant and Fischer), and the random
    space bounds that norm.

    Attributes
    ----------
    main, hidden : both spaces; `hidden` is None as long as it is not needed.
    accuracy : of the top k vectors, after `run`.
    """

    def __init__(
        self,
        source: Source,
        start: Vectors,
        k: int,
        crowding: float,
        precision: Any,
        rng: np.random.Generator,
        hidden: KrylovSpace | None = None,
    ) -> None:
        self.source, self.k, self.crowding, self.precision, self.rng = source, k, crowding, precision, rng
        self.main = KrylovSpace(source, start, keep=KEPT)
        self.hidden = hidden
        self.accuracy: Accuracy

    def run(self, tolerance: float) -> bool:
        """Extend both spaces until the vectors are known to the tolerance, in degrees; False where that fails."""
        for _ in range(MOST_STEPS):
            if self._needs_watch():
                known = self.main.vectors(self.k) if len(self.main.basis) else self.main.next
                self.hidden = KrylovSpace(self.source, self.source.random(1, self.rng), known)
            self._step()
            if len(self.main.values) < self.k:
                if len(self.main.next):
                    continue
                raise InputError(
                    "k is larger than the rank of the matrix", field="k", expected=f"at most {len(self.main.values)}",
                    found=self.k,
                )  # fmt: skip
            self.crowding = crowding(self.source, self.main.values, self.k)
            self.accuracy = self._judge()
            if np.all(self.accuracy.angle_error() <= tolerance):
                return True
            if self._at_its_end(tolerance):
                break
        return False

    def missed(self) -> bool:
        """Whether the random space has met a larger value than the vectors' own."""
        return self.hidden is not None and self.hidden.values[0] > (1 + 1e-6) * self.main.values[self.k - 1]

    def restart(self) -> Vectors:
        """Start vectors for another run: those found, and the best of the random space."""
        found = self.main.vectors(self.k)
        return found if self.hidden is None else self.source.xp.concatenate([found, self.hidden.vectors(1)])

    def left(self) -> Vectors:
        """A v (k, n) in float64 for the top right vectors v."""
        kept = self.main.left(self.k)
        if kept is not None:
            return kept
        return self.source.float64(self.source.products(self.main.vectors(self.k), self.precision)[0])

    def _at_its_end(self, tolerance: float) -> bool:
        """Whether further steps in this precision cannot help."""
        if not self._growing() and not self._needs_watch():
            return True
        if not self.accuracy.out_of_reach(tolerance):
            return False
        # Before another run in higher precision, the bound on hidden values is made sharp in this cheaper one.
        close = self.accuracy.lower > (1 - CLOSE) * self.main.values[self.k - 1]
        return close or self.precision is np.float64 or self._watching() is None

    def _growing(self) -> list[KrylovSpace]:
        """The spaces that another reading would serve."""
        return [space for space in (self.main, self._watching()) if space is not None and len(space.next)]

    def _step(self) -> None:
        spaces = self._growing()
        left, image = self.source.products(self.source.xp.concatenate([space.next for space in spaces]), self.precision)
        for space in spaces:
            rows = len(space.next)
            space.extend(left[:rows], image[:rows])
            left, image = left[rows:], image[rows:]

    def _watching(self) -> KrylovSpace | None:
        """The random space while its bound is not sharp yet."""
        if self.hidden is None or not len(self.hidden.values) or len(self.main.values) < self.k:
            return self.hidden
        lower, upper = self.accuracy.lower, self.accuracy.upper
        return self.hidden if upper - lower > SHARP * (self.main.values[self.k - 1] - lower) else None

    def _needs_watch(self) -> bool:
        """Whether a hidden value is possible, and no random space, or one on a poor complement, is there to tell."""
        if self.crowding < CROWDED:
            return False
        if self.hidden is None:
            return True
        values = self.main.values
        if len(values) < self.k or not self.accuracy.settled():
            return False
        following = float(values[self.k]) if len(values) > self.k else 0.0
        return bool(values[0] * self._tilt() > 0.1 * (values[self.k - 1] - following))

    def _tilt(self) -> float:
        """Squared sine of the largest angle between the vectors and those that the random space leaves out."""
        assert self.hidden is not None
        cosines = self.source.host(self.hidden.deflated[: self.k] @ self.main.vectors(self.k).T)
        return max(0.0, 1.0 - float(np.linalg.svd(cosines, compute_uv=False)[-1]) ** 2)

    def _judge(self) -> Accuracy:
        values, k = self.main.values, self.k
        following = max(0.0, float(values[k])) if len(values) > k else 0.0
        lower, upper = following, squares_left(self.source, values) + following
        if self.hidden is not None:
            # The complement of vectors at an angle to the true ones holds the square of its sine of the top value.
            lower = max(lower, float(self.hidden.values[:1].sum() - values[0] * self._tilt()))
            upper = min(upper, upper_bound(self.hidden, FAILURE))
        sigma = np.sqrt(np.maximum(values[:k], 1e-300))
        rounding = ROUNDING[self.precision] * self.source.raw_squares**0.5 / sigma
        return Accuracy(values[:k], self.main.residuals(k) / (sigma * sigma[0]), rounding, lower, max(lower, upper))


def start_vectors(source: Source, sample: Any, k: int, rng: np.random.Generator) -> tuple[Vectors, float]:
    """Start vectors (k, d), the top right singular vectors of a sample of rows with a little noise; and its `crowding`.

    A random start where the sample determines none.
    """
    rows = open_source(sample)
    rows.scale, rows.mean = source.scale, source.mean
    noise = source.random(k, rng)
    space = KrylovSpace(rows, noise)
    try:
        for _ in range(SAMPLE_STEPS):
            if len(space.next):
                space.extend(*rows.products(space.next, np.float32 if rows.single else np.float64))
    except InputError:  # zero rows; bad entries are found, and named by their place, when the matrix is read
        return noise, np.inf
    found = space.vectors(min(k, len(space.values)))
    start = source.xp.concatenate([found, noise[len(found) :]])
    return start + START_NOISE / source.shape[1] ** 0.5 * noise, crowding(rows, space.values, k)


def crowding(source: Source, values: Table, k: int) -> float:
    """The squares that remain beside the top k, over the k-th: below 1 there is no room for another as large."""
    return squares_left(source, values[:k]) / max(float(values[:k][-1]), 1e-300)


def squares_left(source: Source, values: Table) -> float:
    """The sum of all squared singular values without these; at least what rounding leaves unknown of it."""
    left = source.squares - float(values.sum())
    return max(0.0, left) + SQUARES_ROUNDING[source.single] * source.squares


SQUARES_ROUNDING = {True: 1e-6, False: 1e-13}  # of a sum of squares, relative to it
