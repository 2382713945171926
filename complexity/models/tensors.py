"""Tensors of any framework: as arrays, and those that layers were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass
class LayerCall:
    """A layer that ran, with what it was given and what it returned, in the framework's tensors."""

    layer: Any
    given: Any
    returned: Any = None


Seen = list[LayerCall]  # the layers that ran, in the order in which they began


@dataclass(frozen=True)
class Spot:
    """A tensor of a network: what a layer is given, or returns, in one of its runs."""

    layer: Any
    returned: bool
    run: int

    def tensor(self, seen: Seen) -> Any | None:
        """The tensor in a pass; None where there is no such run, or no floating point tensor."""
        calls = [call for call in seen if call.layer is self.layer]
        if self.run >= len(calls):
            return None
        found = calls[self.run].returned if self.returned else calls[self.run].given
        return next((tensor for tensor in tensors_in(found) if "float" in str(tensor.dtype)), None)


def to_numpy(tensor: Any) -> Array:
    """A copy as float32 or float64 of an array, a TensorFlow tensor, or a PyTorch tensor on any device."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor.float() if tensor.element_size() < 4 else tensor  # NumPy has no bfloat16
    array = np.asarray(tensor)
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def floating_point_tensors(seen: Seen) -> list[Any]:
    """The tensors that the layers were given, one after the other, without indices and masks."""
    tensors = [tensor for call in seen for tensor in tensors_in(call.given)]
    return [tensor for tensor in tensors if "float" in str(tensor.dtype)]


def tensors_in(given: Any) -> list[Any]:
    """The tensors of a framework in lists, tuples and mappings."""
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        return [tensor for part in given for tensor in tensors_in(part)]
    return [given] if hasattr(given, "dtype") and hasattr(given, "shape") else []


def outputs_first(kernel: Array) -> Array:
    """A kernel as Keras has it, (..., inputs, outputs), with its last axes first: (outputs, inputs, ...)."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def precision_of(tensor: Any) -> str:
    """The type of a tensor's numbers by the name that NumPy gives it, or would give it: "bfloat16"."""
    kind = getattr(tensor, "dtype", "")
    return str(getattr(kind, "name", kind)).removeprefix("torch.")
