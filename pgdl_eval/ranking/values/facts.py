"""What a model is, apart from any measure: training accuracy, size, the layer taken with its width and spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.measures.measured import Measured
from complexity.models import TrainedModel, adapt
from complexity.models.features import feature_matrix, width_of
from complexity.models.inputs import first_rows, map_parts
from complexity.models.layers import FEATURES
from complexity.pvectors.pvector import p_vectors
from complexity.samples import Samples, read_samples

ACCURACY_SAMPLES, OTHER_SCALE_SAMPLES, WIDTH_SAMPLES = 5000, 500, 2000
TRAINED = 0.9  # training accuracy below which other scales of the inputs are tried


def facts(model: Any, dataset: Any) -> Measured:
    """The number of parameters; its details hold what else there is, and why something is not there.

    `training_accuracy`, `outputs`, `layer`, `layer_width`, `spectral_gap` (sigma_1 - sigma_2) / sigma_1 of the
    features, `determined` (whether their P-vector is), `outputs_left_out` that are no part of the network, and
    `other_scales`: where the accuracy is below 0.9, what it is with the inputs brought to other scales.
    """
    network, samples = adapt(model), read_samples(dataset)
    details: dict[str, Any] = {}
    for add in (_of_outputs, _of_layer):
        try:
            details |= add(network, samples)
        except InputError as error:
            details[f"no{add.__name__.removeprefix('_of')}"] = str(error)
    return Measured(float(sum(array.size for array in network.weights())), details)


def scales(inputs: Any) -> dict[str, Any]:
    """The inputs as they might have been in training, by how one gets there; only where they are one array.

    Divided, or multiplied, by 255, to [-1, 1], and with the mean 0 and the deviation 1.
    """
    if not isinstance(inputs, np.ndarray):
        return {}
    values = inputs.astype(np.float32)
    low, high, mean, deviation = (float(one) for one in (values.min(), values.max(), values.mean(), values.std()))
    found: dict[str, Any] = {}
    if high > 1.5:
        found["0,255"] = values / 255
        found["127.5,127.5"] = values / 127.5 - 1
    if high <= 1.5 and low >= 0:
        found["0,0.00392157"] = values * 255
        found["0.5,0.5"] = 2 * values - 1
    if deviation > 0:
        found[f"{mean:.6g},{deviation:.6g}"] = (values - mean) / deviation
    return found


def _of_outputs(network: TrainedModel, samples: Samples) -> dict[str, Any]:
    few = samples.first(ACCURACY_SAMPLES)
    if few.labels is None:
        return {"outputs": int(network.logits(first_rows(samples.inputs, 1)).shape[1])}
    logits = np.asarray(feature_matrix(network, few.inputs, layer="logits"))
    found: dict[str, Any] = {"outputs": int(logits.shape[1])}
    if logits.shape[1] < 2:
        return found
    accuracy = _accuracy(logits, few.labels)
    found["training_accuracy"] = accuracy
    if accuracy < TRAINED:
        some = samples.first(OTHER_SCALE_SAMPLES)
        found["other_scales"] = {
            how: _accuracy(feature_matrix(network, inputs, layer="logits"), some.labels)
            for how, inputs in scales(some.inputs).items()
        }
    return found


def _accuracy(logits: Any, labels: Any) -> float:
    return float(np.mean(np.asarray(logits).argmax(axis=1) == labels))


def _of_layer(network: TrainedModel, samples: Samples) -> dict[str, Any]:
    few = map_parts(lambda part: part[:WIDTH_SAMPLES], samples.inputs)
    matrix = feature_matrix(network, few)
    found = p_vectors(matrix)
    left_out = {"outputs_left_out": list(network.left_out)} if network.left_out else {}
    return left_out | {
        "layer": network.look(FEATURES, few).place.layer,
        "layer_width": width_of(matrix),
        "spectral_gap": float(found.spectral_gap[0]),
        "determined": bool(found.converged[0]),
    }
