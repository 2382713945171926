"""What a learning paradigm decides: the head, what a batch turns into, and the loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..data import ImageTensors, Standardization
from ..data.augmentation import crop_and_flip
from ..networks import Encoder

Forward = Callable[[Tensor], Any]


@dataclass(frozen=True)
class BatchPreparation:
    """How images of 0 to 255 become inputs: `flip` says whether mirrored images still are what they were."""

    standardize: Standardization
    flip: bool

    def augmented(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images that are randomly cropped and mirrored, then standardized."""
        return self.standardize(crop_and_flip(images, generator, flip=self.flip))


@dataclass(frozen=True)
class BatchLoss:
    """The loss of a batch, and how many of its rows were classified correctly, where the paradigm classifies.

    Attributes
    ----------
    total : sum over all terms of all rows.
    rows : n.
    terms : of each row, such as its pixels; its loss is their mean.
    correct : number of rows.
    """

    total: Tensor
    rows: int
    terms: int = 1
    correct: Tensor | None = None

    @property
    def sum(self) -> Tensor:
        """The sum of the losses of the rows."""
        return self.total / self.terms

    @property
    def mean(self) -> Tensor:
        """The mean of the losses of the rows, which training minimizes."""
        return self.total / (self.rows * self.terms)


class Paradigm(ABC):
    """A way of learning.

    Attributes
    ----------
    classifies : whether the head's output are logits; otherwise a linear classifier on frozen features tells accuracy.
    """

    classifies = False

    @abstractmethod
    def head(self, encoder: Encoder, classes: int) -> nn.Module:
        """What is put on the features."""

    @abstractmethod
    def loss(
        self, forward: Forward, batch: ImageTensors, prepare: BatchPreparation, generator: torch.Generator
    ) -> BatchLoss:
        """The loss of a batch in training, augmented at random."""

    def evaluate(self, outputs: Any, inputs: Tensor, labels: Tensor) -> BatchLoss | None:
        """The loss of the outputs of a batch, as it is; none where it needs two views."""
        return None
