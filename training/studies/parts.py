"""The agreement of two P-vectors in parts: along the constant vector, within the span of the classes, and the rest.

The indicator vectors of the classes span a space that holds the constant vector. A P-vector u is split into its
projection on the constant vector, the rest of its projection on that span (what differs between classes and not within
them), and what differs within classes. The parts are orthogonal, so that a cosine u . v is the sum of the three parts'
products, and 1 = u . u that of the three shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
PARTS = ("mean", "classes", "rest")


@dataclass(frozen=True)
class Classes:
    """The span of the class indicators of n samples.

    Attributes
    ----------
    numbers : (n,) the class of each sample, from 0.
    counts : (classes,) samples of each class; none is 0.
    """

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, labels: NDArray[np.integer]) -> Classes:
        """From labels (n,) of any numbering."""
        _, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
        return cls(numbers, counts)

    def coordinates(self, u: Vector) -> Vector:
        """Of u / ||u|| in the orthonormal basis of the scaled class indicators, (classes,)."""
        u = np.asarray(u, np.float64)
        return np.asarray(np.bincount(self.numbers, u / np.linalg.norm(u)) / np.sqrt(self.counts))

    def split(self, u: Vector, v: Vector) -> dict[str, float]:
        """The parts of |cos| of the angle between u and v (n,); they sum to it. For u and u: shares of its length.

        NaN where a vector is not known. A part is negative where the two disagree within it.
        """
        if not (np.isfinite(u).all() and np.isfinite(v).all()):
            return dict.fromkeys(PARTS, float("nan"))
        constant = np.sqrt(self.counts / self.counts.sum())
        a, b = self.coordinates(u), self.coordinates(v)
        mean, within = (a @ constant) * (b @ constant), a @ b
        u, v = (np.asarray(one, np.float64) for one in (u, v))
        cosine = (u @ v) / (np.linalg.norm(u) * np.linalg.norm(v))
        sign = 1.0 if cosine >= 0 else -1.0
        return {"mean": sign * mean, "classes": sign * (within - mean), "rest": sign * (cosine - within)}
