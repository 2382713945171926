"""What measures that know nothing reach on the very same task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .mutual_information import conditional_mutual_information, directed_scores
from .pairing import Pairing

Array = NDArray[np.float64]
RANDOM_MEASURES = 1000
SEED = 0
ROUNDING = 1e-12  # scores that differ by rounding alone are the same


@dataclass(frozen=True)
class NoiseBand:
    """Scores of random measures, and how often a measure's own permutations reach its score.

    Attributes
    ----------
    mean, percentile_95, largest : of the scores of all random measures.
    measures : how many random measures there were.
    p_value : of the permutation test, (1 + permutations that score at least as high) / (1 + all); North, Curtis and
        Sham, "A note on the calculation of empirical P values from Monte Carlo procedures" (2002).
    """

    mean: float
    percentile_95: float
    largest: float
    measures: int
    p_value: float


def random_scores(models: Pairing, *, count: int = RANDOM_MEASURES, seed: int = SEED) -> Array:
    """Scores (count,) of measures drawn independently of the gaps: random orders of the models, without ties."""
    return permuted_scores(_untied(models), models, count=count, seed=seed)


def random_directed_scores(models: Pairing, *, count: int = RANDOM_MEASURES, seed: int = SEED) -> tuple[Array, Array]:
    """The scores of the same random measures, and their signed scores: (count,) each."""
    return directed_scores(_permuted(_untied(models), count, seed), models)


def permuted_scores(measure: Array, models: Pairing, *, count: int = RANDOM_MEASURES, seed: int = SEED) -> Array:
    """Scores (count,) of a measure's own values (n,) dealt out to the models at random: its ties stay."""
    return conditional_mutual_information(_permuted(measure, count, seed), models)


def _untied(models: Pairing) -> Array:
    return np.arange(float(len(models.gap)))


def _permuted(measure: Array, count: int, seed: int) -> Array:
    return np.random.default_rng(seed).permuted(np.tile(measure, (count, 1)), axis=1)


def noise_band(score: float, scores_at_random: Array, permuted: Array) -> NoiseBand:
    """The band of a task, or of a mean of tasks, and where a score stands in it.

    Parameters
    ----------
    score : of the measure.
    scores_at_random : of random measures, which make the band.
    permuted : of the measure's own permutations, which make the p-value; for a measure without ties they are
        distributed as random measures are, and these serve.
    """
    reached = int(np.sum(permuted >= score - ROUNDING))
    return NoiseBand(
        float(scores_at_random.mean()),
        float(np.quantile(scores_at_random, 0.95)),
        float(scores_at_random.max()),
        len(scores_at_random),
        (1 + reached) / (1 + len(permuted)),
    )


def mean_of_tasks(scores: Sequence[Array], grids: Sequence[str] | None = None) -> Array:
    """Scores of random measures, or of permutations, in the mean over tasks: (count,) each.

    Tasks with as many models have the same random orders: each task's scores are shuffled, so that the tasks are
    independent of each other. Seeds of one grid are not, and keep their orders in common, as those of a measure are
    that knows the settings alone.

    Parameters
    ----------
    grids : by task, the name of the grid that its models are of; one of its own each for None.
    """
    rng = np.random.default_rng(SEED)
    names = list(map(str, range(len(scores)))) if grids is None else list(grids)
    orders = {name: rng.permutation(len(scores[0])) for name in dict.fromkeys(names)}
    return np.asarray(np.mean([of_task[orders[name]] for of_task, name in zip(scores, names, strict=True)], axis=0))
