"""What measures of principal subspaces share: a layer's values of drawn images, and how many directions are meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, warn
from ..images.drawn_images import Change, Drawn
from ..models import TrainedModel
from ..models.features import layer_output, warn_of_probabilities
from ..models.outputs import LOGITS, check_classes
from ..models.tensors import Array


def values_of(network: TrainedModel, drawn: Drawn, layer: str, change: Change) -> Array:
    """A layer's values of the changed images: (n, d).

    Raises
    ------
    InputError
        For another layer than there is, and values that are not finite.
    """
    matrix = drawn.through(layer_output(network, layer), change)
    if not np.isfinite(matrix).all():
        raise InputError("an entry is NaN or infinite", model=network.name, field=layer)
    return matrix


def clean_values(network: TrainedModel, drawn: Drawn, layer: str) -> Array:
    """A layer's values of the images as they are: (n, d); a warning where logits are probabilities.

    Raises
    ------
    InputError
        As `values_of`, and for labels that are no numbers of outputs.
    """
    matrix = values_of(network, drawn, layer, drawn.unchanged)
    warn_of_probabilities(layer, matrix, network.name)
    if (outputs := matrix.shape[1] if layer == LOGITS else drawn.outputs(network)) > 1:  # one serves as any other
        check_classes(drawn.labels, outputs, network.name)
    return matrix


def number_of_vectors(k: int | None, labels: NDArray[np.integer], samples: int) -> int:
    """k, or one less than there are classes; such that so many samples can have so many P-vectors.

    Raises
    ------
    InputError
        If it is out of range.
    """
    count = len(np.unique(labels)) - 1 if k is None else k
    if not isinstance(count, int) or not 1 <= count < samples:
        problem = "out of range" + (", as one less than there are classes" if k is None else "")
        raise InputError(problem, field="k", expected=f"1 to {samples - 1}", found=count)
    return count


def warn_of_rank(network: TrainedModel, what: str, rank: int, k: int) -> None:
    """Warn where a layer's values have fewer directions than are asked for."""
    if rank < k:
        warn(f"{network.name}: {what} have rank {rank}, and k = {k}: what is missing counts 0")
