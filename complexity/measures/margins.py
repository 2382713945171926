"""Margins of the logits and their gradients, by which distances to the decision boundary are told to first order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..models import TrainedModel
from ..models.inputs import Inputs
from ..models.tensors import Array
from .classification import Classified, checked


@dataclass(frozen=True)
class Margins:
    """Margins of samples, with what they are divided by.

    Attributes
    ----------
    differences : (n,) own logit less the largest of the others.
    gradient_norms : (n,) Euclidean norm of the difference's gradient in the values at a layer.
    """

    differences: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]


def margins_at(network: TrainedModel, layer: str, inputs: Inputs, labels: NDArray[np.integer]) -> Margins:
    """The margins of a batch of samples, and the norms of their gradients at a layer.

    Parameters
    ----------
    layer : "features", "NAME" for the input of a layer, or "NAME:output".

    Raises
    ------
    InputError
        If the network gives no gradients, labels fit no output, or an output is not finite.
    """
    found = checked(network, network.logits(inputs), labels)
    gradients = margin_gradients(network, inputs, found, layer).astype(np.float64)
    return Margins(found.margins(), np.linalg.norm(gradients, axis=1))


def margin_gradients(network: TrainedModel, inputs: Inputs, found: Classified, layer: str | None = None) -> Array:
    """Gradients of (own logit - largest other) in the values at a layer, or in the inputs: (b, d)."""
    rows, coefficients = np.arange(len(found.labels)), np.zeros(found.logits.shape, np.float32)
    coefficients[rows, found.labels], coefficients[rows, found.others()] = 1, -1
    return network.logit_gradients(inputs, coefficients, layer)


def main_layers(network: TrainedModel, inputs: Inputs) -> list[str]:
    """The names of the dense and convolutional layers that run, in the order in which they first do.

    Raises
    ------
    InputError
        If there are none.
    """
    names = list(dict.fromkeys(run.name for run in network.layer_runs(inputs) if run.main))
    if not names:
        raise InputError("no dense or convolutional layer runs", model=network.name, field="layers")
    return names
