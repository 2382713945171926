"""Learning by reconstruction: the mean squared error of an autoencoder on standardized images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import ImageTensors
from ..networks import Encoder
from ..networks.autoencoder import ConvolutionalEncoder
from .paradigm import BatchLoss, BatchPreparation, Forward, Paradigm


class Reconstruction(Paradigm):
    """Reconstruction of cropped and mirrored images.

    Parameters
    ----------
    noise : standard deviation of the normal noise on the inputs, which the network is to remove (Vincent et al. 2010,
        section 3.3); in units of the standardized inputs.
    """

    def __init__(self, noise: float = 0.0) -> None:
        self.noise = noise

    def head(self, encoder: Encoder, classes: int) -> nn.Module:
        assert isinstance(encoder, ConvolutionalEncoder)
        return encoder.decoder()

    def loss(
        self, forward: Forward, batch: ImageTensors, prepare: BatchPreparation, generator: torch.Generator
    ) -> BatchLoss:
        clean = prepare.augmented(batch.images, generator)
        noise = torch.randn(clean.shape, generator=generator, device=clean.device)
        return self.evaluate(forward(clean + self.noise * noise), clean, batch.labels)

    def evaluate(self, outputs: Any, inputs: Tensor, labels: Tensor) -> BatchLoss:
        total = functional.mse_loss(outputs, inputs, reduction="sum")
        return BatchLoss(total, len(inputs), terms=inputs[0].numel())
