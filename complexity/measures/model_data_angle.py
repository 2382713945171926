"""The angle between a model's P-vector and that of its training data."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError, warn
from ..models import TrainedModel, adapt
from ..models.features import feature_matrix, look, warn_of_probabilities, width_of
from ..pvectors.angles import angle
from ..pvectors.pvector import PVectors, p_vectors
from ..samples import MAX_SAMPLES, Samples, read_samples
from .measured import Measured
from .registry import measure

RANK_ONE = 1e-3  # sigma_2 / sigma_1 that float32 rounding can leave of a matrix of rank one
EQUAL = 1e-6  # relative spread of the entries of a P-vector that are all the same


@measure(
    "angle",
    higher_means="larger gap",
    bounds=(0.0, 90.0),
    unit="degrees",
    cost="one forward pass over the samples",
    source="Exploring the common principal subspace of deep features in neural networks, sections 3 and 5",
)
def angle_to_data(
    model: Any,
    dataset: Any,
    *,
    max_samples: int | None = MAX_SAMPLES,
    layer: str = "features",
    center_features: bool = False,
    center_data: bool = False,
    output: str | int | None = None,
) -> Measured:
    """Angle in degrees, in [0, 90], between the model P-vector and the data P-vector of the training samples.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module`.
    dataset : what `complexity.samples.read_samples` takes.
    max_samples : only the first so many samples are used; None for all.
    layer : "features", as in the paper; "logits" to have the network's outputs in their place; "first layer" for the
        output of the first dense or convolutional one; the name of a layer for its input, or "NAME:output";
        `complexity.layers` lists them.
    center_features, center_data : subtract column means of the features or of the inputs first.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The angle; its details hold the number of samples, the layer with its width (columns of the feature matrix) and
    precision, both settings, and for either P-vector spectral gap, residual and estimated angle error.

    Raises
    ------
    InputError
        For fewer than two samples, inputs or features that are not finite or all zero, or another layer.
    """
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    if len(samples) < 2:
        raise InputError("an angle needs more samples", field="dataset", expected="at least 2", found=len(samples))
    if samples.truncated and max_samples == MAX_SAMPLES:
        text = f"only the first {MAX_SAMPLES} samples are used; max_samples=None uses all"
        warn(text)
    data = data_p_vector(samples, center_data)
    matrix = feature_matrix(network, samples.inputs, layer=layer)
    features = _model_p_vector(network, matrix, layer, center_features)
    warn_if_doubtful(data, "the inputs", network.name)
    warn_if_doubtful(features, f"the {layer}", network.name)
    warn_of_probabilities(layer, matrix, network.name)
    found = look(network, layer, samples.inputs)
    for doubt in found.doubts if found else ():
        warn(f"{network.name}: {doubt}")
    degrees = float(angle(features.vectors[:, 0], data.vectors[:, 0]))
    details = {
        "samples": len(samples),
        "layer": layer,
        **(found.details if found else {}),
        "layer_width": width_of(matrix),
        "center_features": center_features,
        "center_data": center_data,
        "features": _summary(features),
        "data": _summary(data),
    }
    return Measured(degrees, details)


def data_p_vector(samples: Samples, center: bool = False) -> PVectors:
    """The data P-vector, computed once for a data set (section 5 of the paper).

    Raises
    ------
    InputError
        If the inputs determine none: all are zero, or with `center` all are the same.
    """
    try:
        return samples.remembered(("P-vector", center), lambda read: p_vectors(read.matrix(), center=center))
    except InputError as error:
        raise error.replaced(field="inputs") from error


def warn_if_doubtful(found: PVectors, what: str, model: str) -> None:
    """Warn, naming the model, where a P-vector is ill-determined or comes from rows that are all the same."""
    if not found.converged[0]:
        text = f"{model}: the P-vector of {what} is not well determined: {found.reason[0]}"
        warn(f"{text} (error about {found.angle_error[0]:.3g} degrees)")
    vector, values = np.abs(found.vectors[:, 0]), found.singular_values
    if values[1] <= RANK_ONE * values[0] and np.ptp(vector) <= EQUAL * vector.max():
        text = f"{model}: {what} are constant: the same row for every sample"
        warn(text)


def _model_p_vector(network: TrainedModel, matrix: Any, layer: str, center: bool) -> PVectors:
    try:
        return p_vectors(matrix, center=center)
    except InputError as error:
        raise error.replaced(model=network.name, field=layer) from error


def _summary(found: PVectors) -> dict[str, Any]:
    return {
        "spectral_gap": float(found.spectral_gap[0]),
        "residual": float(found.residual[0]),
        "angle_error": float(found.angle_error[0]),
        "explained_variance_ratio": float(found.explained_variance_ratio[0]),
        "converged": bool(found.converged[0]),
        "route": found.route,
    }
