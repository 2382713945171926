"""Supervised learning: cross-entropy of one dense layer on the features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import ImageTensors
from ..networks import Encoder
from .paradigm import BatchLoss, BatchPreparation, Forward, Paradigm


def classified(logits: Tensor, labels: Tensor) -> BatchLoss:
    """The cross-entropy of logits (n, classes), and how many rows have their largest at the label."""
    total = functional.cross_entropy(logits, labels, reduction="sum")
    return BatchLoss(total, len(labels), correct=(logits.argmax(dim=1) == labels).sum())


class Supervised(Paradigm):
    """Classification of cropped and mirrored images."""

    classifies = True

    def head(self, encoder: Encoder, classes: int) -> nn.Module:
        return nn.Linear(encoder.feature_size, classes)

    def loss(
        self, forward: Forward, batch: ImageTensors, prepare: BatchPreparation, generator: torch.Generator
    ) -> BatchLoss:
        inputs = prepare.augmented(batch.images, generator)
        return self.evaluate(forward(inputs), inputs, batch.labels)

    def evaluate(self, outputs: Any, inputs: Tensor, labels: Tensor) -> BatchLoss:
        return classified(outputs, labels)
