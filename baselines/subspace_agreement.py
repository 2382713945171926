"""How much the principal subspace of a layer has in common with that of the data, the labels, or of other samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.images.drawn_images import Drawn, draw
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.measures.subspaces import clean_values, number_of_vectors, warn_of_rank
from complexity.models import adapt
from complexity.models.tensors import Array
from complexity.pvectors.principal_subspace import Frame, overlap, principal_directions, principal_subspace
from complexity.samples import MAX_SAMPLES, check_counts, read_samples
from complexity.timing import DECOMPOSITION, phase

Pair = Callable[[Array, Drawn, int, bool], tuple[Frame, Frame]]


@measure(
    "subspace_agreement",
    higher_means="smaller gap",
    bounds=(0.0, 1.0),
    needs=("images", "labels"),
    unit="share",
    cost="one forward pass over 1,000 samples",
    source="of this project, an experiment, after the P-vectors of sections 3 and 5 of the paper",
)
def subspace_agreement(
    model: Any,
    dataset: Any,
    *,
    reference: str = "data",
    layer: str = "features",
    k: int | None = None,
    center: bool = True,
    max_samples: int | None = 1000,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """(1/k) sum of cos^2 of the principal angles between the top k subspace of a layer and that of a reference.

    With "data" and k = 1 it is cos^2 of the measure `angle`, of drawn samples. A direction that the layer or the
    reference lacks counts 0. The labels' subspace is taken whole, whatever k: c directions of c classes, c - 1 centred.

    The direction is a guess. Nearer to the data is the paper's for `angle`; that features which follow the labels, or
    that are the same for other samples, go with a smaller gap is plausible and no more.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module`.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    reference : "data", the top left singular vectors of the inputs; "labels", the space of the one-hot indicators of
        the classes; "halves", the directions of the layer's space (right singular vectors) from one half of each class
        against those from the other half.
    layer : "features" (section 3 of the paper), "logits", "first layer", the name of a layer for its input, or
        "NAME:output". A wide layer costs memory: the samples' values there are held in float64.
    k : how many P-vectors; None for one less than there are classes in the data set.
    center : subtract column means of both matrices first.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000). Time grows with its square.
    seed : of the draw.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The share; its details hold the ranks that were found and the settings in use.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, one class alone with no k, values at the
        layer that are not finite, and settings out of range.
    """
    check_counts(max_samples=max_samples)
    pair = pair_of(reference)
    network, samples = adapt(model, output), read_samples(dataset, MAX_SAMPLES)
    drawn = draw(samples, max_samples, seed)
    k = number_of_vectors(k, samples.class_numbers(), len(drawn) // (2 if pair is halves else 1))
    features = clean_values(network, drawn, layer)
    with phase(DECOMPOSITION):
        own, other = pair(features, drawn, k, center)
    warn_of_rank(network, f"the {layer}", own.shape[1], k)
    details = {
        "reference": reference,
        "layer": layer,
        "layer_width": features.shape[1],
        "k": k,
        "rank": own.shape[1],
        "reference_rank": other.shape[1],
        "center": center,
        "samples": len(drawn),
        "available": drawn.available,
    }
    return Measured(overlap(own, other, k), details)


def data(features: Array, drawn: Drawn, k: int, center: bool) -> tuple[Frame, Frame]:
    """The principal subspaces of features (n, d) and of the images: (n, r) and (n, s), r and s at most k."""
    images = drawn.images.reshape(len(drawn), -1)
    return principal_subspace(features, k, center=center), principal_subspace(images, k, center=center)


def labels(features: Array, drawn: Drawn, k: int, center: bool) -> tuple[Frame, Frame]:
    """The principal subspace of features (n, d), and that which the classes' indicators span: (n, r) and (n, s).

    All of the latter: classes of one size tie, so that fewer directions would be any.
    """
    indicators = (drawn.labels[:, None] == np.unique(drawn.labels)).astype(np.float64)
    whole = principal_subspace(indicators, indicators.shape[1], center=center)
    return principal_subspace(features, k, center=center), whole


def halves(features: Array, drawn: Drawn, k: int, center: bool) -> tuple[Frame, Frame]:
    """The principal directions of features (n, d) from either half of the samples: (d, r) and (d, s)."""
    order = np.argsort(drawn.labels, kind="stable")  # every second one is half of each class
    first, second = (principal_directions(features[order[at::2]], k, center=center) for at in (0, 1))
    return first, second


REFERENCES: dict[str, Pair] = {"data": data, "labels": labels, "halves": halves}


def pair_of(reference: str) -> Pair:
    """What computes the two subspaces.

    Raises
    ------
    InputError
        If there is no such reference.
    """
    if reference not in REFERENCES:
        expected = f"one of {', '.join(REFERENCES)}"
        raise InputError("no such reference", field="reference", expected=expected, found=reference)
    return REFERENCES[reference]
