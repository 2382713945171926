"""Intervals of the competition's score, over models of one task and over tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .half_samples import NORMAL_95, SMALLEST_SAMPLE, UNDEFINED, Halves, Interval, membership
from .mutual_information import AT_A_TIME, Pairing, ratios_of_counts

Array = NDArray[np.float64]


def score_interval(measure: Array, score: float, models: Pairing, halves: Halves) -> Interval:
    """The 95% interval of a measure's score over models of a task.

    On the scale of the square root, where the spread depends least on the score: the root of the score -/+ 1.96 standard
    deviations of the roots over the half-samples. The upward bias of small tables cancels in the spread. What it covers
    is the score that such a measure has in the mean over tasks of this very grid, bias included; compare it with the
    noise band of the task, not with 0.

    Parameters
    ----------
    measure : (n,) values.
    score : its score on all models.
    models : the task's models.
    halves : (m, k) half-samples.
    """
    scores = scores_of_halves(measure, models, halves)
    defined = scores[np.isfinite(scores)]
    if len(measure) < SMALLEST_SAMPLE or 2 * len(defined) < len(scores):
        return UNDEFINED
    centre, spread = np.sqrt(max(score, 0.0)), np.sqrt(np.maximum(defined, 0.0)).std()
    low, high = np.maximum([centre - NORMAL_95 * spread, centre + NORMAL_95 * spread], 0.0) ** 2
    return Interval(float(min(low, score)), float(max(high, score)))


def scores_of_halves(measure: Array, models: Pairing, halves: Halves) -> Array:
    """The score of each half-sample (m, k): (m,); NaN where no gap differs within any cell.

    Cells that a half-sample leaves empty add nothing.
    """
    above = np.greater.outer(measure, measure).astype(np.float32)
    chosen = membership(halves, len(measure)).astype(np.float32)
    return np.concatenate([_scores(chosen[i : i + AT_A_TIME], above, models) for i in range(0, len(halves), AT_A_TIME)])


def _scores(chosen: NDArray[np.float32], above: NDArray[np.float32], models: Pairing) -> Array:
    within = chosen[:, :, None] * chosen[:, None, :]  # (m, n, n)
    in_group = chosen @ models.groups  # (m, g)
    size = (in_group[:, models.cells[0]] * in_group[:, models.cells[1]]).astype(np.float64)
    gap_count = models.count(within * models.gap_greater)
    above_count = models.count(within * above)
    both = models.count(within * (above * models.gap_greater))
    return np.asarray(ratios_of_counts(size, gap_count, above_count, both, models.starts).min(axis=1))


def mean_interval(scores: Sequence[float], intervals: Sequence[Interval]) -> Interval:
    """The interval of the mean of independent scores from their own intervals.

    Zou and Donner, "Construction of confidence limits about effect measures" (2008): distances to the limits add as
    variances do.
    """
    values, count = np.array(scores), len(scores)
    below = values - np.array([interval.low for interval in intervals])
    above = np.array([interval.high for interval in intervals]) - values
    mean = float(values.mean())
    return Interval(mean - float(np.sqrt(np.sum(below**2))) / count, mean + float(np.sqrt(np.sum(above**2))) / count)
