"""The norm of the Jacobian of the logits with respect to intermediate layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt, counted_batches
from complexity.models.inputs import take
from complexity.samples import read_samples

SAMPLES = 528  # the kit takes 33 batches of 16


@measure(
    "jacobian_norm",
    higher_means="larger gap",
    needs=("gradients",),
    order_free=False,
    cost="a backward pass a sample and class",
    source="the starter kit's baseline; Table 1 of the paper",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    max_samples: int | None = SAMPLES,
    batch_size: int = 16,
    output: str | int | None = None,
) -> Measured:
    """Mean over layers of the mean squared entry of d logits / d layer input, over the first training samples.

    A layer is what holds no other layers, activation, pooling and flattening included. Exact: the rows of the
    Jacobians of all layers come from one pass backward a class. The kit averages over batches of 16, whose last may
    be shorter; this is the mean over samples.

    Where samples have several inputs, the layers that are given them take part each, so that all floating point inputs
    count together; so does every tensor of a layer that is given several, as one that adds or concatenates. Whole
    numbers, such as the numbers of tokens, have no derivative: the layers that are given them are passed over, and the
    details name these inputs.

    Parameters
    ----------
    dataset : what `complexity.samples.read_samples` takes; samples may have several inputs.
    max_samples : only the first so many samples are used; None for all.
    batch_size : samples that are differentiated at a time; bounds the memory and does not change the value beyond
        rounding.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For a batch size below 1, a network none of whose layers is given floating point numbers, or a model whose
        framework gives no gradients here (Keras on JAX).
    """
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    parts = (take(samples.inputs, rows) for rows in counted_batches(len(samples), batch_size))
    layers = np.concatenate([network.squared_jacobians(part) for part in parts]).mean(axis=0, dtype=np.float64)
    details = {"samples": len(samples), "layers": layers.tolist()}
    if left_out := network.integer_inputs(samples.inputs):
        details["inputs_left_out"] = left_out
    return Measured(layers.mean(), details)
