"""The constrained margin: how far samples are from the decision boundary along the data's principal components."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.classification import Classified, checked
from complexity.measures.measured import Measured
from complexity.measures.mixed_losses import standard_error
from complexity.measures.registry import measure
from complexity.models import TrainedModel, adapt, counted_batches, features
from complexity.models.inputs import Inputs, take
from complexity.samples import Samples, check_counts, read_samples

COMPONENTS_FROM = 1000  # samples whose principal components are taken


@measure(
    "constrained_margin",
    higher_means="smaller gap",
    bounds=(0.0, math.inf),
    needs=("gradients", "labels"),
    order_free=False,
    cost="9 backward passes over 500 samples, one for each other class: nearly 20 times the angle of as many samples",
    source="Mouton, Theunissen and Davel, Input Margins Can Predict Generalization Too, AAAI 2024, arXiv:2308.15466",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    components: int | None = None,
    classes: int = 9,
    max_samples: int | None = 500,
    output: str | int | None = None,
) -> Measured:
    """Mean distance to the decision boundary within the span of the first principal components of the training inputs.

    To first order the distance of a sample of class i is min_j (f_i - f_j) / |P grad (f_i - f_j)|, P the projection on
    the components and the gradient that in the input. Only samples that get their own class count. There is no layer to
    choose, and directions along which the data hardly vary do not count, along which margins say little of
    generalization.

    What is otherwise than in the paper: distances are those to first order, which there are the start of an iteration
    after DeepFool; 500 samples in place of 5,000.

    Parameters
    ----------
    model : with gradients (Keras or PyTorch) and one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several floating point inputs.
    components : how many; None for the elbow of the explained variances, as Kneedle finds it: where the falling curve,
        scaled to a unit square, is furthest below the chord of its ends. They are those of the first 1,000 samples.
    classes : so many of the other classes are tried, those with the largest logits.
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean; its details hold its standard error over samples, their number, how many of them get their own class and
    the number of components.

    Raises
    ------
    InputError
        For a network without gradients, inputs that are whole numbers or all the same, no labels or such as fit no
        output, outputs that are not finite, no sample that gets its own class, and settings out of range.
    """
    check_counts(components=components, least=1)
    check_counts(classes=classes, least=1, optional=False)
    network, samples = adapt(model, output), read_samples(dataset)
    basis = samples.remembered("principal components", principal_components)
    count = elbow(basis.variances) if components is None else min(components, len(basis.variances))
    used = samples.first(max_samples)
    found = [
        distances(network, take(used.inputs, rows), used.class_numbers()[rows], basis.directions[:count], classes)
        for rows in counted_batches(len(used), features.batch_size(used.inputs))
    ]
    right = np.concatenate(found)
    if not len(right):
        problem = "no sample gets its own class: there are no margins"
        raise InputError(problem, model=network.name, field="labels", expected="some that the network gets right")
    details = {
        "standard_error": standard_error(right) if len(right) > 1 else None,
        "components": count,
        "right": len(right),
        "samples": len(used),
    }
    return Measured(float(right.mean()), details)


@dataclass(frozen=True)
class Basis:
    """Principal components.

    Attributes
    ----------
    directions : (components, d), orthonormal rows in the order of their variances.
    variances : (components,) of the samples along them.
    """

    directions: NDArray[np.float64]
    variances: NDArray[np.float64]


def principal_components(samples: Samples) -> Basis:
    """Those of the first 1,000 samples, as far as these vary.

    Raises
    ------
    InputError
        If all samples are the same.
    """
    matrix = samples.first(COMPONENTS_FROM).matrix().astype(np.float64)
    centred = matrix - matrix.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    kept = singular > singular[0] * max(centred.shape) * np.finfo(float).eps
    if not singular[0] > 0:
        raise InputError("all samples are the same: there are no principal components", field="inputs")
    return Basis(directions[kept], singular[kept] ** 2 / len(matrix))


def elbow(variances: NDArray[np.float64]) -> int:
    """How many come before a falling curve bends: the number of the point that is furthest below the chord of its ends.

    Satopaa et al., Finding a "Kneedle" in a Haystack, 2011, without smoothing, since there is no noise from one
    component to the next.
    """
    if len(variances) < 3 or variances[0] == variances[-1]:
        return len(variances)
    height = (variances - variances[-1]) / (variances[0] - variances[-1])
    return 1 + int(np.argmax(1 - np.linspace(0, 1, len(variances)) - height))


def distances(
    network: TrainedModel, inputs: Inputs, labels: NDArray[np.integer], directions: NDArray[np.float64], classes: int
) -> NDArray[np.float64]:
    """To first order, those of the samples of a batch that get their own class: (at most b,)."""
    found = checked(network, network.logits(inputs), labels)
    ordered = np.argsort(-found.logits, axis=1, kind="stable")
    others = ordered[ordered != labels[:, None]].reshape(len(labels), -1)[:, :classes]
    tried = [to_class(network, inputs, found, other, directions) for other in others.T]
    nearest = np.min(tried, axis=0)[found.right()]
    if not np.isfinite(nearest).all():
        problem = "outputs do not change along the principal components: there is no boundary to measure to"
        raise InputError(problem, model=network.name, field="gradients", expected="none that are zero there")
    return np.asarray(nearest)


def to_class(
    network: TrainedModel,
    inputs: Inputs,
    found: Classified,
    other: NDArray[np.integer],
    directions: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Distances to the boundary with another class each, infinite where nothing leads there: (b,)."""
    rows, coefficients = np.arange(len(other)), np.zeros(found.logits.shape, np.float32)
    coefficients[rows, found.labels], coefficients[rows, other] = 1, -1
    gradients = network.logit_gradients(inputs, coefficients).astype(np.float64)
    difference = found.logits[rows, found.labels] - found.logits[rows, other]
    norms = np.linalg.norm(gradients @ directions.T, axis=1)
    return np.asarray(np.divide(difference, norms, out=np.full(len(other), np.inf), where=norms > 0))
