"""How well singular vectors are determined: gaps, and bounds on angles, from residuals and neighbouring values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
SETTLED = 5.0  # degrees
ROUNDING = {np.float32: 6e-8, np.float64: 1e-15}  # of products and eigenvalues, relative to the Frobenius norm
EXACT_SUM = 256  # terms of a product of two vectors up to which its rounding is that of one; then it grows as the root


@dataclass(frozen=True)
class Accuracy:
    """What is known of the top k singular vectors of A.

    Attributes
    ----------
    squares : (k,) squared singular values.
    residual : (k,) ||A^T u - sigma v|| / sigma_1.
    rounding : (k,) what rounding can add to it unseen.
    lower, upper : bounds on the next squared value.
    product : (k,) the error of u = A v itself by rounding, over its length: the part outside the columns of A, which no
        residual shows.
    """

    squares: Table
    residual: Table
    rounding: Table
    lower: float
    upper: float
    product: Table

    def angle_error(self) -> Table:
        """Bound on the angle between each vector and the true one, in degrees.

        As an eigenvector of A A^T, u has a residual of at most sigma_1^2 times `residual`; over the gap of the squares
        it bounds the sine of the angle (Davis and Kahan, "The rotation of eigenvectors by a perturbation III", 1970).
        """
        return np.minimum(90, _degrees(self.residual + self.rounding, self._gap(self.upper)) + np.degrees(self.product))

    def settled(self) -> bool:
        """Whether each vector is near some singular vector, though perhaps not the one of its rank."""
        near = np.array(_degrees(self.residual, self._gap(self.lower))) < SETTLED
        return bool(np.all(near | (self.residual < 10 * self.rounding)))

    def out_of_reach(self, tolerance: float) -> bool:
        """Whether values are so close to each other that rounding alone exceeds the tolerance."""
        least = _degrees(self.rounding, self._gap(self.lower)) + np.degrees(self.product)
        return self.settled() and bool(max(least) > tolerance)

    def reachable(self, tolerance: float) -> Table:
        """The residual at which the angle would be within the tolerance, without rounding and with the lower bound."""
        return np.asarray(np.sin(np.radians(tolerance)) * np.maximum(self._gap(self.lower), 0.0))

    def _gap(self, following: float) -> list[float]:
        """Distance of each square to the nearest other, over the largest, if the next one is `following`."""
        squares = self.squares.tolist()
        return [step / squares[0] for step in distances([*squares, following])]


def product_rounding(precision: Any, terms: int, frobenius: float, sigma: Table) -> Table:
    """`Accuracy.product` for products of so many terms with a matrix of this norm: (k,), for values sigma (k,).

    The error of a sum whose terms are rounded at random grows as the root of their number (Higham, "Accuracy and
    Stability of Numerical Algorithms", section 4.2), here of the number in each of the sums that BLAS makes at once.
    """
    return np.asarray(ROUNDING[precision] * max(1.0, terms / EXACT_SUM) ** 0.5 * frobenius / sigma)


def distances(values: list[float]) -> list[float]:
    """The distance of each of k + 1 falling values, but the last, to the nearest other: k."""
    steps = [first - second for first, second in pairwise(values)]
    return [steps[0], *map(min, pairwise(steps))]


def _degrees(noise: Table, gap: list[float]) -> list[float]:
    """Angles whose sine is noise over gap. Plain numbers: for a few of them arrays take ten times as long."""
    pairs = zip(noise.tolist(), gap, strict=True)
    return [math.degrees(math.asin(sine / max(sine, distance, 1e-300))) for sine, distance in pairs]
