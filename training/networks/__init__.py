"""Networks by name, one family a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .autoencoder import ConvolutionalEncoder
from .mlp import MLP
from .network import Encoder, Network
from .resnet import cifar_bottleneck_resnet, cifar_resnet, resnet18, wide_resnet28
from .torchvision_resnet50 import TorchvisionResNet50
from .vgg import VGG

__all__ = ["NETWORKS", "Encoder", "Network", "make_encoder"]

NETWORKS: Mapping[str, Callable[..., Encoder]] = {
    "mlp": MLP,
    "resnet18": resnet18,
    "resnet20": partial(cifar_resnet, depth=20),
    "resnet56": partial(cifar_resnet, depth=56),
    "resnet110": partial(cifar_resnet, depth=110),
    "preact_resnet20": partial(cifar_resnet, depth=20, preactivation=True),
    "preact_resnet56": partial(cifar_resnet, depth=56, preactivation=True),
    "preact_resnet110": partial(cifar_resnet, depth=110, preactivation=True),
    "resnet50": partial(cifar_bottleneck_resnet, depth=50),
    "torchvision_resnet50": TorchvisionResNet50,
    "vgg16": partial(VGG, depth=16),
    "vgg19": partial(VGG, depth=19),
    "wide_resnet28": wide_resnet28,
    "autoencoder": ConvolutionalEncoder,
}


def make_encoder(name: str, shape: tuple[int, int, int], arguments: Mapping[str, Any]) -> Encoder:
    """A network up to its features, for images of channels, height and width."""
    return NETWORKS[name](shape, **arguments)
