"""The Lanczos iteration for the top right singular vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from .accuracy import ROUNDING, Accuracy, product_rounding
from .gram import gram_cost, step_cost
from .krylov import KrylovSpace
from .sources import Source, Vectors, open_source
from .watch import NextValue, Table, room_beside

SAMPLE_STEPS = 6  # of the iteration on the sample that gives the start
START_NOISE = 1e-3  # of the random part of the start, relative to it
MOST_STEPS = 200
KEPT = 24  # products A v that are kept, so that the left vectors need no reading of their own
KEPT_BYTES = 2**25  # that these take at most: beside a long matrix one more reading costs less than its memory
CLOSE = 1e-3  # values that differ by less, relatively, are left to float64
WORTH = 0.1  # of the Gram matrix's cost: after so much it is asked how much is still to come
FIRST_STEPS = 3  # after which that is asked at the earliest


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
    history : the accuracy of the top k vectors after each step.
    spent : what all steps have cost, by `step_cost`.
    gave_up : whether the Gram matrix promises to be cheaper than the steps that are left.
    """

    def __init__(
        self, source: Source, start: Vectors, k: int, precision: Any, next_value: NextValue, spent: float = 0.0
    ) -> None:
        self.source, self.k, self.precision, self.next_value = source, k, precision, next_value
        self.space = KrylovSpace(source, start, keep=min(KEPT, KEPT_BYTES // (8 * max(1, source.shape[0]))))
        self.history: list[Accuracy] = []
        self.spent, self.gave_up = spent, False

    @property
    def accuracy(self) -> Accuracy:
        """Of the top k vectors now."""
        return self.history[-1]

    def run(self, tolerance: float) -> bool:
        """Extend the spaces until the vectors are known to the tolerance, in degrees; False where that fails."""
        for _ in range(MOST_STEPS):
            if self._random_space_needed():
                self.next_value.begin(self.space)
            cost = self._step(self._growing(tolerance))
            if len(self.space.values) < self.k:
                if len(self.space.next):
                    continue
                raise rank_error(self.k, len(self.space.values))
            self.next_value.update(self.space)
            self.history.append(self._judge())
            if np.all(self.accuracy.angle_error() <= tolerance):
                return True
            self.gave_up = self._gram_matrix_is_cheaper(cost, tolerance)
            if self.gave_up or self._at_its_end(tolerance):
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

    def right(self) -> Vectors:
        """The top right vectors (k, d), each of the length of its singular value."""
        return self.space.vectors(self.k) * self.source.array(np.sqrt(self.space.values[: self.k, None]))

    def _at_its_end(self, tolerance: float) -> bool:
        """Whether further steps in this precision cannot help."""
        if not self._growing(tolerance) and not self._random_space_needed():
            return True
        if not self.accuracy.out_of_reach(tolerance):
            return False
        # Before another run in higher precision, the bound on what was missed is made sharp in this cheaper one.
        close = self.accuracy.lower > (1 - CLOSE) * self.space.values[self.k - 1]
        return close or self.precision is np.float64 or self.next_value.open_space(self.space) is None

    def _growing(self, tolerance: float) -> list[KrylovSpace]:
        """The spaces that another reading would serve."""
        start, random = self.space, self.next_value.open_space(self.space)
        if random is not None and not len(random.next):
            random = None
        if not len(start.next) or (random is not None and self._exact_to_rounding()):
            return [] if random is None else [random]
        if random is None or (len(random.basis) and self._enough_alone(tolerance)):
            return [start]
        return [start, random]

    def _exact_to_rounding(self) -> bool:
        """Whether the start's space has vectors that more steps would not change beyond rounding."""
        return bool(self.history) and bool(np.all(self.accuracy.residual < self.accuracy.rounding))

    def _enough_alone(self, tolerance: float) -> bool:
        """Whether one more step of the start's space will do: a later run's first, or one that gains as much again."""
        if len(self.history) < 2:
            return not self.history
        expected = self.accuracy.residual * np.minimum(1, self._gain())
        return bool(np.all(replace(self.accuracy, residual=expected).angle_error() <= tolerance / 2))

    def _gain(self) -> Table:
        """What the last step has left of each residual, as a share."""
        before, now = self.history[-2].residual, self.history[-1].residual
        return np.asarray(now / np.maximum(before, 1e-300))

    def _step(self, spaces: list[KrylovSpace]) -> float:
        """Read the matrix once for these spaces; what that cost."""
        vectors = self.source.xp.concatenate([space.next for space in spaces])
        left, image = self.source.products(vectors, self.precision)
        for space in spaces:
            rows = len(space.next)
            space.extend(left[:rows], image[:rows])
            left, image = left[rows:], image[rows:]
        cost = step_cost(self.source, len(vectors), self.precision)
        self.spent += cost
        return cost

    def _gram_matrix_is_cheaper(self, cost: float, tolerance: float) -> bool:
        """Whether the steps that seem to be left, of such a cost each, are dearer than the whole Gram matrix."""
        whole = gram_cost(self.source)
        if self.spent < WORTH * whole or len(self.history) < FIRST_STEPS:
            return False
        return self._steps_left(tolerance) * cost > whole

    def _steps_left(self, tolerance: float) -> float:
        """An estimate: as many as the residuals need at the rate of the last step; inf where none can be given."""
        if not self.accuracy.settled() or len(self.history) < 2:
            return np.inf
        # Where a vector is out of reach for rounding, another run follows: the target is that of exact products.
        target = np.maximum(self.accuracy.reachable(tolerance), 1e-300)
        far, gain = np.log(target / np.maximum(self.accuracy.residual, 1e-300)), np.log(self._gain())
        far[self.accuracy.residual < self.accuracy.rounding] = 0.0  # few steps of that run will do
        if np.all(far >= 0):  # what is left is a sharper bound, which takes about as long as it has taken so far
            return float(len(self.history))
        slow = (far < 0) & (gain > -0.01)
        return np.inf if np.any(slow) else float(np.max(np.where(far < 0, far / np.minimum(gain, -0.01), 0.0)))

    def _random_space_needed(self) -> bool:
        return self.next_value.needed(self.space, bool(self.history) and self.accuracy.settled())

    def _judge(self) -> Accuracy:
        values, k = self.space.values, self.k
        sigma = np.sqrt(np.maximum(values[:k], 1e-300))
        frobenius, terms = self.source.raw_squares**0.5, self.source.shape[1]
        rounding = ROUNDING[self.precision] * frobenius / sigma
        product = product_rounding(self.precision, terms, frobenius, sigma)
        residual = self.space.residuals(k) / (sigma * sigma[0])
        return Accuracy(values[:k], residual, rounding, self.next_value.lower, self.next_value.upper, product)


def start_vectors(source: Source, sample: Any, k: int, rng: np.random.Generator) -> tuple[Vectors, float]:
    """Start vectors (k, d), the top right singular vectors of a sample of rows with a little noise; and `room_beside`.

    A random start, and any room, where the sample determines none.
    """
    rows = open_source(sample)
    source.adopt(rows)
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
