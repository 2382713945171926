"""Random numbers in place of a network's values: of the same shapes, and drawn anew each time."""

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.models import adapt
from pgdl_eval.ranking.values.random_features import RandomFeatures

torch = pytest.importorskip("torch")


def test_they_have_the_shapes_of_features_logits_and_first_layer_and_nothing_else():
    nn = torch.nn
    network = adapt(nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 4)))
    inputs = np.random.default_rng(0).standard_normal((6, 1, 8, 8)).astype(np.float32)
    random = RandomFeatures(network, inputs, 0)
    for layer in ("features", "logits", "first layer"):
        first, again = (random.values_at(layer, inputs) for _ in range(2))
        assert first.shape == network.values_at(layer, inputs).shape
        assert not np.array_equal(first, again)
    with pytest.raises(InputError, match="random numbers stand in for features, logits and the first layer alone"):
        random.values_at("0", inputs)
