"""VGG-16 and VGG-19 with batch normalization, for small images."""

from __future__ import annotations

from torch import Tensor, nn

from .network import Encoder

# Convolutions of the five stages (Simonyan and Zisserman 2015, table 1, D and E).
CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(Encoder):
    """Five stages of convolutions and pooling; one dense layer follows, as is usual for small images.

    torchvision's network needs images of 32 pixels at least, has three dense layers made for 224, and one width.

    Parameters
    ----------
    shape : channels, height and width of the images.
    depth : 16 or 19.
    width : channels of the first stage; the others have 2, 4, 8 and 8 times as many.
    """

    def __init__(self, shape: tuple[int, int, int], *, depth: int, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inward = shape[0]
        for factor, convolutions in zip((1, 2, 4, 8, 8), CONVOLUTIONS[depth], strict=True):
            for _ in range(convolutions):
                convolution = nn.Conv2d(inward, factor * width, 3, padding=1, bias=False)
                nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
                layers += [convolution, nn.BatchNorm2d(factor * width), nn.ReLU()]
                inward = factor * width
            # Rounding up leaves a pixel of images of 28 pixels.
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.feature_size = inward

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.layers(images)
        return found
