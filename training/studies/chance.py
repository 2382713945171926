"""What an angle between two P-vectors would be by chance, and how far from it the angle found lies.

The null hypothesis: the rows of the two matrices have nothing to do with each other. Its distribution is that of the
angle when the rows of one matrix are permuted at random. A permutation of rows keeps a matrix's singular values and
permutes the entries of its left singular vectors, so that permuting the entries of one P-vector is the same thing,
exactly, and needs no decomposition. Columns stay centred under it, and what the two vectors share as constant vectors
stays shared: the null of uncentred P-vectors is a small angle, and only what is smaller still tells of the samples.

A small p-value says that two networks see the same images, and so do untrained ones. What was learnt is told by the
untrained network of the same architecture; see `calibration.beside_untrained`.

Scores of similarity between representations are calibrated in this way by Gröger, Wen and Brbić (2026, "Revisiting the
Platonic Representation Hypothesis: An Aristotelian View", arXiv:2602.14486), who find that most of the agreement that
spectral scores report is what permuted rows have too. Here the scale is that of degrees, and what lies below chance is
shown as negative instead of zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

Vector = NDArray[np.float64]

BAND = (0.05, 0.95)  # the quantiles between which a figure's grey band lies
ROUNDING = 1e-24  # of a constant vector's squared deviation
SMALLEST = 1e-6  # p-value; the normal law is not known to hold further out


@dataclass(frozen=True)
class PermutationNull:
    """The distribution of the cosine u . v when the entries of v are permuted at random.

    Its mean and deviation are exact; that it is normal holds for many samples none of which dominates (Hoeffding 1951,
    "A combinatorial central limit theorem").

    Attributes
    ----------
    mean, deviation : of the cosine, whose sign tells nothing.
    """

    mean: float
    deviation: float

    def p_value(self, degrees: float) -> float:
        """The share of permutations with an angle as small, at least `SMALLEST`; NaN where the angle is not known."""
        if math.isnan(degrees) or math.isnan(self.mean):
            return math.nan
        return max(SMALLEST, 1 - self._share_below(math.cos(math.radians(degrees)))) if self.deviation else 1.0

    def quantile(self, share: float) -> float:
        """The angle in degrees below which that share of permutations lies."""
        if self.deviation == 0:
            return _degrees(abs(self.mean))
        if self._possible <= 1 - share:  # of few samples
            return 0.0
        return _degrees(self._cosine_below(1 - share))

    @cached_property
    def _possible(self) -> float:
        """The share of the law that lies at cosines up to 1."""
        return self._share_below(1.0)

    def _cosine_below(self, share: float) -> float:
        """The absolute cosine below which that share of permutations lies; a formula where its law is one-sided."""
        mean = abs(self.mean)
        if mean > 12 * self.deviation:
            return float(mean + self.deviation * ndtri(share))
        if mean < 1e-9 * self.deviation:
            return float(self.deviation * ndtri((1 + share) / 2))
        return float(brentq(lambda at: share - self._share_below(at), 0.0, 1.0, xtol=1e-12))

    def effect(self, degrees: float) -> float:
        """How much of the way from chance (its median angle) to identity an angle is: 1 is identity, 0 is chance."""
        chance = self.quantile(0.5)
        return (chance - degrees) / chance if chance > 0 else float("nan")

    def _share_below(self, cosine: float) -> float:
        """The share of permutations whose absolute cosine is smaller."""
        return float(ndtr((cosine - self.mean) / self.deviation) - ndtr((-cosine - self.mean) / self.deviation))


def permutation_null(u: Vector, v: Vector) -> PermutationNull:
    """The null distribution of the angle between two P-vectors (n,).

    Mean and deviation are those of a sum over a random permutation (Hoeffding 1951, theorem 1): with unit vectors,
    n mean(u) mean(v) and sqrt(sum (u - mean(u))^2 sum (v - mean(v))^2 / (n - 1)). NaN for unknown vectors.
    """
    (mean_u, spread_u), (mean_v, spread_v) = _moments(u), _moments(v)
    n = len(u)
    return PermutationNull(n * mean_u * mean_v, math.sqrt(spread_u * spread_v / (n - 1)))


def permuted_degrees(u: Vector, v: Vector, draws: int, rng: np.random.Generator) -> Vector:
    """The angles (draws,) between u and v (n,) with the entries of v permuted: the null distribution by sampling."""
    u, v = (np.asarray(one, np.float64) / np.linalg.norm(one) for one in (u, v))
    cosines = np.array([abs(u @ rng.permutation(v)) for _ in range(draws)])
    return np.asarray(np.degrees(np.arccos(np.minimum(cosines, 1))))


def permuted_subspace_degrees(u: Vector, v: Vector, orders: NDArray[np.integer]) -> Vector:
    """The largest angles between the spans of the first k columns with the rows of v permuted, by sampling.

    Parameters
    ----------
    u, v : (n, m) of independent columns.
    orders : (draws, n) permutations of the rows.

    Returns
    -------
    (draws, m) degrees, for k = 1 to m.
    """
    u, v = (np.linalg.qr(np.asarray(one, np.float64))[0] for one in (u, v))
    overlaps = np.stack([u.T @ v[order] for order in orders])
    sizes = range(1, u.shape[1] + 1)
    least = [np.linalg.svd(overlaps[:, :k, :k], compute_uv=False)[:, -1] for k in sizes]
    return np.asarray(np.degrees(np.arccos(np.minimum(np.stack(least, axis=1), 1))))


def calibrated(degrees: float, u: Vector, v: Vector) -> dict[str, float]:
    """What a table says of an angle between two P-vectors (n,): `degrees`, its null, effect and p-value.

    `chance` is the median angle of the null, `chance_low` and `chance_high` are the ends of its band.
    """
    null = permutation_null(u, v)
    if math.isnan(null.mean):
        unknown = ("chance", "chance_low", "chance_high", "effect", "p_value")
        return {"degrees": degrees, **dict.fromkeys(unknown, np.nan)}
    low, high = map(null.quantile, BAND)
    measured = {"effect": null.effect(degrees), "p_value": null.p_value(degrees)}
    return {"degrees": degrees, "chance": null.quantile(0.5), "chance_low": low, "chance_high": high, **measured}


def _moments(u: Vector) -> tuple[float, float]:
    """Mean of the entries of u / ||u||, and the sum of their squared deviations from it."""
    u = np.asarray(u, np.float64)
    length = math.sqrt(u @ u)
    if not length > 0:
        return math.nan, math.nan
    u = u / length
    mean = float(u.mean())
    spread = float(((u - mean) ** 2).sum())
    return mean, spread if spread > ROUNDING else 0.0


def _degrees(cosine: float) -> float:
    return math.degrees(math.acos(min(1.0, cosine)))
