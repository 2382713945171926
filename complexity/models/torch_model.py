"""Plain PyTorch modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import InputError
from .interface import Array, TrainedModel
from .keras_model import matching_weights


class TorchModel(TrainedModel):
    """A `torch.nn.Module`; modules are watched by forward hooks, and left as they were.

    Weights are the floating-point entries of the state dictionary, in its order.
    """

    def __init__(self, module: Any) -> None:
        import torch

        self.module = module
        self.name = type(module).__name__
        self._last_layer: Any = None
        kinds = torch.nn.modules.conv._ConvNd, torch.nn.Linear, torch.nn.Bilinear
        self._dense_or_convolutional = [part for part in module.modules() if isinstance(part, kinds)]
        if not self._dense_or_convolutional:
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="modules")

    def features(self, inputs: Array) -> Array:
        if self._last_layer is None:
            self._last_layer = self._find_last_layer(inputs[:1])
        seen: list[Any] = []
        with watched([self._last_layer], lambda layer, tensor: seen.append(tensor)):
            self._forward(inputs)
        return _to_numpy(seen[-1]).reshape(len(inputs), -1)

    def logits(self, inputs: Array) -> Array:
        return _to_numpy(self._forward(inputs)).reshape(len(inputs), -1)

    def weights(self) -> list[Array]:
        return [_to_numpy(t) for t in self.module.state_dict().values() if t.is_floating_point()]

    def initial_weights(self) -> list[Array]:
        found = getattr(self.module, "initial_weights", None)
        if isinstance(found, Mapping):
            found = [t for t in found.values() if t.is_floating_point()]
        return matching_weights(found, self.weights(), self.name)

    def kernels(self) -> list[Array]:
        return [_to_numpy(layer.weight) for layer in self._dense_or_convolutional]

    def _tensor(self, inputs: Array) -> Any:
        """The inputs on the module's device in its floating-point type."""
        import torch

        parameter = next(self.module.parameters())
        return torch.as_tensor(np.ascontiguousarray(inputs)).to(parameter.device, parameter.dtype)

    def _find_last_layer(self, inputs: Array) -> Any:
        """The dense or convolutional module that runs last."""
        order: list[Any] = []
        with watched(self._dense_or_convolutional, lambda layer, tensor: order.append(layer)):
            self._forward(inputs)
        return order[-1]

    def _forward(self, inputs: Array) -> Any:
        import torch

        with torch.no_grad(), evaluation_mode(self.module):
            try:
                return self.module(self._tensor(inputs))
            except RuntimeError as error:
                raise InputError(
                    f"the model does not take these inputs: {error}",
                    model=self.name,
                    field="inputs",
                    found=f"samples of shape {tuple(inputs.shape[1:])}",
                ) from error


@contextmanager
def evaluation_mode(module: Any) -> Iterator[None]:
    """The module with every training flag off; each flag is back afterwards."""
    flags = [(part, part.training) for part in module.modules()]
    try:
        module.eval()
        yield
    finally:
        for part, flag in flags:
            part.training = flag


@contextmanager
def watched(layers: Sequence[Any], note: Any) -> Iterator[None]:
    """While the context lasts, `note(layer, tensor)` is called with the input of each module that runs."""
    handles = [layer.register_forward_pre_hook(lambda part, args: note(part, args[0])) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _to_numpy(tensor: Any) -> Array:
    array: Array = tensor.detach().float().cpu().numpy() if tensor.element_size() < 4 else tensor.detach().cpu().numpy()
    return np.array(array)
