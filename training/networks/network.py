"""What every network is: an encoder whose output is the feature vector, and a head that the paradigm puts on it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Encoder(nn.Module):
    """A network up to its features.

    Attributes
    ----------
    feature_size : d.
    blocks : its residual blocks, of which per-layer P-vectors are recorded on demand; most families name none.
    """

    feature_size: int

    def blocks(self) -> list[nn.Module]:
        return []


class Network(nn.Module):
    """An encoder, images (n, c, h, w) to features (n, d), and a head on the features.

    The features are the input of the last dense layer of a classifier, the bottleneck of an autoencoder, and the
    encoder's output before the projection head of a self-supervised network.
    """

    def __init__(self, encoder: Encoder, head: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def features(self, images: Tensor) -> Tensor:
        found: Any = self.encoder(images)
        return found.flatten(1)  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Any:
        return self.head(self.encoder(images))
