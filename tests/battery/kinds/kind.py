"""A kind of model or data of the battery: how one is made, and what should come of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TAKEN, WARNED, REFUSED = "taken", "warned", "refused"
ROUNDING = 1e-4  # degrees between an angle from float32 features and that of the float64 truth


@dataclass(frozen=True)
class Built:
    """A model of a kind, and the truth by NumPy alone.

    Attributes
    ----------
    model : of a framework.
    inputs : the samples: an array (n, ...), or several in a dict or tuple.
    features, logits : (n, ...) what the model makes of them, computed from its weights by hand; None where the kind is
        refused or, for logits, where they are not looked at.
    settings : keyword arguments of the angle, such as the layer that is named.
    rounding : degrees by which an angle may differ from the truth's.
    """

    model: Any
    inputs: Any
    features: Any = None
    logits: Any = None
    settings: dict[str, Any] = field(default_factory=dict)
    rounding: float = ROUNDING


@dataclass(frozen=True)
class Kind:
    """A kind and what should come of it.

    Attributes
    ----------
    name : in a line, as the table of the documents shows it.
    make : makes one.
    comes : "taken", "warned" or "refused".
    words : a fragment of the warning or of the error.
    group : the part of the table.
    """

    name: str
    make: Callable[..., Any]
    comes: str
    words: str
    group: str

    @property
    def seed(self) -> int:
        """Of the random weights."""
        return zlib.crc32(self.name.encode())


class Kinds:
    """Kinds in the order of their definition; `taken`, `warned` and `refused` are decorators of what makes one."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.all: list[Kind] = []

    def taken(self, name: str) -> Callable[..., Any]:
        return self._noting(name, TAKEN, "")

    def warned(self, name: str, words: str) -> Callable[..., Any]:
        return self._noting(name, WARNED, words)

    def refused(self, name: str, words: str) -> Callable[..., Any]:
        return self._noting(name, REFUSED, words)

    def _noting(self, name: str, comes: str, words: str) -> Callable[..., Any]:
        def note(make: Callable[..., Any]) -> Callable[..., Any]:
            self.all.append(Kind(name, make, comes, words, self.group))
            return make

        return note


SAMPLES = 24
_rng = np.random.default_rng(0)


def _random(*shape: int) -> Any:
    return _rng.standard_normal((SAMPLES, *shape)).astype(np.float32) + np.float32(0.3)


FLAT = _random(4)
STEPS = _random(5, 4)
IMAGES = _random(12, 12, 3)
CHANNELS_FIRST = np.ascontiguousarray(np.moveaxis(IMAGES, -1, 1))
VOLUMES = _random(4, 4, 4, 2)
TOKENS = _rng.integers(0, 50, (SAMPLES, 6))
