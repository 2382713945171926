"""The measure that won the competition: separation of the classes in the first layer, times loss between samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.images.drawn_images import Change, Drawn, draw
from complexity.images.perturbation import mixing
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import TrainedModel, adapt
from complexity.models.tensors import Array
from complexity.progress import counted
from complexity.samples import MAX_SAMPLES, check_counts, read_samples

GROUP = 120  # samples of one index: the authors join 3 batches of 40
POOL = 4
LOSSES = ("cross_entropy", "error")


@measure(
    "mixup_davies_bouldin",
    higher_means="larger gap",
    needs=("images", "labels"),
    cost="forward passes over 4 times the samples, 1,200 by default",
    source="Natekar and Sharma, Representation Based Complexity Measures for Predicting Generalization in Deep "
    "Learning, arXiv:2012.02775; github.com/parthnatekar/pgdl",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    loss: str = "cross_entropy",
    max_samples: int | None = 1200,
    rounds: int = 3,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Davies-Bouldin index of the first convolution's output, 4 x 4 max-pooled, times the mean loss on mixed samples.

    A mixed sample is 0.5 x_i + 0.5 x_j of two samples of one class. Both factors are small for a network that
    generalizes: classes that are apart early, and the right answer between samples.

    What is otherwise than in the authors' published code (its last version):

    * The loss is the cross-entropy; theirs is the share of mixed samples that get another class ("error" here), after
      an earlier version with the cross-entropy.
    * Samples are drawn by their content; theirs are the first ones of a shuffled buffer, and for the loss those at the
      head of the data set. The index is theirs: the mean over 10 groups of 120.
    * Each sample is mixed with some others of its class; theirs takes all pairs in ten batches of ten samples a class,
      and averages by class first, without the classes that have fewer than two samples in any batch.
    * The layer is the first dense or convolutional one that runs; theirs the first of three layers that has strides, a
      pooling layer too. Maps below 4 x 4 are pooled whole and dense layers not at all, where theirs fails or gives NaN.
      In PyTorch the output has no activation yet; in Keras, as theirs, it has that of the layer.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module` with one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    loss : "cross_entropy" or "error", of the mixed samples.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    rounds : how often each sample is mixed, at least 2.
    seed : of the draw and of the mixing.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The product; its details hold both factors, the other loss, and the standard errors of the factors over groups
    and over rounds.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, one class alone, no two samples of a class,
        outputs that are not finite, and settings out of range.
    """
    check_counts(max_samples=max_samples, rounds=rounds)
    if loss not in LOSSES:
        raise InputError("no such loss", field="loss", expected=" or ".join(LOSSES), found=loss)
    network = adapt(model, output)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), max_samples, seed)
    points = drawn.through(lambda images: pooled(network.first_layer(images)), drawn.unchanged)
    indices = group_indices(points, drawn)
    changes = counted(mixing(drawn, rounds, seed), "rounds", rounds)
    losses = np.stack([mixed_losses(network, drawn, change) for change in changes])
    means = dict(zip(LOSSES, losses.mean(axis=0).tolist(), strict=True))
    details = {
        "davies_bouldin": float(indices.mean()),
        "davies_bouldin_standard_error": _standard_error(indices),
        **means,
        "loss_standard_error": _standard_error(losses[:, LOSSES.index(loss)]),
        "loss": loss,
        "layer": "first dense or convolutional layer, pooled",
        "layer_width": points.shape[1],
        "samples": len(drawn),
        "groups": len(indices),
        "rounds": rounds,
    }
    return Measured(indices.mean() * means[loss], details)


def pooled(output: Array) -> Array:
    """Maps (b, h, w, channels), max-pooled by 4 x 4 without a remainder; all of it flattened: (b, d)."""
    if output.ndim == 4:
        rows, columns = (min(POOL, side) for side in output.shape[1:3])
        b, h, w = len(output), output.shape[1] // rows, output.shape[2] // columns
        whole = output[:, : h * rows, : w * columns]
        output = whole.reshape(b, h, rows, w, columns, -1).max(axis=(2, 4))
    return output.reshape(len(output), -1)


def group_indices(points: Array, drawn: Drawn) -> NDArray[np.float64]:
    """The Davies-Bouldin index of each group of about 120 samples: (groups,)."""
    groups = np.array_split(np.arange(len(points)), max(1, len(points) // GROUP))
    return np.array([davies_bouldin(points[rows], drawn.labels[rows]) for rows in groups])


def davies_bouldin(points: Array, labels: NDArray[np.integer]) -> float:
    """Mean over classes of the largest (s_i + s_j) / |c_i - c_j|: s the mean distance to the class's centroid c.

    Own, since a submission has NumPy and SciPy alone; scikit-learn's `davies_bouldin_score` is the same. Centroids
    that coincide are passed over, as there (Davies and Bouldin, "A cluster separation measure", 1979).

    Parameters
    ----------
    points, labels : (n, d) and (n,).

    Raises
    ------
    InputError
        For fewer than two classes.
    """
    from scipy.spatial.distance import cdist

    classes = [points[labels == one].astype(np.float64) for one in np.unique(labels)]
    if len(classes) < 2:
        raise InputError("one class alone has no neighbour", field="labels", expected="2 classes", found=len(classes))
    centroids = np.stack([members.mean(axis=0) for members in classes])
    pairs = zip(classes, centroids, strict=True)
    spread = np.array([np.linalg.norm(members - centroid, axis=1).mean() for members, centroid in pairs])
    distances = cdist(centroids, centroids)
    distances[distances == 0] = np.inf
    return float(np.max((spread[:, None] + spread) / distances, axis=1).mean())


def mixed_losses(network: TrainedModel, drawn: Drawn, change: Change) -> NDArray[np.float64]:
    """Mean cross-entropy of the changed images, and the share of them that gets another class: (2,)."""
    from scipy.special import logsumexp

    logits = drawn.logits(network, change).astype(np.float64)
    own = logits[np.arange(len(drawn)), drawn.labels]
    return np.array([np.mean(logsumexp(logits, axis=1) - own), np.mean(logits.argmax(axis=1) != drawn.labels)])


def _standard_error(values: NDArray[np.float64]) -> float | None:
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
