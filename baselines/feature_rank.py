"""How many directions the features fill: their participation ratio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.measures.layer_values import values_at
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.samples import read_samples


@measure(
    "feature_rank",
    higher_means="larger gap",
    bounds=(1.0, math.inf),
    order_free=False,
    cost="a forward pass over 1,000 samples, and the products of their features",
    source="Gao et al., A Theory of Multineuronal Dimensionality, Dynamics and Measurement, bioRxiv 214262, 2017 (the "
    "ratio); Ansuini et al., Intrinsic Dimension of Data Representations in Deep Neural Networks, NeurIPS 2019 (fewer "
    "dimensions, smaller gap)",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    layer: str = "features",
    max_samples: int | None = 1000,
    output: str | int | None = None,
) -> Measured:
    """Participation ratio (sum l)^2 / sum l^2 of the eigenvalues l of the features' covariance.

    1 where the features vary along one direction, d where they vary equally along d.

    Parameters
    ----------
    dataset : what `complexity.samples.read_samples` takes.
    layer : "features", "logits", the name of a layer for its input, or "NAME:output".
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For features that are not finite, or the same for every sample.
    """
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    values = values_at(network, layer, samples.inputs).astype(np.float64)
    centred = values - values.mean(axis=0)
    centred = centred if len(centred) > centred.shape[1] else centred.T
    products = centred.T @ centred
    if not np.trace(products) > 0:
        problem = "the features are the same for every sample: they have no dimension"
        raise InputError(problem, model=network.name, field=layer)
    details = {"layer": layer, "layer_width": values.shape[1], "samples": len(values)}
    return Measured(max(1.0, float(np.trace(products) ** 2 / np.sum(products**2))), details)
