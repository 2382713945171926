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
        """Randomly cropped and mirrored, standardized."""
        return self.standardize(crop_and_flip(images, generator, flip=self.flip))


@dataclass(frozen=True)
class Evaluation:
    """Of one batch in evaluation mode: its summed loss, and how many were classified correctly, where defined."""

    loss: Tensor | None = None
    correct: Tensor | None = None


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
    ) -> Evaluation:
        """The mean loss of a batch in training, and the number classified correctly."""

    def evaluate(self, outputs: Any, inputs: Tensor, labels: Tensor) -> Evaluation:
        """The summed loss of a batch that is not augmented, in evaluation mode; none where it needs two views."""
        return Evaluation()
