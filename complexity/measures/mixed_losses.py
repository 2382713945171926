"""The loss of a network on mixed samples, for the measures that hold it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..images.drawn_images import Change, Drawn
from ..images.perturbation import mixing
from ..models import TrainedModel
from ..progress import counted
from .classification import checked

LOSSES = ("error", "cross_entropy")


@dataclass(frozen=True)
class MixedLosses:
    """The losses of mixed samples.

    Attributes
    ----------
    of_rounds : (rounds, losses), the means over samples, in the order of `LOSSES`.
    chosen : which loss is meant.
    """

    of_rounds: NDArray[np.float64]
    chosen: str

    @property
    def mean(self) -> float:
        """That of the chosen loss over rounds."""
        return float(self._chosen().mean())

    @property
    def standard_error(self) -> float:
        """Of the mean, over rounds."""
        return standard_error(self._chosen())

    @property
    def details(self) -> dict[str, object]:
        """What a measure says of them: the means of all losses, and the standard error of the chosen one."""
        means = dict(zip(LOSSES, self.of_rounds.mean(axis=0).tolist(), strict=True))
        return {**means, "loss_standard_error": self.standard_error, "loss": self.chosen, "rounds": len(self.of_rounds)}

    def _chosen(self) -> NDArray[np.float64]:
        return np.asarray(self.of_rounds[:, LOSSES.index(self.chosen)])


def check_loss(loss: str) -> None:
    """Raise an InputError for a loss that is not there."""
    if loss not in LOSSES:
        raise InputError("no such loss", field="loss", expected=" or ".join(LOSSES), found=loss)


def mixed_losses(network: TrainedModel, drawn: Drawn, loss: str, rounds: int, seed: int) -> MixedLosses:
    """The losses of drawn samples each of which is mixed half and half with another one of its class.

    Parameters
    ----------
    rounds : how often each sample is mixed, with another partner each time.

    Raises
    ------
    InputError
        If no two samples are of one class, the labels fit no output, or an output is not finite.
    """
    changes = counted(mixing(drawn, rounds, seed), "rounds", rounds)
    return MixedLosses(np.stack([_losses(network, drawn, change) for change in changes]), loss)


def standard_error(values: NDArray[np.float64]) -> float:
    """Of the mean of two values or more."""
    return float(values.std(ddof=1) / len(values) ** 0.5)


def _losses(network: TrainedModel, drawn: Drawn, change: Change) -> NDArray[np.float64]:
    """The share of the changed images that gets another class, and their mean cross-entropy: (2,)."""
    found = checked(network, drawn.through(network.logits, change), drawn.labels)
    return np.array([1 - found.right().mean(), found.cross_entropies().mean()])
