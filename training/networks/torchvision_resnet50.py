"""torchvision's ResNet-50, the ImageNet network of 2048 features."""

from __future__ import annotations

from torch import Tensor, nn

from ..machine.optional import optional_module
from .network import Encoder


class TorchvisionResNet50(Encoder):
    """torchvision's network without its last layer.

    Parameters
    ----------
    shape : channels, height and width of the images.
    small_stem : a convolution of size 3 and no pooling in place of ImageNet's first two layers, which divide height
        and width by 4.
    """

    def __init__(self, shape: tuple[int, int, int], *, small_stem: bool = True) -> None:
        super().__init__()
        self.layers = optional_module("torchvision.models", "torchvision").resnet50(weights=None)
        self.feature_size = self.layers.fc.in_features
        self.layers.fc = nn.Identity()
        if small_stem:
            self.layers.conv1 = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
            self.layers.maxpool = nn.Identity()
        elif shape[0] != 3:
            self.layers.conv1 = nn.Conv2d(shape[0], 64, 7, 2, padding=3, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.layers(images)
        return found
