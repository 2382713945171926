"""The margin over the classes' k-variance: how sure the network is, against how the classes spread at a layer."""

from __future__ import annotations

import math
from typing import Any

from complexity.measures.k_variance import k_variance_margin
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.samples import read_samples


@measure(
    "k_variance_margin",
    higher_means="smaller gap",
    bounds=(-math.inf, math.inf),
    needs=("gradients", "labels"),
    order_free=False,
    cost="three passes forward and one backward over 2,000 samples, and an assignment for each class",
    source="Chuang et al., Measuring Generalization with Optimal Transport, NeurIPS 2021, arXiv:2106.03314; "
    "github.com/chingyaoc/kV-Margin",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    layer: str | None = None,
    max_samples: int | None = 2000,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Median margin f_y - f_j over sum_c p_c V_c L_c, f_j the largest logit of another class.

    V_c is the k-variance of class c at a layer, here the optimal transport cost (Wasserstein-1) between two random
    halves of its samples; L_c the largest norm of a margin's gradient there, for its Lipschitz constant; p_c its share
    of the samples.

    What is otherwise than in the authors' published code:

    * The sign: theirs is the negative, so that larger means a larger gap.
    * The layer: theirs is the first from the third layer on that has strides ("1st"), or from the ninth on ("8th"),
      pooling included. Here it is by default the second dense or convolutional one that runs.
    * Samples are the first ones; theirs are 200 times the number of classes, at random. Classes of one sample, which
      have no halves, are left out of the divisor.

    Parameters
    ----------
    model : with gradients (Keras or PyTorch) and one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    layer : "features", the name of a layer for its input, or "NAME:output"; None for the input of the second dense or
        convolutional layer that runs (of the only one).
    max_samples : only the first so many samples are used; None for all.
    seed : of the halves.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The quotient; its details hold median margin, divisor, the k-variance of each class, the layer and the number of
    samples.

    Raises
    ------
    InputError
        For a network without gradients, no labels or such as fit no output, outputs that are not finite, no two samples
        of a class, and samples that are all the same at the layer.
    """
    network, samples = adapt(model, output), read_samples(dataset, max_samples)
    return k_variance_margin(network, samples, layer, seed, by_gradient=False)
