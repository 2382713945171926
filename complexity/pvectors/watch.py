"""Bounds on the singular values that a Krylov space cannot see, by the Krylov space of a random direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .krylov import KrylovSpace
from .sources import Source

Table = NDArray[np.float64]
FAILURE = 1e-4  # probability that a singular value exceeds its bound
ROOM = 0.9  # from which on the sum of squares may leave another value as large as the k-th; see `room_beside`
SHARP = 0.1  # of the distance to the k-th value: how well the next one need be known
POOR = 0.1  # of that distance: what deflated vectors at an angle to the true ones may leave in their complement
SQUARES_ROUNDING = {True: 1e-6, False: 1e-13}  # of a sum of squares, relative to it


class NextValue:
    """Bounds on the next squared singular value beside k vectors.

    The Krylov space of the start cannot see what is orthogonal to the start, nor that a value is repeated. Unless the
    sum of all squares leaves no room for another value, the Krylov space of a random direction on the complement of
    the vectors grows beside it: whatever k vectors are deflated, sigma_{k+1} is no larger than the norm of A on their
    complement (Courant and Fischer), and the random space bounds that norm.

    Attributes
    ----------
    room : what `room_beside` gives for the values found last.
    lower, upper : bounds on the square, after `update`; the upper one fails with a probability of `FAILURE`.
    random : the Krylov space of the random direction; None as long as none is needed.
    """

    lower: float
    upper: float

    def __init__(self, source: Source, k: int, room: float, rng: np.random.Generator) -> None:
        self.source, self.k, self.room, self.rng = source, k, room, rng
        self.random: KrylovSpace | None = None

    def needed(self, start: KrylovSpace, settled: bool) -> bool:
        """Whether another value is possible, and no random space, or one on a poor complement, bounds it.

        Parameters
        ----------
        start : the space that gives the vectors.
        settled : whether each of them is near some singular vector.
        """
        if self.room < ROOM:
            return False
        if self.random is None:
            return True
        if not settled:
            return False
        following = float(start.values[self.k]) if len(start.values) > self.k else 0.0
        return bool(start.values[0] * self._sine_squared(start) > POOR * (start.values[self.k - 1] - following))

    def begin(self, start: KrylovSpace) -> None:
        """Take a new random direction on the complement of the vectors, or of the start before the first step."""
        known = start.vectors(self.k) if len(start.basis) else start.next
        self.random = KrylovSpace(self.source, self.source.random(1, self.rng), known)

    def update(self, start: KrylovSpace) -> None:
        """Take in the values that a step has found, k or more."""
        values, k = start.values, self.k
        self.room = room_beside(self.source, values, k)
        following = max(0.0, float(values[k])) if len(values) > k else 0.0
        lower, upper = following, squares_beside(self.source, values) + following
        if self.random is not None:
            # The complement of vectors at an angle to the true ones holds the square of its sine of the top value.
            lower = max(lower, float(self.random.values[:1].sum() - values[0] * self._sine_squared(start)))
            upper = min(upper, upper_bound(self.random, FAILURE))
        self.lower, self.upper = lower, max(lower, upper)

    def open_space(self, start: KrylovSpace) -> KrylovSpace | None:
        """The random space while it is there and its bound is not sharp yet."""
        if self.random is None or not len(self.random.values) or len(start.values) < self.k:
            return self.random
        return self.random if self.upper - self.lower > SHARP * (start.values[self.k - 1] - self.lower) else None

    def missed(self, start: KrylovSpace) -> bool:
        """Whether the random space has met a larger value than the k-th of the start's."""
        return self.random is not None and self.random.values[0] > (1 + 1e-6) * start.values[self.k - 1]

    def _sine_squared(self, start: KrylovSpace) -> float:
        """Squared sine of the largest angle between the vectors and those that the random space leaves out."""
        assert self.random is not None
        cosines = self.source.host(self.random.deflated[: self.k] @ start.vectors(self.k).T)
        return max(0.0, 1.0 - float(np.linalg.svd(cosines, compute_uv=False)[-1]) ** 2)


def upper_bound(space: KrylovSpace, failure: float) -> float:
    """What no eigenvalue of G on the complement of `deflated` exceeds, but for a probability of `failure`.

    For the Krylov space of one random direction z. Its Ritz values t_i and the lengths b_i obey, for every eigenvalue
    mu > t_1 with unit eigenvector w, prod(mu - t_i) |w.z| <= prod(b_i); and |w.z| is at least x / sqrt(d) with
    probability 1 - sqrt(2 / pi) x, or more. Van Dorsselaer, Hochstenbach and van der Vorst, "Computing probabilistic
    bounds for extreme eigenvalues of symmetric matrices with the Lanczos method" (2000), section 3.
    """
    from scipy.optimize import brentq  # which takes longer to import than the whole package

    if not len(space.basis):
        return 0.0
    steps, top = len(space.values), float(space.values[0])
    if not len(space.next):
        return top
    component = failure * math.sqrt(math.pi / 2) / math.sqrt(space.basis.shape[1] - len(space.deflated))
    target = float(np.sum(np.log(space.lengths))) - math.log(component)

    below = top - space.values

    def excess(log_distance: float) -> float:
        return float(np.sum(np.log(math.exp(log_distance) + below))) - target

    # Where all distances are at least exp(target / steps) the product is reached.
    largest = target / steps
    lowest = largest - 40.0
    return top + math.exp(largest if excess(lowest) > 0 else brentq(excess, lowest, largest, xtol=1e-3))


def room_beside(source: Source, values: Table, k: int) -> float:
    """The squares that remain beside the top k, over the k-th: below 1 there is no room for another as large."""
    return squares_beside(source, values[:k]) / max(float(values[:k][-1]), 1e-300)


def squares_beside(source: Source, values: Table) -> float:
    """The sum of all squared singular values without these; at least what rounding leaves unknown of it."""
    left = source.squares - float(values.sum())
    return max(0.0, left) + SQUARES_ROUNDING[source.single] * source.squares
