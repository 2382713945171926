"""Pseudo validation accuracy: training samples, changed at random, stand in for unseen ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..images.drawn_images import Change, Drawn, draw
from ..images.perturbation import Augmentation
from ..models import TrainedModel, adapt
from ..progress import counted
from ..samples import MAX_SAMPLES, check_counts, read_samples
from .measured import Measured
from .registry import measure

AUGMENTED_IMAGES = 2000  # so many go through a network by default, or a little more


@measure(
    "pseudo_validation",
    higher_means="smaller gap",
    bounds=(0.0, 1.0),
    needs=("images", "labels"),
    unit="share",
    cost="forward passes over about 3,000 images",
    source="Table 1 of the paper",
)
def pseudo_validation_accuracy(
    model: Any,
    dataset: Any,
    *,
    seed: int = 0,
    rounds: int | None = None,
    max_samples: int | None = 1000,
    augmentations: str | Sequence[str] = "auto",
    output: str | int | None = None,
) -> Measured:
    """Accuracy on training samples that are augmented at random, in [0, 1].

    Which samples are drawn, and how each is changed, follows from the seed and from the image itself: all models of a
    task meet the same images, in whatever order the data set delivers them.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module` with one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images of any range of values, (n, h, w, c) or
        (n, c, h, w) as the model takes them, with sides of at least 8 pixels and fewer than 8 channels.
    seed : of the draw and of the augmentations.
    rounds : how often each sample is augmented, at least 2; None for as often as gives 2,000 images.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    augmentations : some of `complexity.images.augmentation.AUGMENTATIONS`, "auto" or "geometric": see
        `complexity.images.perturbation.Augmentation`.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean over rounds; its details hold the standard error, the accuracy of each round and that without
    augmentation, the numbers of samples and rounds, the augmentations and the mirror asymmetry of the classes.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, and settings out of range.
    """
    check_counts(rounds=rounds, max_samples=max_samples)
    network = adapt(model, output)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), max_samples, seed)
    augmentation = Augmentation(drawn, augmentations)
    rounds = rounds or max(2, AUGMENTED_IMAGES // len(drawn))
    changes = counted(augmentation.changes(rounds), "rounds", rounds)
    hits = np.stack([_hits(network, drawn, change) for change in changes])
    details = {
        "standard_error": standard_error(hits, drawn.available),
        "accuracy_of_rounds": hits.mean(axis=1).tolist(),
        "clean_accuracy": float(_hits(network, drawn, drawn.unchanged).mean()),
        "samples": len(drawn),
        "available": drawn.available,
        "rounds": len(hits),
        **augmentation.details,
    }
    return Measured(float(np.mean(hits)), details)


def standard_error(hits: NDArray[np.bool_], available: int) -> float:
    """Standard error of the mean of hits (rounds, n) for n samples out of `available`.

    Two-stage sampling: samples without repetition, then augmentations out of infinitely many (Cochran, Sampling
    Techniques, third edition, chapter 10). Where all samples are used only the augmentations are left to chance.
    """
    rounds, n = hits.shape
    between = np.var(hits.mean(axis=0), ddof=1)
    within = np.mean(np.var(hits, axis=0, ddof=1))
    share = n / available
    return math.sqrt((1 - share) * between / n + share * within / (n * rounds))


def _hits(network: TrainedModel, drawn: Drawn, change: Change) -> NDArray[np.bool_]:
    """Which changed images get their own class, by the largest output: (n,)."""
    return np.asarray(drawn.logits(network, change).argmax(axis=1) == drawn.labels)
