"""SimCLR: contrastive learning in which each image belongs to itself alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .contrastive import Contrastive


class SimCLR(Contrastive):
    """Self-supervised contrastive learning (Chen et al. 2020); 0.5 is best on CIFAR-10 (appendix B.9)."""

    def __init__(self, temperature: float = 0.5, **views: Any) -> None:
        super().__init__(temperature, **views)

    def positives(self, labels: Tensor) -> Tensor:
        return torch.arange(len(labels), device=labels.device)
