"""Plain PyTorch modules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from .interface import Array, Gradients, Seen, TrainedModel, to_numpy
from .torch_gradients import TorchGradients

DENSE_OR_CONVOLUTIONAL = torch.nn.modules.conv._ConvNd, torch.nn.Linear, torch.nn.Bilinear
SOFTMAX = torch.nn.Softmax, torch.nn.Softmax2d, torch.nn.LogSoftmax


class TorchModel(TrainedModel):
    """A `torch.nn.Module`; modules are watched by forward hooks, and left as they were.

    Weights are the floating-point entries of the state dictionary, in its order.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self.name = type(module).__name__
        self.layers = [part for part in module.modules() if not list(part.children())]
        self.dense_or_convolutional = [part for part in module.modules() if isinstance(part, DENSE_OR_CONVOLUTIONAL)]
        if not self.dense_or_convolutional:
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="modules")

    def weights(self) -> list[Array]:
        return [to_numpy(t) for t in self.module.state_dict().values() if t.is_floating_point()]

    def trainable_weights(self) -> list[Array]:
        return [to_numpy(parameter) for parameter in self._trainable_parameters()]

    def kernels(self) -> list[Array]:
        return [to_numpy(layer.weight) for layer in self.dense_or_convolutional]

    def _stored_initial_weights(self) -> list[Array]:
        found = getattr(self.module, "initial_weights", None)
        if isinstance(found, Mapping):
            found = [t for t in found.values() if t.is_floating_point()]
        return [] if found is None else [to_numpy(array) for array in found]

    def _trainable_parameters(self) -> list[Any]:
        return [parameter for parameter in self.module.parameters() if parameter.requires_grad]

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        with torch.no_grad():
            for parameter, array in zip(self._trainable_parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(array))

    def _gradients(self, shape: tuple[int, ...]) -> Gradients:
        forward = functools.partial(self._call, watch=self.layers)
        return TorchGradients(forward, self._trainable_parameters(), like=next(self.module.parameters()))

    def _forward(self, inputs: Array, watch: Sequence[Any] = ()) -> tuple[Any, Seen]:
        parameter = next(self.module.parameters())
        tensor = torch.as_tensor(np.ascontiguousarray(inputs)).to(parameter.device, parameter.dtype)
        with torch.no_grad():
            return self._call(tensor, watch)

    def _layer_output(self, inputs: Array, layer: Any) -> Array:
        noted: list[Any] = []
        # A copy, since the next module may work in place.
        with layer.register_forward_hook(lambda _, args, output: noted.append(output.clone())):
            self._forward(inputs)
        output = to_numpy(noted[0])
        return np.moveaxis(output, 1, -1) if isinstance(layer, torch.nn.modules.conv._ConvNd) else output

    def _call(self, inputs: Any, watch: Sequence[Any]) -> tuple[Any, Seen]:
        """Logits and what the watched modules were given, of a tensor."""
        seen: Seen = []
        softmax: list[tuple[tuple[Any, ...], Any]] = []  # arguments and output of every softmax
        with evaluation_mode(self.module), ExitStack() as hooks:
            for layer in watch:
                hooks.enter_context(layer.register_forward_pre_hook(noting(seen)))
            for layer in self.layers:
                if isinstance(layer, SOFTMAX):
                    hooks.enter_context(layer.register_forward_hook(lambda _, *call: softmax.append(call)))
            try:
                output = self.module(inputs)
            except RuntimeError as error:
                raise InputError(
                    f"the model does not take these inputs: {error}",
                    model=self.name,
                    field="inputs",
                    found=f"samples of shape {tuple(inputs.shape[1:])}",
                ) from error
        return next((args[0] for args, after in softmax if after is output), output), seen


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


def noting(seen: Seen) -> Callable[[Any, tuple[Any, ...]], tuple[Any, ...] | None]:
    """A hook that notes the first argument of a module before it runs.

    The module gets a copy, since one that works in place would write into what was noted.
    """

    def hook(layer: Any, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        seen.extend((layer, given) for given in args[:1])
        return (args[0].clone(), *args[1:]) if args and isinstance(args[0], torch.Tensor) else None

    return hook
