"""Half-samples: the resamples from which all intervals over models are computed.

Resampling with repetition compares copies of a model with each other. Copies tie in gap and measure, ties count in the
score, and so the score of such resamples is biased upward. A half-sample has no copies, and as n/2 of n models are
drawn without repetition, a statistic varies over half-samples as much as it does over samples of n models (the
variance of a mean of m of n without repetition is sigma^2 (1/m - 1/n), which is sigma^2 / n for m = n/2). Politis,
Romano and Wolf, "Subsampling" (1999); Efron, "The Jackknife, the Bootstrap and Other Resampling Plans" (1982),
chapter 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Halves = NDArray[np.intp]
RESAMPLES = 1000
SEED = 0
NORMAL_95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution
SMALLEST_SAMPLE = 8  # with fewer models a half has no order to speak of, and no interval is given


@dataclass(frozen=True)
class Interval:
    """A 95% interval; NaN where none can be given."""

    low: float
    high: float


UNDEFINED = Interval(np.nan, np.nan)


def half_samples(models: int, *, count: int = RESAMPLES, seed: int = SEED) -> Halves:
    """Indices (count, models // 2) of models drawn without repetition, in no order."""
    rng = np.random.default_rng(seed)
    return np.asarray(np.argsort(rng.random((count, models)), axis=1)[:, : models // 2])


def membership(halves: Halves, models: int) -> NDArray[np.float64]:
    """The same as 0 and 1: (count, models)."""
    chosen = np.zeros((len(halves), models))
    np.put_along_axis(chosen, halves, 1.0, axis=1)
    return chosen
