"""Learning paradigms by name, one a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .paradigm import BatchPreparation, Evaluation, Paradigm
from .reconstruction import Reconstruction
from .simclr import SimCLR
from .supcon import SupCon
from .supervised import Supervised

__all__ = ["PARADIGMS", "BatchPreparation", "Evaluation", "Paradigm", "make_paradigm"]

PARADIGMS: Mapping[str, Callable[..., Paradigm]] = {
    "supervised": Supervised,
    "reconstruction": Reconstruction,
    "simclr": SimCLR,
    "supcon": SupCon,
}


def make_paradigm(name: str, arguments: Mapping[str, Any]) -> Paradigm:
    return PARADIGMS[name](**arguments)
