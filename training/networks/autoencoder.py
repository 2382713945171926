"""A convolutional autoencoder, symmetric about a dense bottleneck."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from .network import Encoder

STAGES = 3  # each halves height and width


class ConvolutionalEncoder(Encoder):
    """Three convolutions of stride 2, each with normalization and ReLU, and a dense layer with ReLU to the bottleneck.

    Parameters
    ----------
    shape : channels, height and width of the images.
    width : channels of the first stage; they double from stage to stage.
    bottleneck : features.
    """

    def __init__(self, shape: tuple[int, int, int], *, width: int = 32, bottleneck: int = 256) -> None:
        super().__init__()
        channels = [shape[0], *(width * 2**stage for stage in range(STAGES))]
        sides = [shape[1:]]
        for _ in range(STAGES):
            sides.append(((sides[-1][0] + 1) // 2, (sides[-1][1] + 1) // 2))
        layers: list[nn.Module] = []
        for inward, outward in pairwise(channels):
            layers += [nn.Conv2d(inward, outward, 3, 2, padding=1), nn.BatchNorm2d(outward), nn.ReLU()]
        flat = channels[-1] * sides[-1][0] * sides[-1][1]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, bottleneck), nn.ReLU())
        self.feature_size = bottleneck
        self._channels, self._sides = channels, sides

    def decoder(self) -> nn.Module:
        """The encoder's mirror image: features (n, d) to standardized images (n, c, h, w)."""
        channels, sides = self._channels[::-1], self._sides[::-1]
        flat = channels[0] * sides[0][0] * sides[0][1]
        layers: list[nn.Module] = [nn.Linear(self.feature_size, flat), nn.ReLU()]
        layers.append(nn.Unflatten(1, (channels[0], *sides[0])))
        for (inward, outward), (small, large) in zip(pairwise(channels), pairwise(sides), strict=True):
            missing = (large[0] - (2 * small[0] - 1), large[1] - (2 * small[1] - 1))
            layers += [nn.ConvTranspose2d(inward, outward, 3, 2, padding=1, output_padding=missing)]
            layers += [nn.BatchNorm2d(outward), nn.ReLU()]
        return nn.Sequential(*layers[:-2])  # the last one ends without, as standardized pixels have either sign

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.layers(images)
        return found
