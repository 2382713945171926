"""What a network of the same widths gives that knows nothing: random numbers in place of its values."""

from __future__ import annotations

import numpy as np

from complexity.errors import InputError
from complexity.models import TrainedModel
from complexity.models.inputs import LOOKED_AT, Inputs, first_rows, rows_of
from complexity.models.layers import FEATURES, FIRST_LAYER, LOGITS
from complexity.models.tensors import Array


class RandomFeatures(TrainedModel):
    """Normal random numbers of the shapes of a network's features, logits and first layer; negative ones as 0 where the
    network's own are not negative. Each pass draws anew, so that a sample has other numbers once it is changed.
    """

    def __init__(self, network: TrainedModel, inputs: Inputs, seed: int) -> None:
        self.name = f"random features as wide as those of {network.name}"
        self.network, self.few = network, first_rows(inputs, LOOKED_AT)
        self.generator = np.random.default_rng(seed)

    def features(self, inputs: Inputs) -> Array:
        return self._like(self.network.features(self.few), inputs)

    def values_at(self, layer: str, inputs: Inputs) -> Array:
        known = {FEATURES: self.features, LOGITS: self.logits, FIRST_LAYER: self._first_rows}
        if layer not in known:
            problem = "random numbers stand in for features, logits and the first layer alone"
            raise InputError(problem, model=self.name, field="layer", found=layer)
        return known[layer](inputs)

    def logits(self, inputs: Inputs) -> Array:
        return self.generator.standard_normal((rows_of(inputs), self.network.logits(self.few).shape[1]))

    def first_layer(self, inputs: Inputs) -> Array:
        return self._like(self.network.first_layer(self.few), inputs)

    def _first_rows(self, inputs: Inputs) -> Array:
        return self.first_layer(inputs).reshape(rows_of(inputs), -1)

    def _like(self, values: Array, inputs: Inputs) -> Array:
        found = self.generator.standard_normal((rows_of(inputs), *values.shape[1:]))
        return np.maximum(found, 0) if values.min() >= 0 else found
