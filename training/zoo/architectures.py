"""The competition's two families of networks, as the layers that config.json lists.

The published VC bounds give the number of kernel entries of every model of the public tasks. Those of `task1_v4` fit
`vgg_like` and those of `task2_v1` fit `network_in_network` (width 512) to the last digit. They say nothing of layers
without kernels: pooling after each block is that of Lin et al. 2014 (*Network in Network*), batch normalization is
ours, without which the deepest of them do not train from Keras' initial weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pgdl_eval.formats.architecture import LayerConfig, ModelConfig
from pgdl_eval.formats.layers import Shape

Hyperparameters = Mapping[str, Any]


def vgg_like(hyperparameters: Hyperparameters, shape: Shape, classes: int) -> ModelConfig:
    """Blocks of [conv, relu, conv, relu, pooling], then dense layers with dropout after each.

    Each block is twice as wide as the one before it; `conv_width` is the width of the last or of the first one, as
    `conv_width_of` says.
    """
    layers: list[LayerConfig] = []
    blocks, width = hyperparameters["conv_blocks"], hyperparameters["conv_width"]
    first = width if hyperparameters["conv_width_of"] == "first block" else width >> (blocks - 1)
    for width in (first << block for block in range(blocks)):
        layers += [_convolution(width, 3), _convolution(width, 3), _pooling()]
    layers.append(LayerConfig("Flatten", {}))
    for _ in range(hyperparameters["dense_layers"]):
        layers.append(LayerConfig("Dense", {"units": hyperparameters["dense_units"], "activation": "relu"}))
        layers.append(LayerConfig("Dropout", {"rate": hyperparameters["dropout"]}))
    return ModelConfig(shape, (*layers, LayerConfig("Dense", {"units": classes})))


def network_in_network(hyperparameters: Hyperparameters, shape: Shape, classes: int) -> ModelConfig:
    """Blocks of a 3 x 3 and two 1 x 1 convolutions, pooling and dropout; a 1 x 1 convolution to classes, averaged.

    `depth` counts the convolutions of the blocks, without that to classes.
    """
    width = hyperparameters["conv_width"]
    layers: list[LayerConfig] = []
    for _ in range(hyperparameters["depth"] // 3):
        for side in (3, 1, 1):
            layers += [_convolution(width, side, activation=None), LayerConfig("BatchNormalization", {})]
            layers.append(LayerConfig("ReLU", {}))
        layers += [_pooling(), LayerConfig("Dropout", {"rate": hyperparameters["dropout"]})]
    layers += [_convolution(classes, 1, activation=None), LayerConfig("GlobalAveragePooling2D", {})]
    return ModelConfig(shape, tuple(layers))


ARCHITECTURES: Mapping[str, Callable[[Hyperparameters, Shape, int], ModelConfig]] = {
    "vgg_like": vgg_like,
    "network_in_network": network_in_network,
}


def _convolution(filters: int, side: int, activation: str | None = "relu") -> LayerConfig:
    arguments = {"filters": filters, "kernel_size": [side, side], "padding": "same", "activation": activation}
    return LayerConfig("Conv2D", arguments)


def _pooling() -> LayerConfig:
    return LayerConfig("MaxPooling2D", {"pool_size": [2, 2]})
