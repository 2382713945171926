"""A multilayer perceptron: hidden layers of one width, batch normalization and ReLU."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from .network import Encoder


class MLP(Encoder):
    """Hidden layers on the flattened image.

    Parameters
    ----------
    shape : channels, height and width of the images.
    width, hidden_layers : units of a layer, and how many.
    """

    def __init__(self, shape: tuple[int, int, int], *, width: int = 512, hidden_layers: int = 3) -> None:
        super().__init__()
        sizes = [shape[0] * shape[1] * shape[2], *[width] * hidden_layers]
        layers: list[nn.Module] = [nn.Flatten()]
        for inward, outward in pairwise(sizes):
            layers += [nn.Linear(inward, outward, bias=False), nn.BatchNorm1d(outward), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.feature_size = width

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.layers(images)
        return found
