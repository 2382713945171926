"""One measure on one task, or in the mean over tasks: everything that the report says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.registry import Direction

from .constant import is_constant_value, without_rounding_noise
from .correlation import CONSTANT, Correlation, kendall_of, spearman_of, spearman_of_halves
from .granulated_kendall import GranulatedKendall, granulated_kendall
from .half_samples import Interval
from .mutual_information import conditional_mutual_information, signed_score
from .neighbours import Pairs, environments, neighbours
from .noise_band import NoiseBand, mean_of_tasks, noise_band, permuted_scores, random_directed_scores
from .orders import Order, order_of
from .pairing import Pairing, pairing
from .partial_correlation import PartialCorrelation, UnexplainedGap, mean_partial, partial_correlation, unexplained_gap
from .score_interval import HalfPairings, half_pairings, mean_interval, score_interval, scores_of_halves
from .seed_names import grid_and_seed
from .selection import Selection, selection
from .sign_error import SignError, sign_error
from .verdict import Directed, Verdict, mean_direction, verdict
from .within_groups import Groups, WithinGroup, correlation_within_groups, groups_of_equal_value

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Resampled:
    """What resampling says of one measure's values.

    Attributes
    ----------
    by_chance : scores of permutations of the values; those of a measure without ties are the random measures.
    scores : (RESAMPLES,) on the half-samples.
    spearman : (RESAMPLES,) its correlation with the gap on these.
    partial : its partial correlation with the gap, and those of permutations.
    """

    by_chance: Array
    scores: Array
    spearman: Array
    partial: PartialCorrelation


@dataclass(frozen=True)
class TaskStatistics:
    """What does not depend on a measure: n models and their pairs, the scores of random measures, the half-samples."""

    names: tuple[str, ...]  # (n,)
    gap: Array  # (n,)
    hyperparameters: Mapping[str, Sequence[str]]  # n values a name
    models: Pairing
    random: Array
    random_signed: Array
    unexplained: UnexplainedGap
    halves: HalfPairings
    gap_order: Order  # of the one set of all models
    groups: tuple[Groups, ...]
    neighbours: Mapping[str, Pairs]
    environments: Mapping[tuple[str, str, str], Pairs]
    known: dict[bytes, Resampled] = field(default_factory=dict, repr=False, compare=False)

    def resampled(self, values: Array) -> Resampled:
        """The resamples of a measure (n,); kept, since evaluation, mean and comparisons all need them."""
        key = values.tobytes()
        if key not in self.known:
            self.known[key] = Resampled(
                permuted_scores(values, self.models) if tied_models(values) else self.random,
                scores_of_halves(values, self.halves),
                spearman_of_halves(order_of(values[None]), self.gap_order)[0],
                partial_correlation(values, self.unexplained),
            )
        return self.known[key]


@dataclass(frozen=True)
class Evaluation:
    """A measure's standing on a task.

    Attributes
    ----------
    task, measure : names.
    floor : whether this is no measure but what the hyper-parameters alone tell.
    higher_means : the direction that the measure declares.
    models : how many.
    tied_models : models whose value another one shares; all of them where the measure is constant.
    score : the competition's, in [0, 1], of the values as they are.
    score_interval : its 95% interval over models.
    signed_score : the score's information in the declared direction less that against it.
    verdict : see `verdict.verdict`.
    noise : what random measures reach on this task, and the p-value of the permutation test.
    spearman, kendall : correlation of the values as they are with the gap over all models; their p-values take models
        as independent.
    adds : partial rank correlation of the values as they are with the gap, given the additive effects of the
        hyper-parameters, with the p-value of a permutation test; NaN for a floor, for a constant, and where there is
        none.
    within : both correlations within each value of each hyper-parameter.
    granulated : Kendall's coefficient along each hyper-parameter alone, of the values in the declared direction.
    sign_error : over changes of one hyper-parameter between two values, in the declared direction.
    selection : regret of the top model and hit rate of the top tenth, in the declared direction.
    """

    task: str
    measure: str
    floor: bool
    higher_means: Direction
    models: int
    tied_models: int
    score: float
    score_interval: Interval
    signed_score: float
    verdict: Verdict
    noise: NoiseBand
    spearman: Correlation
    kendall: Correlation
    adds: Correlation
    within: tuple[WithinGroup, ...]
    granulated: GranulatedKendall
    sign_error: SignError
    selection: Selection


@dataclass(frozen=True)
class MeanScore:
    """A measure in the mean over tasks: the parts are those of `Evaluation`, noise and `adds` are those of the mean.

    verdict : see `verdict.verdict`.
    """

    measure: str
    floor: bool
    tasks: int
    score: float
    score_interval: Interval
    signed_score: float
    verdict: Verdict
    noise: NoiseBand
    adds: Correlation


def task_statistics(names: Sequence[str], gap: Array, hyperparameters: Mapping[str, Sequence[str]]) -> TaskStatistics:
    """Prepare a task of n models once for any number of measures; errors as for `pairing`."""
    models = pairing(gap, hyperparameters)
    random, random_signed = random_directed_scores(models)
    return TaskStatistics(
        tuple(names),
        gap,
        hyperparameters,
        models,
        random,
        random_signed,
        unexplained_gap(gap, hyperparameters),
        half_pairings(models),
        order_of(gap[None]),
        groups_of_equal_value(gap, hyperparameters),
        neighbours(hyperparameters),
        environments(hyperparameters),
    )


def evaluate(
    task: str,
    measure: str,
    values: Array,
    statistics: TaskStatistics,
    *,
    higher_means: Direction = "larger gap",
    floor: bool = False,
) -> Evaluation:
    """Evaluate a measure's values (n,), in the order of the task's models; a constant with rounding noise is constant.

    Raises
    ------
    InputError
        If there is not one finite value for each model.
    """
    _check(values, measure, statistics.names)
    values = without_rounding_noise(values)
    gap, models, resampled = statistics.gap, statistics.models, statistics.resampled(values)
    order = order_of(values[None])
    turned = values if higher_means == "larger gap" else -values
    score = float(conditional_mutual_information(values, models))
    signed = signed_score(values, models) * (1 if higher_means == "larger gap" else -1)
    noise = noise_band(score, statistics.random, resampled.by_chance)
    adds = CONSTANT if floor else resampled.partial.found
    directed = Directed(score, signed, noise, statistics.random_signed, task)
    return Evaluation(
        task=task,
        measure=measure,
        floor=floor,
        higher_means=higher_means,
        models=len(values),
        tied_models=tied_models(values),
        score=score,
        score_interval=score_interval(score, resampled.scores, len(values)),
        signed_score=signed,
        verdict=verdict(score, directed.direction, noise, adds, constant=is_constant_value(values)),
        noise=noise,
        spearman=spearman_of(order, statistics.gap_order)[0],
        kendall=kendall_of(order, statistics.gap_order)[0],
        adds=adds,
        within=correlation_within_groups(values, statistics.groups),
        granulated=granulated_kendall(turned, gap, statistics.neighbours),
        sign_error=sign_error(turned, gap, statistics.environments),
        selection=selection(turned, gap),
    )


def mean_score(rows: Sequence[Evaluation], values: Sequence[Array], statistics: Sequence[TaskStatistics]) -> MeanScore:
    """The mean of one measure over tasks: its row, its values and the statistics of each task.

    Each seed of a grid (see `over_seeds`) counts as a task, but not as an independent one.
    """
    grids = [grid_and_seed(row.task)[0] for row in rows]
    score, signed = float(np.mean([row.score for row in rows])), float(np.mean([row.signed_score for row in rows]))
    at_random = mean_of_tasks([one.random for one in statistics], grids)
    resampled = [of.resampled(one) for one, of in zip(values, statistics, strict=True)]
    noise = noise_band(score, at_random, mean_of_tasks([one.by_chance for one in resampled], grids))
    adds = CONSTANT if rows[0].floor else mean_partial([one.partial for one in resampled], grids)
    tasks = [
        Directed(row.score, row.signed_score, row.noise, of.random_signed, grid)
        for row, of, grid in zip(rows, statistics, grids, strict=True)
    ]
    constant = all(row.verdict == "constant" for row in rows)
    return MeanScore(
        measure=rows[0].measure,
        floor=rows[0].floor,
        tasks=len(rows),
        score=score,
        score_interval=mean_interval([row.score for row in rows], [row.score_interval for row in rows], grids),
        signed_score=signed,
        verdict=verdict(score, mean_direction(tasks), noise, adds, constant=constant),
        noise=noise,
        adds=adds,
    )


def tied_models(values: Array) -> int:
    """How many of n values another model shares."""
    _, counts = np.unique(values, return_counts=True)
    return int(counts[counts > 1].sum())


def _check(values: Array, measure: str, models: Sequence[str]) -> None:
    if values.shape != (len(models),):
        raise InputError(
            "not one value for each model", field=measure, expected=f"shape ({len(models)},)", found=values.shape
        )
    bad = [model for model, value in zip(models, values, strict=True) if not np.isfinite(value)]
    if bad:
        raise InputError(f"no finite values of {len(bad)} models", field=measure, model=", ".join(bad[:5]))
