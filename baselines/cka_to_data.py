"""How alike features and inputs are: centred kernel alignment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.layer_values import values_at
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.models.tensors import Array
from complexity.samples import Samples, read_samples


@measure(
    "cka_to_data",
    higher_means="smaller gap",
    bounds=(0.0, 1.0),
    order_free=False,
    cost="a forward pass over 1,000 samples, and the products of their features",
    source="Kornblith et al., Similarity of Neural Network Representations Revisited, ICML 2019, arXiv:1905.00414, "
    "eq. 4; compared with the data as the paper's angle is",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    layer: str = "features",
    max_samples: int | None = 1000,
    output: str | int | None = None,
) -> Measured:
    """Linear centred kernel alignment of features X and inputs Y: |Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F), both centred.

    1 where the samples lie to each other as in the inputs, up to rotation and scale. Its direction is that of the
    angle: a network that keeps closer to the data is expected to have the smaller gap.

    Parameters
    ----------
    dataset : what `complexity.samples.read_samples` takes.
    layer : "features", "logits", the name of a layer for its input, or "NAME:output".
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For features that are not finite, and features or inputs that are the same for every sample.
    """
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    values = values_at(network, layer, samples.inputs)
    features, data = centred_products(values), samples.remembered("centred products", _of_inputs)
    norms = [float(np.linalg.norm(one)) for one in (features, data)]
    if not min(norms) > 0:
        which = layer if not norms[0] > 0 else "inputs"
        raise InputError("the same for every sample: nothing to compare", model=network.name, field=which)
    details = {"layer": layer, "layer_width": values.shape[1], "samples": len(values)}
    return Measured(min(1.0, float(np.sum(features * data)) / (norms[0] * norms[1])), details)


def centred_products(values: Array) -> NDArray[np.float64]:
    """X X^T of the rows less their mean, (n, d) -> (n, n): |Y^T X|_F^2 is the sum of products of two such matrices."""
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    return np.asarray(centred @ centred.T)


def _of_inputs(samples: Samples) -> NDArray[np.float64]:
    return centred_products(samples.matrix())
