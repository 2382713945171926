"""What a measure adds to the hyper-parameters: its partial rank correlation with the gap, given their additive effects.

Both sides are put on the scale of normal scores, which depends on the order alone; from both the additive model of the
hyper-parameters is taken; what is left of them is correlated. The p-value is that of Freedman and Lane, "A
nonstochastic interpretation of reported significance levels" (1983): what the fit leaves of the gap is dealt out to the
models at random, the fit taken from it again, and the correlation computed anew.

Why normal scores: where the hyper-parameters explain nine tenths of the gap, as on the competition's tasks, plain ranks
bend additive effects so far that a measure which is exactly these effects "adds" in 28% (32 models) and 86% (96) of
simulated tasks, normal scores in 9 and 17%; values as they are hold only where the effects are additive on that very
scale. docs/measures.md has the rates of all three.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .additive_model import additive_basis, residual
from .correlation import CONSTANT, Correlation
from .half_samples import NORMAL_95, UNDEFINED, Interval
from .noise_band import SEED, mean_of_tasks
from .ranks import normal_scores
from .score_interval import mean_interval

Array = NDArray[np.float64]
PERMUTATIONS = 1000
SIGNIFICANT = 0.05
SMALLEST_FREEDOM = 3  # models less coefficients; with fewer two residuals are alike, or opposite, by themselves
NOTHING_LEFT = 1e-9  # of the norm: a residual below is rounding
ROUNDING = 1e-12  # correlations that differ by rounding alone are the same


@dataclass(frozen=True)
class UnexplainedGap:
    """What the additive model of the hyper-parameters leaves of the gaps of n models; made once a task.

    Attributes
    ----------
    basis : (n, p) of the additive model.
    residual : (n,) of the gaps' normal scores, a unit vector; None where there is nothing to correlate with.
    permuted : (PERMUTATIONS, n) its values dealt out at random.
    permuted_norm : (PERMUTATIONS,) of what the model leaves of these.
    reason : why `residual` is None, else empty.
    """

    basis: Array
    residual: Array | None
    permuted: Array
    permuted_norm: Array
    reason: str = ""

    @property
    def freedom(self) -> int:
        """Models less coefficients."""
        models, coefficients = self.basis.shape
        return int(models - coefficients)


@dataclass(frozen=True)
class PartialCorrelation:
    """A measure's partial correlation with the gap, and those of permutations, (PERMUTATIONS,), NaN where undefined."""

    found: Correlation
    by_chance: Array


def unexplained_gap(gap: Array, hyperparameters: Mapping[str, Sequence[str]], *, seed: int = SEED) -> UnexplainedGap:
    """Take the additive model of the hyper-parameters, n values a name, from the gaps (n,)."""
    return unexplained_scores(normal_scores(gap), additive_basis(hyperparameters), seed=seed)


def unexplained_scores(scores: Array, basis: Array, *, seed: int = SEED) -> UnexplainedGap:
    """Take a model with this basis (n, p) from gaps (n,) that are on the scale on which they are to be fitted."""
    none, (models, coefficients) = np.empty((0, len(scores))), basis.shape
    if models - coefficients < SMALLEST_FREEDOM:
        reason = f"the hyper-parameters' additive model has {coefficients} coefficients for {models} models"
        return UnexplainedGap(basis, None, none, none[:, 0], reason)
    left = unit_residual(scores, basis)
    if left is None:
        reason = "the gaps are constant, or the hyper-parameters' additive model explains all of their order"
        return UnexplainedGap(basis, None, none, none[:, 0], reason)
    permuted = np.random.default_rng(seed).permuted(np.tile(left, (PERMUTATIONS, 1)), axis=1)
    return UnexplainedGap(basis, left, permuted, np.linalg.norm(residual(permuted, basis), axis=1))


def unit_residual(scores: Array, basis: Array) -> Array | None:
    """What the model leaves of (n,) values, a unit vector, or None where nothing but rounding is left."""
    left = residual(scores, basis)
    norm, whole = np.linalg.norm(left), np.linalg.norm(scores)
    return np.asarray(left / norm) if norm > NOTHING_LEFT * whole else None


def partial_correlation(measure: Array, gap: UnexplainedGap) -> PartialCorrelation:
    """The partial rank correlation of a measure (n,), as it is, with the gap, given the hyper-parameters.

    NaN for a constant measure and where the gap has none (see `UnexplainedGap.reason`). A measure that is fitted
    exactly, such as a hyper-parameter under another name, adds exactly 0, with a p-value of 1 and no interval.

    Returns
    -------
    Value, two-sided p-value of (1 + permutations that reach it) / (1 + all), and a 95% interval; see `fisher_interval`.
    """
    return partial_of_scores(normal_scores(measure), gap)


def partial_of_scores(scores: Array, gap: UnexplainedGap) -> PartialCorrelation:
    """`partial_correlation` of a measure (n,) that is on the scale on which it is to be fitted."""
    if gap.residual is None or scores.max() == scores.min():
        return PartialCorrelation(CONSTANT, np.full(PERMUTATIONS, np.nan))
    left = unit_residual(scores, gap.basis)
    if left is None:
        return PartialCorrelation(Correlation(0.0, 1.0, UNDEFINED), np.zeros(PERMUTATIONS))
    value = float(np.clip(left @ gap.residual, -1, 1))
    by_chance = (gap.permuted @ left) / gap.permuted_norm  # `left` is orthogonal to what the fit takes from them
    p_value, interval = permutation_p(value, by_chance), fisher_interval(value, gap.freedom)
    return PartialCorrelation(Correlation(value, p_value, interval), by_chance)


def mean_partial(found: Sequence[PartialCorrelation], grids: Sequence[str] | None = None) -> Correlation:
    """The mean of a measure's partial correlations over tasks; NaN if one of them is.

    Parameters
    ----------
    grids : see `noise_band.mean_of_tasks`.
    """
    value = float(np.mean([one.found.value for one in found]))
    if math.isnan(value):
        return CONSTANT
    interval = mean_interval([one.found.value for one in found], [one.found.interval for one in found], grids)
    by_chance = mean_of_tasks([one.by_chance for one in found], grids)
    return Correlation(value, permutation_p(value, by_chance), interval)


def permutation_p(value: float, by_chance: Array) -> float:
    """The two-sided p-value of a statistic from its values (m,) by chance, itself among them."""
    return float((1 + np.sum(np.abs(by_chance) >= abs(value) - ROUNDING)) / (1 + len(by_chance)))


def fisher_interval(value: float, freedom: int) -> Interval:
    """The 95% interval of a partial correlation with so many degrees of freedom left (models less coefficients).

    artanh r -/+ 1.96 / sqrt(freedom - 2); Fisher, "The distribution of the partial correlation coefficient" (1924):
    each further variable that is held fixed costs one model. None for a perfect correlation. How often it holds the
    true value was simulated: docs/measures.md.
    """
    if freedom < SMALLEST_FREEDOM or abs(value) > 1 - ROUNDING:
        return UNDEFINED
    centre, reach = math.atanh(value), NORMAL_95 / math.sqrt(freedom - 2)
    return Interval(math.tanh(centre - reach), math.tanh(centre + reach))
