"""The mixup margin of the competition's winners: how far mixed samples are from the decision boundary."""

from __future__ import annotations

import math
from typing import Any

from complexity.images.drawn_images import draw
from complexity.images.perturbation import mixing
from complexity.measures.changed_margins import changed_margin
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.progress import counted
from complexity.samples import MAX_SAMPLES, check_counts, read_samples


@measure(
    "mixup_margin",
    higher_means="smaller gap",
    bounds=(-math.inf, math.inf),
    needs=("gradients", "images", "labels"),
    cost="three passes forward and one backward over 500 samples",
    source="Natekar and Sharma, Representation Based Complexity Measures for Predicting Generalization in Deep "
    "Learning, arXiv:2012.02775; github.com/parthnatekar/pgdl",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    rounds: int = 1,
    max_samples: int | None = 500,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Mean distance to the decision boundary of 0.5 x_i + 0.5 x_j, two samples of one class, in units of a spread.

    Distance and spread are those of `augment_margin`, in the output of the first dense or convolutional layer:
    (f_y - f_j) / |grad (f_y - f_j)| over the square root of the trimmed mean variance of that output's entries.

    What is otherwise than in the authors' published code (its last version):

    * The sign: theirs is the negative, so that larger means a larger gap.
    * Each of 500 samples is mixed with another one of its class among all 500; theirs is mixed within batches of 50,
      where some are mixed with themselves.
    * Samples are drawn by their content; theirs are the first 500 of a shuffled buffer.
    * In PyTorch the layer's output has no activation yet; in Keras, as theirs, it has that of the layer.

    Parameters
    ----------
    model : with gradients (Keras or PyTorch) and one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    rounds : how often each sample is mixed.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    seed : of the draw and of the mixing.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean; its details hold its standard error over samples, the share of the mixed samples that get their own class
    and the spread.

    Raises
    ------
    InputError
        For a network without gradients, inputs that are no images, no labels or such as fit no output, no two samples
        of a class, outputs that are not finite, and settings out of range.
    """
    check_counts(max_samples=max_samples)
    check_counts(rounds=rounds, least=1, optional=False)
    network = adapt(model, output)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), max_samples, seed)
    return changed_margin(network, drawn, counted(mixing(drawn, rounds, seed), "rounds", rounds))
