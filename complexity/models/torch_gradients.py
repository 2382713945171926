"""Gradients by PyTorch's autograd, for plain modules and for Keras models on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from numpy.typing import NDArray

from ..errors import InputError
from .inputs import Inputs, rows_of
from .interface import Forward
from .tensors import Array, Seen, Spot, floating_point_tensors, tensors_in, to_numpy


class TorchGradients:
    """Gradients of a network's logits.

    Parameters
    ----------
    forward : what is differentiated.
    weights : the trainable parameters.
    tensors : makes tensors of arrays, on the network's device.
    """

    def __init__(self, forward: Forward, weights: Sequence[Any], tensors: Callable[[Any], Any]) -> None:
        self.forward, self.weights, self.tensors = forward, weights, tensors

    def squared_jacobians(self, inputs: Inputs) -> Array:
        """(b, ...) -> (b, layers): one pass forward, then one pass backward a class through all layers at once."""
        samples = rows_of(inputs)
        with torch.inference_mode(False), torch.enable_grad():
            given = self.tensors(inputs)
            for tensor in tensors_in(given):
                tensor.requires_grad_(tensor.is_floating_point())
            logits, seen = self._logits(given, samples)
            tensors = [tensor for tensor in floating_point_tensors(seen) if tensor.requires_grad]
            sums = torch.zeros(samples, len(tensors), device=logits.device)
            for column in logits.unbind(1) if tensors else ():
                rows = _gradients(column.sum(), tensors, retain_graph=True)
                sums += torch.stack([row.reshape(samples, -1).float().square().mean(1) for row in rows], 1)
        return to_numpy(sums / logits.shape[1])

    def loss_gradient(self, inputs: Inputs, labels: NDArray[Any]) -> tuple[Array, list[Array]]:
        """(b, ...), (b,) -> (b, classes), gradient."""
        with torch.inference_mode(False), torch.enable_grad():
            logits, _ = self._logits(self.tensors(inputs), rows_of(inputs))
            target = torch.as_tensor(labels, dtype=torch.int64, device=logits.device)
            loss = torch.nn.functional.cross_entropy(logits, target, reduction="sum")
            gradient = _gradients(loss, self.weights)
        return to_numpy(logits), [to_numpy(part) for part in gradient]

    def logit_gradients(self, inputs: Inputs, coefficients: Array, spot: Spot | None) -> list[Array] | None:
        """(b, ...), (b classes,) as the output has them -> gradients in the shapes of the inputs, or of the spot's."""
        with torch.inference_mode(False), torch.enable_grad():
            given = self.tensors(inputs)
            for tensor in tensors_in(given):
                tensor.requires_grad_(tensor.is_floating_point())
            logits, seen = self._logits(given, rows_of(inputs))
            at_spot = None if spot is None else spot.tensor(seen)
            if spot is not None and (at_spot is None or not at_spot.requires_grad):
                return None
            weights = torch.as_tensor(coefficients, dtype=logits.dtype, device=logits.device)
            found = _gradients((logits.reshape(-1) * weights).sum(), tensors_in(given) if spot is None else [at_spot])
        return [to_numpy(part) for part in found]

    def _logits(self, inputs: Any, samples: int) -> tuple[Any, Seen]:
        """Logits as float32 or float64 (b, classes), and what the layers were given."""
        logits, seen = self.forward(inputs)
        flat = logits.reshape(samples, -1)
        return flat if flat.dtype == torch.float64 else flat.float(), seen


def _gradients(target: Any, tensors: Sequence[Any], *, retain_graph: bool = False) -> tuple[Any, ...]:
    """Those of a number in each of the tensors; zeros where nothing connects them.

    Raises
    ------
    InputError
        If the network writes in place into a tensor that they need.
    """
    try:
        return torch.autograd.grad(target, tensors, retain_graph=retain_graph, materialize_grads=True)
    except RuntimeError as error:
        if "inplace operation" not in str(error):
            raise
        problem = "the network has no gradients: it writes in place into a tensor that they need"
        expected = "operations that make a new tensor, such as x * y for x.mul_(y)"
        raise InputError(problem, field="gradients", expected=expected) from error
