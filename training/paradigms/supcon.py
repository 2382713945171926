"""SupCon: contrastive learning in which images of one class belong together."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .contrastive import Contrastive


class SupCon(Contrastive):
    """Supervised contrastive learning (Khosla et al. 2020); its code's temperature on CIFAR-10 is 0.1."""

    def __init__(self, temperature: float = 0.1, **views: Any) -> None:
        super().__init__(temperature, **views)

    def positives(self, labels: Tensor) -> Tensor:
        return labels
