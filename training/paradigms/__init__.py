"""Learning paradigms by name; the two contrastive ones share a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .contrastive import SimCLR, SupCon
from .paradigm import BatchLoss, BatchPreparation, Paradigm
from .reconstruction import Reconstruction
from .supervised import Supervised

__all__ = ["PARADIGMS", "BatchLoss", "BatchPreparation", "Paradigm", "make_paradigm"]

PARADIGMS: Mapping[str, Callable[..., Paradigm]] = {
    "supervised": Supervised,
    "reconstruction": Reconstruction,
    "simclr": SimCLR,
    "supcon": SupCon,
}


def make_paradigm(name: str, arguments: Mapping[str, Any]) -> Paradigm:
    return PARADIGMS[name](**arguments)
