"""The Lanczos iteration for the top right singular vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from .accuracy import Accuracy
from .krylov import KrylovSpace
from .sources import Source, Vectors, open_source
from .watch import NextValue, room_beside

SAMPLE_STEPS = 6  # of the iteration on the sample that gives the start
START_NOISE = 1e-3  # of the random part of the start, relative to it
MOST_STEPS = 200
KEPT = 24  # products A v that are kept, so that the left vectors need no reading of their own
CLOSE = 1e-3  # values that differ by less, relatively, are left to float64
ROUNDING = {np.float32: 6e-8, np.float64: 1e-15}  # of products and eigenvalues, relative to the Frobenius norm


class RankError(InputError):
    """More P-vectors are asked for than the matrix has; `rank` says how many it has."""

    rank: int = 0


def rank_error(k: int, rank: int) -> RankError:
    """The error for k vectors of a matrix of this rank."""
    error = RankError("k is larger than the rank of the matrix", field="k", expected=f"at most {rank}", found=k)
    error.rank = rank
    return error


class Lanczos:
    """Top right singular vectors of a source in one precision.

    The Krylov space of the start gives the vectors. Where another value as large is possible, that of a random
    direction grows beside it, by the same reading of the matrix a step: see `NextValue`.

    Attributes
    ----------
    space : the Krylov space of the start.
    next_value : the bounds on what that space cannot see; one object for the runs in all precisions.
    accuracy : of the top k vectors, after `run`.
    """

    def __init__(self, source: Source, start: Vectors, k: int, precision: Any, next_value: NextValue) -> None:
        self.source, self.k, self.precision, self.next_value = source, k, precision, next_value
        self.space = KrylovSpace(source, start, keep=KEPT)
        self.accuracy: Accuracy

    def run(self, tolerance: float) -> bool:
        """Extend the spaces until the vectors are known to the tolerance, in degrees; False where that fails."""
        for _ in range(MOST_STEPS):
            if self._random_space_needed():
                self.next_value.begin(self.space)
            self._step()
            if len(self.space.values) < self.k:
                if len(self.space.next):
                    continue
                raise rank_error(self.k, len(self.space.values))
            self.next_value.update(self.space)
            self.accuracy = self._judge()
            if np.all(self.accuracy.angle_error() <= tolerance):
                return True
            if self._at_its_end(tolerance):
                break
        return False

    def restart(self) -> Vectors:
        """Start vectors for another run: those found, and the best of the random space."""
        found, random = self.space.vectors(self.k), self.next_value.random
        return found if random is None else self.source.xp.concatenate([found, random.vectors(1)])

    def left(self) -> Vectors:
        """A v (k, n) in float64 for the top right vectors v."""
        kept = self.space.left(self.k)
        if kept is not None:
            return kept
        return self.source.float64(self.source.products(self.space.vectors(self.k), self.precision)[0])

    def _at_its_end(self, tolerance: float) -> bool:
        """Whether further steps in this precision cannot help."""
        if not self._growing() and not self._random_space_needed():
            return True
        if not self.accuracy.out_of_reach(tolerance):
            return False
        # Before another run in higher precision, the bound on what was missed is made sharp in this cheaper one.
        close = self.accuracy.lower > (1 - CLOSE) * self.space.values[self.k - 1]
        return close or self.precision is np.float64 or self.next_value.open_space(self.space) is None

    def _growing(self) -> list[KrylovSpace]:
        """The spaces that another reading would serve."""
        spaces = self.space, self.next_value.open_space(self.space)
        return [space for space in spaces if space is not None and len(space.next)]

    def _step(self) -> None:
        spaces = self._growing()
        left, image = self.source.products(self.source.xp.concatenate([space.next for space in spaces]), self.precision)
        for space in spaces:
            rows = len(space.next)
            space.extend(left[:rows], image[:rows])
            left, image = left[rows:], image[rows:]

    def _random_space_needed(self) -> bool:
        settled = len(self.space.values) >= self.k and self.accuracy.settled()
        return self.next_value.needed(self.space, settled)

    def _judge(self) -> Accuracy:
        values, k = self.space.values, self.k
        sigma = np.sqrt(np.maximum(values[:k], 1e-300))
        rounding = ROUNDING[self.precision] * self.source.raw_squares**0.5 / sigma
        residual = self.space.residuals(k) / (sigma * sigma[0])
        return Accuracy(values[:k], residual, rounding, self.next_value.lower, self.next_value.upper)


def start_vectors(source: Source, sample: Any, k: int, rng: np.random.Generator) -> tuple[Vectors, float]:
    """Start vectors (k, d), the top right singular vectors of a sample of rows with a little noise; and `room_beside`.

    A random start, and any room, where the sample determines none.
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
    return start + START_NOISE / source.shape[1] ** 0.5 * noise, room_beside(rows, space.values, k)
