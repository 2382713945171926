"""What picking models by a measure costs: regret of the top model, and how many of the best tenth it finds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SHARE = 0.1  # of the models, rounded up


@dataclass(frozen=True)
class Selection:
    """The result of trusting the measure; where values are tied, the mean over all ways to break the ties.

    Attributes
    ----------
    regret : gap of the model with the smallest expected gap minus the smallest gap of all; in the units of the gap.
    regret_at_random : the regret of a model picked at random.
    hit_rate : share of the tenth with the smallest expected gaps that is truly among the tenth with the smallest gaps.
    hit_rate_at_random : the hit rate of a tenth picked at random.
    picked : how many models a tenth is, rounded up.
    """

    regret: float
    regret_at_random: float
    hit_rate: float
    hit_rate_at_random: float
    picked: int


def selection(measure: Array, gap: Array) -> Selection:
    """Regret and hit rate of a measure (n,), turned so that larger means a larger expected gap; gap (n,)."""
    picked = math.ceil(SHARE * len(gap))
    hits = float(chance_among_smallest(measure, picked) @ chance_among_smallest(gap, picked))
    return Selection(
        regret=float(chance_among_smallest(measure, 1) @ gap - gap.min()),
        regret_at_random=float(gap.mean() - gap.min()),
        hit_rate=hits / picked,
        hit_rate_at_random=picked / len(gap),
        picked=picked,
    )


def chance_among_smallest(values: Array, count: int) -> Array:
    """The chance of each of n values to be among the `count` smallest when ties are broken at random: (n,), sum count.

    For `count` = 1 and distinct values this is 1 at the smallest value and 0 elsewhere.
    """
    last = np.partition(values, count - 1)[count - 1]
    below, tied = values < last, values == last
    return np.asarray(below + tied * (count - below.sum()) / tied.sum())
