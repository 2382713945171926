"""Distance to initialization."""

from __future__ import annotations

from typing import Any

import numpy as np

from complexity.errors import InputError, warn
from complexity.measures.registry import measure
from complexity.models import adapt

HANDED_OVER = (
    "them set before training: model.initial_weights = copy.deepcopy(model.state_dict()) in PyTorch, "
    "model.initial_weights = model.get_weights() in Keras"
)


@measure(
    "distance",
    higher_means="larger gap",
    needs=("initial weights",),
    cost="none but reading the weights",
    uses_samples=False,
    source="the starter kit's baseline; Table 1 of the paper",
)
def complexity(model: Any, dataset: Any) -> float:
    """Sum over all weights of the squared Euclidean distance to the initial weights, in float64.

    The model carries its initial weights as the attribute `initial_weights`, set by hand before it is measured:

    * PyTorch: a copy of the state dict from before training, or a list of its floating point arrays in that order:
      `model.initial_weights = copy.deepcopy(model.state_dict())`.
    * Keras: a list of arrays in the order of `model.weights`: `model.initial_weights = model.get_weights()`. The
      starter kit, and `ingest` on task folders, set it so.

    All weights equal to the initial ones give a warning, for a state dict that was not copied changes with the model.

    Raises
    ------
    InputError
        If the model does not carry its initial weights, or such as do not fit.
    """
    network = adapt(model)
    try:
        initial = network.initial_weights()
    except InputError as error:
        if error.found is not None:  # there are some, and they do not fit
            raise
        raise InputError(error.problem, model=error.model, field=error.field, expected=HANDED_OVER) from error
    pairs = zip(network.weights(), initial, strict=True)
    distance = float(sum(np.sum((trained.astype(np.float64) - start) ** 2) for trained, start in pairs))
    if distance == 0:
        warn(f"{network.name}: all weights are the initial ones: the model is untrained, or they were not copied")
    return distance
