"""What a network makes of labelled samples, for the measures that ask no more: logits, losses, margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..models import TrainedModel, counted_batches, features
from ..models.inputs import first_rows, take
from ..models.outputs import check_classes
from ..samples import Samples


@dataclass(frozen=True)
class Classified:
    """Logits of labelled samples.

    Attributes
    ----------
    logits : (n, classes), in float64.
    labels : (n,).
    """

    logits: NDArray[np.float64]
    labels: NDArray[np.integer]

    def cross_entropies(self) -> NDArray[np.float64]:
        """-ln of the probability that the network's softmax gives each sample's own class: (n,)."""
        from scipy.special import logsumexp

        return np.asarray(logsumexp(self.logits, axis=1) - self._own())

    def right(self) -> NDArray[np.bool_]:
        """Which samples get their own class, by the largest logit: (n,)."""
        return np.asarray(self.logits.argmax(axis=1) == self.labels)

    def others(self) -> NDArray[np.intp]:
        """Each sample's largest logit but that of its own class, by number: (n,)."""
        rest = self.logits.copy()
        rest[np.arange(len(rest)), self.labels] = -np.inf
        return np.asarray(rest.argmax(axis=1))

    def margins(self) -> NDArray[np.float64]:
        """Own logit less the largest of the others, negative where the class is wrong: (n,)."""
        return np.asarray(self._own() - self.logits[np.arange(len(self.logits)), self.others()])

    def _own(self) -> NDArray[np.float64]:
        return np.asarray(self.logits[np.arange(len(self.logits)), self.labels])


def classified(network: TrainedModel, samples: Samples) -> Classified:
    """The logits of samples, batch by batch.

    Raises
    ------
    InputError
        For no labels, such as are no numbers of outputs, and outputs that are not finite.
    """
    labels, inputs = samples.class_numbers(), samples.inputs
    rows = counted_batches(len(samples), features.batch_size(inputs))
    return checked(network, np.concatenate([network.logits(take(inputs, one)) for one in rows]), labels)


def check_labels(network: TrainedModel, samples: Samples) -> NDArray[np.integer]:
    """The labels of samples (n,), once it is sure, by a pass of one sample, that they fit the network's outputs."""
    labels = samples.class_numbers()
    check_classes(labels, network.logits(first_rows(samples.inputs, 1)).shape[1], network.name)
    return labels


def checked(network: TrainedModel, logits: NDArray[np.floating], labels: NDArray[np.integer]) -> Classified:
    """Logits (n, classes) and labels (n,), once it is sure that they fit and are finite."""
    check_classes(labels, logits.shape[1], network.name)
    if not np.isfinite(logits).all():
        raise InputError("an output is NaN or infinite", model=network.name, field="logits")
    return Classified(logits.astype(np.float64), labels)
