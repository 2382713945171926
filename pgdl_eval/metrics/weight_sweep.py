"""How the score of a combination moves with the weight of its second measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mutual_information import conditional_mutual_information
from .pairing import Pairing
from .rank_aggregation import aggregate

Array = NDArray[np.float64]
WEIGHTS = np.linspace(0, 1, 101)


def score_by_weight(
    first: Array, second: Array, models: Pairing, *, weights: Array = WEIGHTS, method: str = "mean_rank"
) -> Array:
    """The score, in [0, 1], of first + w second for each weight w: (k,).

    Parameters
    ----------
    first, second : (n,) values, both oriented so that larger means a larger expected gap.
    models : the task's models.
    weights : (k,) of the second measure, the first one's is 1; they count to four decimals.
    method : of the rank aggregation.
    """
    ranks = [aggregate([first, second], [1.0, weight], method).ranks for weight in weights]
    return conditional_mutual_information(np.array(ranks), models)
