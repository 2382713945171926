"""How far the classes are apart in the features: the Davies-Bouldin index."""

from __future__ import annotations

from typing import Any

from complexity.measures.classification import check_labels
from complexity.measures.clusters import davies_bouldin
from complexity.measures.layer_values import values_at
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.samples import read_samples


@measure(
    "class_separation",
    higher_means="larger gap",
    needs=("labels",),
    order_free=False,
    cost="a forward pass over 1,000 samples",
    source="Davies and Bouldin, A Cluster Separation Measure, 1979; of features as in Natekar and Sharma, "
    "arXiv:2012.02775",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    layer: str = "features",
    max_samples: int | None = 1000,
    output: str | int | None = None,
) -> Measured:
    """Mean over classes of the largest (s_i + s_j) / |c_i - c_j| in the features; small for classes that are apart.

    c is a class's centroid and s the mean distance to it. The index of `mixup_davies_bouldin` at the other end of the
    network, without pooling and of all samples at once.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    layer : "features", "logits", the name of a layer for its input, or "NAME:output".
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For no labels or such as fit no output, one class alone, and features that are not finite.
    """
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    labels = check_labels(network, samples)
    values = values_at(network, layer, samples.inputs)
    details = {"layer": layer, "layer_width": values.shape[1], "samples": len(values)}
    return Measured(davies_bouldin(values, labels), details)
