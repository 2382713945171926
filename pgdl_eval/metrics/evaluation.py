"""One measure on one task: everything that the report says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures import Direction

from ..formats.model_configs import Reference
from .correlation import Correlation, kendall, spearman
from .granulated_kendall import GranulatedKendall, granulated_kendall
from .half_samples import Halves, Interval, half_samples
from .hyperparameter_floor import hyperparameter_floor
from .mutual_information import Pairing, conditional_mutual_information, pairing, signed_agreement
from .noise_band import NoiseBand, mean_of_tasks, noise_band, permuted_scores, random_scores
from .score_interval import mean_interval, score_interval
from .selection import Selection, selection
from .sign_error import SignError, sign_error
from .within_groups import WithinGroup, correlation_within_groups

Array = NDArray[np.float64]
FLOOR = "hyper-parameters (floor)"


@dataclass(frozen=True)
class TaskStatistics:
    """What does not depend on a measure: the pairs of models, the scores of random measures, the half-samples."""

    reference: Reference
    models: Pairing
    random: Array
    halves: Halves


@dataclass(frozen=True)
class Evaluation:
    """A measure's standing on a task.

    Attributes
    ----------
    task, measure : names.
    floor : whether this is no measure but what the hyper-parameters alone tell.
    higher_means : the direction that the measure declares; all but score and correlations are turned by it.
    models : how many.
    tied_models : models whose value another one shares; all of them where the measure is constant.
    score : the competition's, in [0, 1], of the values as they are.
    score_interval : its 95% interval over models.
    direction : concordant minus discordant pairs within the score's cells, in [-1, 1]; negative where the measure goes
        against its declared direction.
    signed_score : the score with the sign of `direction`.
    noise : what random measures reach on this task, and the p-value of the permutation test.
    spearman, kendall : correlation of the values as they are with the gap over all models.
    within : the same within each value of each hyper-parameter.
    granulated : Kendall's coefficient along each hyper-parameter alone.
    sign_error : over changes of one hyper-parameter between two values.
    selection : regret of the top model and hit rate of the top tenth.
    """

    task: str
    measure: str
    floor: bool
    higher_means: Direction
    models: int
    tied_models: int
    score: float
    score_interval: Interval
    direction: float
    signed_score: float
    noise: NoiseBand
    spearman: Correlation
    kendall: Correlation
    within: tuple[WithinGroup, ...]
    granulated: GranulatedKendall
    sign_error: SignError
    selection: Selection


@dataclass(frozen=True)
class MeanScore:
    """A measure's mean score over tasks, in [0, 1], with its 95% interval and the band of the mean of random measures."""

    measure: str
    tasks: int
    score: float
    score_interval: Interval
    noise: NoiseBand


def task_statistics(reference: Reference) -> TaskStatistics:
    """Prepare a task once for any number of measures; errors as for `pairing`."""
    models = pairing(reference.gap, reference.hyperparameters)
    return TaskStatistics(reference, models, random_scores(models), half_samples(len(reference.models)))


def evaluate(
    task: str,
    measure: str,
    values: Array,
    statistics: TaskStatistics,
    *,
    higher_means: Direction = "larger gap",
    floor: bool = False,
) -> Evaluation:
    """Evaluate a measure's values (n,), in the order of the reference's models.

    Raises
    ------
    InputError
        If there is not one finite value for each model.
    """
    gap, names = statistics.reference.gap, statistics.reference.hyperparameters
    _check(values, measure, statistics.reference.models)
    turned = values if higher_means == "larger gap" else -values
    score = float(conditional_mutual_information(values, statistics.models))
    direction = signed_agreement(turned, gap, statistics.models)
    _, counts = np.unique(values, return_counts=True)
    tied = int(counts[counts > 1].sum())
    return Evaluation(
        task=task,
        measure=measure,
        floor=floor,
        higher_means=higher_means,
        models=len(values),
        tied_models=tied,
        score=score,
        score_interval=score_interval(values, score, statistics.models, statistics.halves),
        direction=direction,
        signed_score=float(np.sign(direction) * score),
        noise=noise_band(score, statistics.random, permuted_scores(values, statistics.models) if tied else None),
        spearman=spearman(values, gap, halves=statistics.halves),
        kendall=kendall(values, gap, halves=statistics.halves),
        within=correlation_within_groups(values, gap, names),
        granulated=granulated_kendall(turned, gap, names),
        sign_error=sign_error(turned, gap, names),
        selection=selection(turned, gap),
    )


def evaluate_floor(task: str, statistics: TaskStatistics) -> Evaluation | None:
    """What the hyper-parameters alone reach on a task; None where they cannot be fitted."""
    predicted = hyperparameter_floor(statistics.reference.gap, statistics.reference.hyperparameters)
    return None if predicted is None else evaluate(task, FLOOR, predicted, statistics, floor=True)


def mean_score(rows: Sequence[Evaluation], scores_at_random: Sequence[Array]) -> MeanScore:
    """The mean of one measure's rows over tasks; `scores_at_random` of these tasks, one (count,) a row."""
    score = float(np.mean([row.score for row in rows]))
    interval = mean_interval([row.score for row in rows], [row.score_interval for row in rows])
    return MeanScore(rows[0].measure, len(rows), score, interval, noise_band(score, mean_of_tasks(scores_at_random)))


def _check(values: Array, measure: str, models: Sequence[str]) -> None:
    if values.shape != (len(models),):
        raise InputError(
            "not one value for each model", field=measure, expected=f"shape ({len(models)},)", found=values.shape
        )
    bad = [model for model, value in zip(models, values, strict=True) if not np.isfinite(value)]
    if bad:
        raise InputError(f"no finite values of {len(bad)} models", field=measure, model=", ".join(bad[:5]))
