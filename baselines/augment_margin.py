"""The augment margin of the competition's winners: how far augmented samples are from the decision boundary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from complexity.images.drawn_images import draw
from complexity.images.perturbation import AUTO, Augmentation
from complexity.measures.changed_margins import changed_margin
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.progress import counted
from complexity.samples import MAX_SAMPLES, check_counts, read_samples


@measure(
    "augment_margin",
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
    augmentations: str | Sequence[str] = AUTO,
    rounds: int = 1,
    max_samples: int | None = 500,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Mean distance of augmented samples to the decision boundary, in units of the first layer's spread.

    A sample's distance is (f_y - f_j) / |grad (f_y - f_j)|, f_y the logit of its own class and f_j the largest of the
    others, the gradient in the output of the first dense or convolutional layer: the distance to the boundary to first
    order (Elsayed et al., Large Margin Deep Networks, arXiv:1803.05598, eq. 3), negative where the class is wrong. The
    mean is divided by the square root of the trimmed mean variance of that output's entries.

    What is otherwise than in the authors' published code (its last version):

    * The sign: theirs is the negative, so that larger means a larger gap.
    * The augmentations: theirs flip, lessen the contrast and zoom in; here they are those of `pseudo_validation`.
    * Samples are drawn by their content; theirs are the first 500 of a shuffled buffer.
    * An earlier version takes the mean of quartiles and whiskers in place of the plain mean.
    * In PyTorch the layer's output has no activation yet; in Keras, as theirs, it has that of the layer.

    Parameters
    ----------
    model : with gradients (Keras or PyTorch) and one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    augmentations : some of `complexity.images.augmentation.AUGMENTATIONS`, "auto" or "geometric": see
        `complexity.images.perturbation.Augmentation`.
    rounds : how often each sample is augmented.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    seed : of the draw and of the augmentations.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean; its details hold its standard error over samples, the share of the augmented samples that get their own
    class, the spread and the augmentations.

    Raises
    ------
    InputError
        For a network without gradients, inputs that are no images, no labels or such as fit no output, outputs that
        are not finite, and settings out of range.
    """
    check_counts(max_samples=max_samples)
    check_counts(rounds=rounds, least=1, optional=False)
    network = adapt(model, output)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), max_samples, seed)
    augmentation = Augmentation(drawn, augmentations)
    value = changed_margin(network, drawn, counted(augmentation.changes(rounds), "rounds", rounds))
    return Measured(value, {**value.details, **augmentation.details})
