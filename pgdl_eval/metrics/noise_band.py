"""What measures that know nothing reach on the very same task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .mutual_information import Pairing, conditional_mutual_information

Array = NDArray[np.float64]
RANDOM_MEASURES = 1000
SEED = 0


@dataclass(frozen=True)
class NoiseBand:
    """Scores of random measures, and how often they reach a measure's score.

    Attributes
    ----------
    mean, percentile_95, largest : of the scores of all random measures.
    measures : how many random measures there were.
    p_value : (1 + random measures that score at least as high) / (1 + all), North et al. (2002).
    """

    mean: float
    percentile_95: float
    largest: float
    measures: int
    p_value: float


def random_scores(models: Pairing, *, count: int = RANDOM_MEASURES, seed: int = SEED) -> Array:
    """Scores (count,) of measures drawn independently of the gaps: random orders of the models, without ties."""
    rng = np.random.default_rng(seed)
    orders = np.argsort(rng.random((count, len(models.gap_greater))), axis=1)
    return conditional_mutual_information(orders.astype(np.float64), models)


def noise_band(score: float, scores_at_random: Array) -> NoiseBand:
    """The band of a task, or of a mean of tasks, and where a score stands in it."""
    reached = int(np.sum(scores_at_random >= score))
    count = len(scores_at_random)
    return NoiseBand(
        float(scores_at_random.mean()),
        float(np.quantile(scores_at_random, 0.95)),
        float(scores_at_random.max()),
        count,
        (1 + reached) / (1 + count),
    )


def mean_of_tasks(scores_at_random: Sequence[Array]) -> Array:
    """Random scores of the mean over tasks: the tasks' random measures are independent of each other."""
    return np.asarray(np.mean(scores_at_random, axis=0))
