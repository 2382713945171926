"""Margins of changed images at the first layer, for the measures of the competition's winners."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..images.drawn_images import Change, Drawn
from ..models import TrainedModel
from ..models.tensors import Array
from .margins import main_layers, margins_at
from .measured import Measured
from .mixed_losses import standard_error

TINY = 1e-7  # added to both divisors, as in the authors' code
CUT = 0.05  # share of the variances that is left out at either end


def changed_margin(network: TrainedModel, drawn: Drawn, changes: Iterable[Change]) -> Measured:
    """Mean distance of changed images to the decision boundary in the first layer's output, in units of its spread.

    The distance is to first order (f_y - f_j) / |grad (f_y - f_j)|, f_y the own logit and f_j the largest other one.
    The spread is the square root of the mean variance of an entry of the layer's output over the changed images,
    without the smallest and the largest 5% of these variances.

    Returns
    -------
    The mean; its details hold its standard error over samples, the share of the changed images that get their own
    class, the spread and the layer.

    Raises
    ------
    InputError
        If the network gives no gradients, the labels fit no output, or an output is not finite.
    """
    layer = f"{main_layers(network, drawn.as_given(drawn.images[:4]))[0]}:output"
    variances, rounds = Variances(), []
    for change in changes:
        distances = np.empty(len(drawn))
        for rows, images in drawn.batches(change):
            found = margins_at(network, layer, images, drawn.labels[rows])
            distances[rows] = found.differences / (found.gradient_norms + TINY)
            variances.add(network.values_at(layer, images))
        rounds.append(distances)
    spread = trimmed_root(variances.of_columns())
    of_samples = np.mean(rounds, axis=0) / (spread + TINY)
    details = {
        "standard_error": standard_error(of_samples),
        "right": float(np.mean(np.stack(rounds) > 0)),
        "spread": spread,
        "layer": layer,
        "samples": len(drawn),
        "available": drawn.available,
        "rounds": len(rounds),
    }
    return Measured(float(of_samples.mean()), details)


class Variances:
    """The variance of each column of a matrix that comes in blocks of rows (Chan, Golub and LeVeque, 1979)."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, np.zeros(1), np.zeros(1)

    def add(self, block: Array) -> None:
        """Take further rows: (b, d)."""
        mean = block.mean(axis=0, dtype=np.float64)
        squares = np.square(block - mean).sum(axis=0)
        total = self.count + len(block)
        step = mean - self.mean
        self.squares = self.squares + squares + step**2 * (self.count * len(block) / total)
        self.mean, self.count = self.mean + step * (len(block) / total), total

    def of_columns(self) -> NDArray[np.float64]:
        """The variances: (d,)."""
        return np.asarray(self.squares / self.count)


def trimmed_root(variances: NDArray[np.float64]) -> float:
    """Square root of the mean of variances (d,), 5% of them left out at either end."""
    ordered, cut = np.sort(variances), int(CUT * len(variances))
    return float(np.sqrt(ordered[cut : len(ordered) - cut].mean()))
