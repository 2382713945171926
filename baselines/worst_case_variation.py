"""Worst case variation (WCV), of the third-placed team: how labels vary between nearest neighbours in late layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.measures.classification import check_labels
from complexity.measures.label_variation import LAYERS_OF, balanced_rows, nearest_neighbours, normalized_variation
from complexity.measures.layer_values import leaf_layers, values_at, with_rows
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.models.inputs import map_parts
from complexity.progress import counted
from complexity.samples import MAX_SAMPLES, check_counts, read_samples


@measure(
    "worst_case_variation",
    higher_means="larger gap",
    bounds=(0.0, 0.25),
    needs=("labels",),
    order_free=False,
    cost="a forward pass over 500 samples and their distances for each layer of the last third",
    source="Lassance et al., Ranking Deep Learning Generalization Using Label Variation in Latent Geometry Graphs, "
    "arXiv:2011.12737; github.com/cadurosar/pgdl",
)
def complexity(model: Any, dataset: Any, *, max_samples: int = 500, output: str | int | None = None) -> Measured:
    """Largest variation of the labels along a nearest neighbour graph, over the inputs of the last third of the layers.

    At a layer each sample is joined with the one whose values make the smallest angle with its own. Of the graph A,
    made symmetric, with the sums D of its rows and one-hot labels Y, the variation is
    tr(Y^T (I - D^-1/2 A D^-1/2) Y) / 4n: 1/4 where no neighbours are of one class, 0 where all are and have as many
    neighbours as each other, a little more where they have not. A layer is what holds
    no other layers, activation, pooling and flattening included; one more than a third of them are looked at.

    Theirs always takes 50 samples of each of ten classes; here it is as many of each class as make `max_samples`.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    max_samples : at most so many are used, the first ones of each class, the same number of each.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The largest; its details hold the variation at each layer.

    Raises
    ------
    InputError
        For no labels or such as fit no output, values that are not finite, fewer than two samples, and layers none of
        which has a row a sample.
    """
    check_counts(max_samples=max_samples, optional=False)
    network, samples = adapt(model, output), read_samples(dataset, MAX_SAMPLES)
    rows = balanced_rows(check_labels(network, samples), max_samples)
    labels, inputs = samples.class_numbers()[rows], map_parts(lambda part: part[rows], samples.inputs)
    if len(rows) < 2:
        raise InputError("neighbours need more samples", field="dataset", expected="at least 2", found=len(rows))
    names = leaf_layers(network, inputs)
    names, targets = names[-(len(names) // LAYERS_OF + 1) :], np.eye(labels.max() + 1)[labels]
    found = {}
    for name in counted(with_rows(network, names, inputs), "layers"):
        graph = nearest_neighbours(values_at(network, name, inputs))
        found[name] = normalized_variation(np.maximum(graph, graph.T), targets)
    details = {"variations": found, "layers_left_out": [name for name in names if name not in found]}
    return Measured(max(found.values()), {**details, "samples": len(rows)})
