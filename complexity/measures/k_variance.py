"""Margins over the optimal transport between halves of each class (Chuang et al., 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..models import TrainedModel, counted_batches, features
from ..models.inputs import first_rows, map_parts, take
from ..models.tensors import Array
from ..progress import counted
from ..samples import Samples
from .classification import check_labels
from .margins import main_layers, margins_at
from .measured import Measured

TINY = 1e-6  # added to a gradient's norm, as in the authors' code


@dataclass(frozen=True)
class OfClass:
    """What is known of the samples of one class.

    Attributes
    ----------
    margins, gradient_norms : (n,) see `Margins`.
    k_variance : the transport cost between two halves of the class; None for a class of one.
    """

    margins: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]
    k_variance: float | None


def k_variance_margin(
    network: TrainedModel, samples: Samples, layer: str | None, seed: int, *, by_gradient: bool
) -> Measured:
    """Median margin over the classes' mean k-variance, with its Lipschitz constant; or each margin by its gradient.

    Parameters
    ----------
    layer : whose values are meant; None for the input of the second dense or convolutional layer.
    by_gradient : whether each margin is divided by the norm of its own gradient, in place of the classes' largest.

    Raises
    ------
    InputError
        If the network gives no gradients, the labels fit no output, an output is not finite, no class has two samples,
        or the samples of every class are the same at the layer.
    """
    labels = check_labels(network, samples)
    layer = layer or (main_layers(network, first_rows(samples.inputs, 4))[:2])[-1]
    rng, numbers = np.random.default_rng(seed), np.unique(labels)
    orders = [rng.permutation(np.flatnonzero(labels == one)) for one in numbers]
    classes = [of_class(network, samples, layer, rows) for rows in counted(orders, "classes", len(orders))]
    margins, norms = (np.concatenate([getattr(one, name) for one in classes]) for name in ("margins", "gradient_norms"))
    known = [one for one in classes if one.k_variance is not None]
    if not known:
        raise InputError("no two samples are of one class", field="labels", expected="classes of 2 or more samples")
    weights = np.array([len(one.margins) for one in known]) / sum(len(one.margins) for one in known)
    scales = [1.0 if by_gradient else float(one.gradient_norms.max()) for one in known]
    variances = np.array([one.k_variance for one in known])
    divisor = float(np.sum(weights * variances * scales))
    if not divisor > 0:
        problem = "at the layer the samples of each class are the same, or have no gradients: nothing to divide by"
        raise InputError(problem, model=network.name, field="layer", found=layer)
    margin = float(np.median(margins / (norms + TINY) if by_gradient else margins))
    details = {
        "median_margin": margin,
        "divisor": divisor,
        "k_variances": {str(one): found.k_variance for one, found in zip(numbers, classes, strict=True)},
        "layer": layer,
        "samples": len(samples),
    }
    return Measured(margin / divisor, details)


def of_class(network: TrainedModel, samples: Samples, layer: str, rows: NDArray[np.intp]) -> OfClass:
    """The margins of these samples, and the transport cost between their two halves."""
    inputs, labels = map_parts(lambda part: part[rows], samples.inputs), samples.class_numbers()[rows]
    found, values = [], []
    for part in counted_batches(len(rows), features.batch_size(inputs)):
        batch = take(inputs, part)
        found.append(margins_at(network, layer, batch, labels[part]))
        values.append(network.values_at(layer, batch))
    differences, norms = (
        np.concatenate([getattr(one, name) for one in found]) for name in ("differences", "gradient_norms")
    )
    half = len(rows) // 2
    points = np.concatenate(values)
    return OfClass(differences, norms, transport_cost(points[:half], points[half : 2 * half]) if half else None)


def transport_cost(first: Array, second: Array) -> float:
    """The Wasserstein-1 distance between two sets of as many points, (k, d) each: a best assignment, exactly."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    costs = cdist(first.astype(np.float64), second.astype(np.float64))
    return float(costs[linear_sum_assignment(costs)].mean())
