"""Contrastive learning of two random views of each image: SimCLR, and SupCon, which knows the classes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data import ImageTensors
from ..data.augmentation import chosen, color_jitter, gaussian_blur, gray, resized_crop_and_flip, uniform
from ..networks import Encoder
from .paradigm import BatchLoss, BatchPreparation, Forward, Paradigm

BLURRED_FROM = 64  # pixels a side: SimCLR does not blur small images (appendix B.9)


def contrastive_losses(projections: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """The supervised contrastive loss of each view, (2n,); with a label an image, SimCLR's NT-Xent.

    Khosla et al. 2020, equation 2.

    Parameters
    ----------
    projections : (2, n, p), the two views of n images.
    labels : (n,) equal for images that belong together.
    temperature : divides the cosines.
    """
    views = functional.normalize(projections.flatten(0, 1).float(), dim=1)  # (2n, p)
    similarity = views @ views.T / temperature
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    log_share = similarity - similarity.masked_fill(itself, -torch.inf).logsumexp(dim=1, keepdim=True)
    positive = (labels[:, None] == labels[None]).repeat(2, 2) & ~itself
    return -(log_share * positive).sum(dim=1) / positive.sum(dim=1)


class Contrastive(Paradigm):
    """What SimCLR and SupCon share: the views, the projection head and the loss.

    Parameters
    ----------
    temperature, projection : of the loss, and the size of its vectors.
    least_area, color_strength : of the views; see `augmentation`. By default the crop of HobbitLong/SupContrast's code
        (SimCLR: 0.08) and the colours that SimCLR takes for CIFAR-10 (appendix B.9).
    """

    def __init__(
        self, temperature: float, projection: int = 128, least_area: float = 0.2, color_strength: float = 0.5
    ) -> None:
        self.temperature = temperature
        self.projection = projection
        self.least_area = least_area
        self.color_strength = color_strength

    def head(self, encoder: Encoder, classes: int) -> nn.Module:
        size = encoder.feature_size
        return nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, self.projection))

    def view(self, images: Tensor, prepare: BatchPreparation, generator: torch.Generator) -> Tensor:
        """A random view of each image (Chen et al. 2020, appendix A)."""
        scaled = images.float() / 255
        view = resized_crop_and_flip(scaled, generator, least_area=self.least_area, flip=prepare.flip)
        jittered = color_jitter(view, generator, strength=self.color_strength)
        view = torch.where(chosen(view, 0.8, generator), jittered, view)
        view = torch.where(chosen(view, 0.2, generator), gray(view), view)
        if view.shape[-1] >= BLURRED_FROM:
            blurred = gaussian_blur(view, uniform(view, 0.1, 2.0, generator))
            view = torch.where(chosen(view, 0.5, generator), blurred, view)
        return prepare.standardize(view)

    @abstractmethod
    def positives(self, labels: Tensor) -> Tensor:
        """Which images of a batch belong together: those of equal numbers."""

    def loss(
        self, forward: Forward, batch: ImageTensors, prepare: BatchPreparation, generator: torch.Generator
    ) -> BatchLoss:
        views = [self.view(batch.images, prepare, generator) for _ in range(2)]
        projections = forward(torch.cat(views)).unflatten(0, (2, -1))
        losses = contrastive_losses(projections, self.positives(batch.labels), self.temperature)
        return BatchLoss(losses.sum(), len(batch), terms=2)


class SimCLR(Contrastive):
    """Self-supervised: each image belongs to itself alone (Chen et al. 2020); 0.5 is best on CIFAR-10 (B.9)."""

    def __init__(self, temperature: float = 0.5, **views: Any) -> None:
        super().__init__(temperature, **views)

    def positives(self, labels: Tensor) -> Tensor:
        return torch.arange(len(labels), device=labels.device)


class SupCon(Contrastive):
    """Supervised: images of a class belong together (Khosla et al. 2020); its code has 0.1 on CIFAR-10."""

    def __init__(self, temperature: float = 0.1, **views: Any) -> None:
        super().__init__(temperature, **views)

    def positives(self, labels: Tensor) -> Tensor:
        return labels
