"""One measure on one task: everything that the report says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..formats.model_configs import Reference
from .correlation import Correlation, kendall, spearman
from .mutual_information import Pairing, conditional_mutual_information, pairing, signed_agreement
from .noise_band import NoiseBand, noise_band, random_scores

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TaskStatistics:
    """What does not depend on a measure: the pairs of models, and the scores of random measures."""

    reference: Reference
    models: Pairing
    random: Array


@dataclass(frozen=True)
class Evaluation:
    """A measure's standing on a task.

    Attributes
    ----------
    task, measure : names.
    models : how many.
    tied_models : models whose value another one shares.
    score : the competition's, in [0, 1].
    direction : concordant minus discordant pairs within the score's cells, in [-1, 1].
    noise : what random measures reach on this task.
    spearman, kendall : correlation of the measure with the gap over all models.
    """

    task: str
    measure: str
    models: int
    tied_models: int
    score: float
    direction: float
    noise: NoiseBand
    spearman: Correlation
    kendall: Correlation


def task_statistics(reference: Reference) -> TaskStatistics:
    """Prepare a task once for any number of measures; errors as for `pairing`."""
    models = pairing(reference.gap, reference.hyperparameters)
    return TaskStatistics(reference, models, random_scores(models))


def evaluate(task: str, measure: str, values: Array, statistics: TaskStatistics) -> Evaluation:
    """Evaluate a measure's values (n,), in the order of the reference's models."""
    gap = statistics.reference.gap
    score = float(conditional_mutual_information(values, statistics.models))
    _, counts = np.unique(values, return_counts=True)
    return Evaluation(
        task=task,
        measure=measure,
        models=len(values),
        tied_models=int(counts[counts > 1].sum()),
        score=score,
        direction=signed_agreement(values, gap, statistics.models),
        noise=noise_band(score, statistics.random),
        spearman=spearman(values, gap),
        kendall=kendall(values, gap),
    )
