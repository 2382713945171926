"""Distance to initialization."""

from __future__ import annotations

from typing import Any

import numpy as np

from complexity.measures.registry import measure
from complexity.models import adapt


@measure(
    "distance",
    higher_means="larger gap",
    needs=("initial weights",),
    cost="none but reading the weights",
    source="the starter kit's baseline; Table 1 of the paper",
)
def complexity(model: Any, dataset: Any) -> float:
    """Sum over all weights of the squared Euclidean distance to the initial weights, in float64.

    Raises
    ------
    InputError
        If the model does not carry its initial weights.
    """
    network = adapt(model)
    pairs = zip(network.weights(), network.initial_weights(), strict=True)
    return float(sum(np.sum((trained.astype(np.float64) - initial) ** 2) for trained, initial in pairs))
