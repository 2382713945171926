"""Variation of the penultimate layer with mixup (VPM), the entry of the competition's third-placed team."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.images.drawn_images import Change, Drawn, draw
from complexity.measures.label_variation import balanced_rows, nearest_neighbours, normalized_variation
from complexity.measures.measured import Measured
from complexity.measures.mixed_losses import standard_error
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.models.outputs import check_classes
from complexity.progress import counted
from complexity.samples import MAX_SAMPLES, check_counts, read_samples

BETA = 2.0  # of the distribution of the mixing weights, as in the authors' code


@measure(
    "penultimate_mixup_variation",
    higher_means="larger gap",
    bounds=(0.0, 0.25),
    needs=("images", "labels"),
    cost="forward passes over 10 times 500 samples, and their distances",
    source="Lassance et al., Ranking Deep Learning Generalization Using Label Variation in Latent Geometry Graphs, "
    "arXiv:2011.12737; github.com/cadurosar/pgdl",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    rounds: int = 10,
    max_samples: int = 500,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Median over rounds of the variation of mixed labels between nearest neighbours in the features of mixed samples.

    Each sample is mixed with any other one, of whatever class, l x_i + (1 - l) x_j with l from the Beta distribution
    (2, 2), and its label y as well. In the features each mixed sample leads to the one that makes the smallest angle
    with it. Of this graph A, with the sums D of its rows, the variation is tr(Y^T (I - D^-1/2 A D^-1/2) Y) / 4n, no
    less than 0.

    Theirs was run with 1 and with 80 rounds. They take the input of the last layer; here it is that of the last dense
    or convolutional layer that acts on the output.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    rounds : how often the samples are mixed, at least 2.
    max_samples : at most so many are drawn, the same number of each class.
    seed : of the draw and of the mixing.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The median; its details hold the variation of each round and the standard error of their mean.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, features that are not finite, and settings
        out of range.
    """
    check_counts(rounds=rounds, max_samples=max_samples, optional=False)
    network = adapt(model, output)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), None, seed)
    rows = balanced_rows(drawn.labels, max_samples)
    drawn = replace(drawn, images=drawn.images[rows], labels=drawn.labels[rows], keys=drawn.keys[rows])
    check_classes(drawn.labels, drawn.outputs(network), network.name)
    found = []
    for number in counted(range(rounds), "rounds", rounds):
        change, targets = mixed(drawn, np.random.default_rng((seed, number)))
        features = drawn.through(network.features, change)
        if not np.isfinite(features).all():
            raise InputError("an entry is NaN or infinite", model=network.name, field="features")
        found.append(normalized_variation(nearest_neighbours(features), targets))
    details = {
        "variations": found,
        "standard_error": standard_error(np.array(found)),
        "samples": len(drawn),
        "available": drawn.available,
        "rounds": rounds,
    }
    return Measured(float(np.median(found)), details)


def mixed(drawn: Drawn, rng: np.random.Generator) -> tuple[Change, NDArray[np.float64]]:
    """A change that mixes each sample with another one, and what becomes of the one-hot labels: (n, classes)."""
    others, weights = rng.permutation(len(drawn)), rng.beta(BETA, BETA, len(drawn))
    labels = np.eye(drawn.labels.max() + 1)[drawn.labels]
    targets = weights[:, None] * labels + (1 - weights)[:, None] * labels[others]
    shares = weights.astype(np.float32)[:, None, None, None]
    return lambda part: shares[part] * drawn.images[part] + (1 - shares[part]) * drawn.images[others[part]], targets
