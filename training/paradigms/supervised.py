"""Supervised learning: cross-entropy of one dense layer on the features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import ImageTensors
from ..networks import Encoder
from .paradigm import BatchPreparation, Evaluation, Forward, Paradigm


class Supervised(Paradigm):
    """Classification of cropped and mirrored images."""

    classifies = True

    def head(self, encoder: Encoder, classes: int) -> nn.Module:
        return nn.Linear(encoder.feature_size, classes)

    def loss(
        self,
        forward: Forward,
        batch: ImageTensors,
        prepare: BatchPreparation,
        generator: torch.Generator,
    ) -> Evaluation:
        logits = forward(prepare.augmented(batch.images, generator))
        correct = (logits.argmax(dim=1) == batch.labels).sum()
        return Evaluation(functional.cross_entropy(logits, batch.labels), correct)

    def evaluate(self, outputs: Any, inputs: Tensor, labels: Tensor) -> Evaluation:
        loss = functional.cross_entropy(outputs, labels, reduction="sum")
        return Evaluation(loss, (outputs.argmax(dim=1) == labels).sum())
