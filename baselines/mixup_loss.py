"""The loss on mixed samples: the factor that does most of the work in the measure that won the competition."""

from __future__ import annotations

from typing import Any

from complexity.images.drawn_images import draw
from complexity.measures.measured import Measured
from complexity.measures.mixed_losses import check_loss, mixed_losses
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.samples import MAX_SAMPLES, check_counts, read_samples


@measure(
    "mixup_loss",
    higher_means="larger gap",
    needs=("images", "labels"),
    cost="forward passes over 3 times the samples, 1,200 by default",
    source="a control: the second factor of Natekar and Sharma, Representation Based Complexity Measures for "
    "Predicting Generalization in Deep Learning, arXiv:2012.02775",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    loss: str = "error",
    max_samples: int | None = 1200,
    rounds: int = 3,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Mean loss on 0.5 x_i + 0.5 x_j, for pairs of training samples of one class.

    The factor of `mixup_davies_bouldin` by itself, with the same draws, so that a table shows which factor does the
    work. What is otherwise than in the authors' code stands there.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    loss : "error", the share of mixed samples that get another class, or "cross_entropy".
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    rounds : how often each sample is mixed, at least 2.
    seed : of the draw and of the mixing.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean over rounds; its details hold its standard error and the other loss.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, no two samples of a class, outputs that are
        not finite, and settings out of range.
    """
    check_counts(max_samples=max_samples)
    check_counts(rounds=rounds, optional=False)
    check_loss(loss)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), max_samples, seed)
    losses = mixed_losses(adapt(model, output), drawn, loss, rounds, seed)
    return Measured(losses.mean, {**losses.details, "samples": len(drawn)})
