"""Variation rate (VR), of the third-placed team: how much the variation of labels changes from layer to layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.measures.classification import check_labels
from complexity.measures.label_variation import Matrix, cosine_graph, weight_between_classes
from complexity.measures.layer_values import leaf_layers, values_at, with_rows
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import TrainedModel, adapt
from complexity.models.inputs import Inputs, take
from complexity.models.layers import LOGITS
from complexity.progress import counted
from complexity.samples import check_counts, read_samples

GRAPH = 500  # samples of a graph
PER_SAMPLE = 200  # the authors divide by 100,000 for 500 samples


@measure(
    "variation_rate",
    higher_means="larger gap",
    needs=("labels",),
    order_free=False,
    cost="three forward passes over 5,500 samples, and the cosines within each 500 of them",
    source="Lassance et al., Ranking Deep Learning Generalization Using Label Variation in Latent Geometry Graphs, "
    "arXiv:2011.12737; github.com/cadurosar/pgdl",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    neighbours: int = 20,
    max_samples: int | None = 5500,
    output: str | int | None = None,
) -> Measured:
    """Mean change of the labels' variation between the inputs of the last two layers and the output.

    Of 500 samples at a time each is joined with the 20 whose values have the largest cosine with its own, in both
    directions; the weight is that cosine, or 0 where it is negative. The variation is the sum of the weights between
    samples of different classes, over 200 n. The rate is the mean absolute difference between layers that follow each
    other; the value its median over the graphs. A layer is what holds no other layers.

    A rest below 500 samples is left out, as in the authors' code, but for data sets that have no more.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    neighbours : with how many others a sample is joined.
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The median; its details hold the mean variation at each of the layers and the number of graphs.

    Raises
    ------
    InputError
        For no labels or such as fit no output, values that are not finite, and fewer than two samples.
    """
    check_counts(max_samples=max_samples)
    check_counts(neighbours=neighbours, least=1, optional=False)
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    labels = check_labels(network, samples)
    if len(samples) < 2:
        raise InputError("neighbours need more samples", field="dataset", expected="at least 2", found=len(samples))
    last = leaf_layers(network, samples.inputs)[-2:]
    places, graphs = [*with_rows(network, last, samples.inputs), LOGITS], max(1, len(samples) // GRAPH)
    found = []
    for number in counted(range(graphs), "graphs", graphs):
        rows = slice(GRAPH * number, GRAPH * (number + 1))
        part, classes = take(samples.inputs, rows), labels[rows]
        between = [weight_between_classes(graph_at(network, one, part, neighbours), classes) for one in places]
        found.append(np.array(between) / (PER_SAMPLE * len(classes)))
    rates = [np.abs(np.diff(one)).mean() for one in found]
    details = {
        "variations": dict(zip(places, np.mean(found, axis=0).tolist(), strict=True)),
        "graphs": graphs,
        "samples": min(GRAPH * graphs, len(samples)),
    }
    return Measured(float(np.median(rates)), details)


def graph_at(network: TrainedModel, layer: str, inputs: Inputs, neighbours: int) -> Matrix:
    """The graph of samples by their values at a layer: (n, n)."""
    return cosine_graph(values_at(network, layer, inputs), neighbours)
