"""A PyTorch network with the layers of a config.json, and its weights as Keras has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from pgdl_eval.formats.architecture import ModelConfig
from pgdl_eval.formats.layers import LAYERS

KERAS_EPSILON, KERAS_MOMENTUM = 1e-3, 0.99  # of batch normalization; PyTorch's momentum is the rest to one


class KerasFlatten(nn.Module):
    """Flattens images (n, c, h, w) in Keras' order, channels last: so the next layer's weights stay as they are."""

    def forward(self, images: Tensor) -> Tensor:
        return images.permute(0, 2, 3, 1).flatten(1)


class GlobalAverage(nn.Module):
    """The mean of each channel, (n, c)."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3))


def keras_network(config: ModelConfig) -> nn.Sequential:
    """The network of an architecture of `architectures`, with weights as Keras draws them from PyTorch's generator."""
    shape, modules = config.input_shape, []
    for layer in config.layers:
        modules.append(MODULES[layer.kind](layer.arguments, shape[-1]))
        if layer.arguments.get("activation") == "relu":
            modules.append(nn.ReLU())
        shape = LAYERS[layer.kind].shapes(layer.arguments, shape)[1]
    network = nn.Sequential(*modules)
    for module in network:
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def keras_weights(network: nn.Sequential) -> list[NDArray[np.float32]]:
    """The arrays of `model.get_weights()`: kernels (h, w, in, out) or (in, out), biases; of normalization all four."""
    tensors: list[Tensor | None] = []
    for module in network:
        if isinstance(module, nn.Conv2d):
            tensors += [module.weight.permute(2, 3, 1, 0), module.bias]
        elif isinstance(module, nn.Linear):
            tensors += [module.weight.T, module.bias]
        elif isinstance(module, nn.BatchNorm2d):
            tensors += [module.weight, module.bias, module.running_mean, module.running_var]
    return [np.ascontiguousarray(tensor.numpy(force=True), np.float32) for tensor in tensors if tensor is not None]


def _convolution(arguments: Any, channels: int) -> nn.Module:
    return nn.Conv2d(channels, arguments["filters"], tuple(arguments["kernel_size"]), padding=arguments["padding"])


MODULES: dict[str, Callable[[Any, int], nn.Module]] = {
    "Conv2D": _convolution,
    "Dense": lambda arguments, size: nn.Linear(size, arguments["units"]),
    "MaxPooling2D": lambda arguments, size: nn.MaxPool2d(tuple(arguments["pool_size"])),
    "GlobalAveragePooling2D": lambda arguments, size: GlobalAverage(),
    "Flatten": lambda arguments, size: KerasFlatten(),
    "Dropout": lambda arguments, size: nn.Dropout(arguments["rate"]),
    "BatchNormalization": lambda arguments, size: nn.BatchNorm2d(size, KERAS_EPSILON, 1 - KERAS_MOMENTUM),
    "ReLU": lambda arguments, size: nn.ReLU(),
}
