"""What a score amounts to, in words: on one task, and in the mean over tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .correlation import Correlation
from .noise_band import NoiseBand, mean_of_tasks
from .partial_correlation import SIGNIFICANT, permutation_p

Array = NDArray[np.float64]
Verdict = Literal[
    "constant", "within noise", "mixed", "nothing beyond the hyper-parameters", "reversed", "above noise"
]  # fmt: skip


@dataclass(frozen=True)
class Directed:
    """A measure's score on one task with its direction, beside the task's random measures.

    Attributes
    ----------
    score, signed : the score in [0, 1], and its information in the declared direction less that against it.
    noise : of the task.
    random_signed : (count,) signed scores of random measures.
    grid : the name of the grid that the models are of.
    """

    score: float
    signed: float
    noise: NoiseBand
    random_signed: Array
    grid: str

    @property
    def direction(self) -> int:
        """1 or -1 where the score is above noise and the signed one beyond 95% of those of random measures, else 0."""
        clear = permutation_p(self.signed, self.random_signed) < SIGNIFICANT
        return int(np.sign(self.signed)) if clear and self.score > self.noise.percentile_95 else 0


def verdict(score: float, direction: int, noise: NoiseBand, adds: Correlation, *, constant: bool) -> Verdict:
    """What a score on one task, or in the mean over tasks, amounts to; the first of these that holds.

    "constant"; "within noise": not above the 95th percentile of random measures; "mixed": above it, but without
    evidence of a direction; "nothing beyond the hyper-parameters": there is no evidence of a partial correlation given
    the hyper-parameters (where one is defined); "reversed": against the declared direction; "above noise".

    Parameters
    ----------
    direction : `Directed.direction` of one task, `mean_direction` of several.
    """
    if constant:
        return "constant"
    if score <= noise.percentile_95:
        return "within noise"
    if direction == 0:
        return "mixed"
    if adds.p_value >= SIGNIFICANT:
        return "nothing beyond the hyper-parameters"
    return "reversed" if direction < 0 else "above noise"


def mean_direction(tasks: Sequence[Directed]) -> int:
    """1 along the declared direction, -1 against it, 0 without evidence.

    There is evidence where no two tasks by themselves show opposite directions, and the mean of the signed scores, each
    over the deviation of those of random measures on its task, is beyond 95% of such means of random measures: a task
    with a wide noise band weighs little.
    """
    if {-1, 1} <= {one.direction for one in tasks}:
        return 0
    spreads = [float(one.random_signed.std()) for one in tasks]
    telling = [(one, spread) for one, spread in zip(tasks, spreads, strict=True) if spread > 0]
    if not telling:
        return 0
    value = float(np.mean([one.signed / spread for one, spread in telling]))
    grids = [one.grid for one, _ in telling]
    at_random = mean_of_tasks([one.random_signed / spread for one, spread in telling], grids)
    return int(np.sign(value)) if permutation_p(value, at_random) < SIGNIFICANT else 0
