"""The measure that won the competition: separation of the classes in the first layer, times loss between samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.images.drawn_images import Drawn, draw
from complexity.measures.clusters import davies_bouldin
from complexity.measures.measured import Measured
from complexity.measures.mixed_losses import check_loss, mixed_losses, standard_error
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.models.tensors import Array
from complexity.samples import MAX_SAMPLES, check_counts, read_samples

GROUP, GROUPS = 120, 10  # samples of an index, and indices: the authors join 3 batches of 40, ten times
BUFFER = 5000  # rows among which the authors' shuffling draws
POOL = 4


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
    loss: str = "error",
    repeat: bool = True,
    max_samples: int | None = 1200,
    rounds: int = 3,
    seed: int = 0,
    output: str | int | None = None,
) -> Measured:
    """Davies-Bouldin index of the first convolution's output, 4 x 4 max-pooled, times the mean loss on mixed samples.

    A mixed sample is 0.5 x_i + 0.5 x_j of two samples of one class. Both factors are small for a network that
    generalizes: classes that are apart early, and the right answer between samples. Loss and groups are by default
    those of the authors' published code (its last version): the share of mixed samples that get another class, and the
    mean index of ten groups of 120 rows, for which a small data set is repeated and shuffled.

    What is otherwise than there:

    * Samples are drawn by their content; theirs are the first ones of a shuffled buffer, and for the loss those at the
      head of the data set.
    * Each sample is mixed with some others of its class; theirs takes all pairs in ten batches of ten samples a class,
      and averages by class first, without the classes that have fewer than two samples in any batch.
    * The layer is the first dense or convolutional one that runs; theirs the first of three layers that has strides, a
      pooling layer too. Maps below 4 x 4 are pooled whole and dense layers not at all, where theirs fails or gives NaN.
      In PyTorch the output has no activation yet; in Keras, as theirs, it has that of the layer.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module` with one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    loss : "error", or "cross_entropy" as in an earlier version of theirs, of the mixed samples. Well-trained networks
        often make no error between samples: they are tied at 0.
    repeat : whether fewer than 1,200 samples are repeated to fill ten groups of 120; else each stands in one group of
        about 120, or in the only one.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    rounds : how often each sample is mixed, at least 2.
    seed : of the draw, of the groups and of the mixing.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The product; its details hold both factors, the other loss, and standard errors: of the index over groups (None for
    one), of the loss over rounds, of the product by both. Groups that share samples say less of the data than of the
    draw.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, one class alone, no two samples of a class,
        outputs that are not finite, and settings out of range.
    """
    check_counts(max_samples=max_samples)
    check_counts(rounds=rounds, optional=False)
    check_loss(loss)
    network = adapt(model, output)
    drawn = draw(read_samples(dataset, MAX_SAMPLES), max_samples, seed)
    points = drawn.through(lambda images: pooled(network.first_layer(images)), drawn.unchanged)
    indices = group_indices(points, drawn, groups_of(len(drawn), seed, repeat=repeat))
    losses = mixed_losses(network, drawn, loss, rounds, seed)
    index, error = float(indices.mean()), standard_error(indices) if len(indices) > 1 else None
    parts = ((error or 0.0) * losses.mean, index * losses.standard_error)
    details = {
        "standard_error": None if error is None else math.hypot(*parts),
        "davies_bouldin": index,
        "davies_bouldin_standard_error": error,
        **losses.details,
        "layer": "first dense or convolutional layer, pooled",
        "layer_width": points.shape[1],
        "samples": len(drawn),
        "groups": len(indices),
    }
    return Measured(index * losses.mean, details)


def pooled(output: Array) -> Array:
    """Maps (b, h, w, channels), max-pooled by 4 x 4 without a remainder; all of it flattened: (b, d)."""
    if output.ndim == 4:
        rows, columns = (min(POOL, side) for side in output.shape[1:3])
        b, h, w = len(output), output.shape[1] // rows, output.shape[2] // columns
        whole = output[:, : h * rows, : w * columns]
        output = whole.reshape(b, h, rows, w, columns, -1).max(axis=(2, 4))
    return output.reshape(len(output), -1)


def groups_of(samples: int, seed: int, *, repeat: bool) -> list[NDArray[np.intp]]:
    """The rows of each group: disjoint groups of about 120; of fewer than 1,200 samples ten that share rows.

    Those come as from `dataset.repeat().shuffle(5000).batch(120)` of TensorFlow: each row is drawn from a buffer of
    5,000 rows of the repeated data set, and the next one takes its place.
    """
    if samples >= GROUP * GROUPS or not repeat:
        return np.array_split(np.arange(samples), max(1, samples // GROUP))
    rng, wanted = np.random.default_rng(seed), GROUP * GROUPS
    stream = np.resize(np.arange(samples), BUFFER + wanted)
    buffer, rows = stream[:BUFFER].copy(), np.empty(wanted, np.intp)
    for number, place in enumerate(rng.integers(BUFFER, size=wanted)):
        rows[number], buffer[place] = buffer[place], stream[BUFFER + number]
    return list(rows.reshape(GROUPS, GROUP))


def group_indices(points: Array, drawn: Drawn, groups: list[NDArray[np.intp]]) -> NDArray[np.float64]:
    """The Davies-Bouldin index of each group of samples: (groups,)."""
    return np.array([davies_bouldin(points[rows], drawn.labels[rows]) for rows in groups])
