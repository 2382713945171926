"""Whole image sets through a network in evaluation mode, in their fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from complexity.models.features import MAX_BYTES
from complexity.models.interface import batches
from complexity.models.torch_passes import evaluation_mode

from ..data import ImageTensors
from ..networks import Network
from ..paradigms import Paradigm

ROWS_AT_A_TIME = {"cpu": 128, "cuda": 1000}  # few enough for a processor's cache, enough to fill a GPU


@dataclass(frozen=True)
class StreamedFeatures:
    """A feature matrix (n, d) as a stream of row blocks; each reading runs the network again, in evaluation mode."""

    network: Network
    images: Tensor
    prepare: Callable[[Tensor], Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice) -> StreamedFeatures:
        return StreamedFeatures(self.network, self.images[rows], self.prepare)

    @torch.no_grad()
    def __iter__(self) -> Iterator[Tensor]:
        for rows in _batches(self.images):
            with evaluation_mode(self.network):
                block = self.network.features(self.prepare(self.images[rows]))
            yield block


Features = Tensor | StreamedFeatures


@dataclass(frozen=True)
class Evaluated:
    """What a network makes of all images of a set.

    Attributes
    ----------
    features : (n, d); a stream where they take more than `complexity.models.features.MAX_BYTES`.
    logits : (n, classes) where the network classifies.
    loss, accuracy : means, where the paradigm defines them.
    """

    features: Features
    logits: Tensor | None
    loss: float | None
    accuracy: float | None

    def kept_features(self) -> Tensor:
        """The features in memory, whatever their size."""
        return self.features if isinstance(self.features, Tensor) else torch.cat(list(self.features))


@torch.no_grad()
def evaluate(
    network: Network, paradigm: Paradigm, data: ImageTensors, prepare: Callable[[Tensor], Tensor]
) -> Evaluated:
    """Features, logits, loss and accuracy of images that are not augmented."""
    features, logits, found = [], [], []
    with evaluation_mode(network):
        for rows in _batches(data.images):
            inputs, labels = prepare(data.images[rows]), data.labels[rows]
            encoded = network.encoder(inputs)
            features += [encoded] if encoded[0].nbytes * len(data) <= MAX_BYTES else []
            outputs = network.head(encoded)
            logits += [outputs] if paradigm.classifies else []
            found.append(paradigm.evaluate(outputs, inputs, labels))
    losses = [one.sum for one in found if one is not None]
    correct = [one.correct for one in found if one is not None and one.correct is not None]
    return Evaluated(
        torch.cat(features).flatten(1) if features else StreamedFeatures(network, data.images, prepare),
        torch.cat(logits) if logits else None,
        float(torch.stack(losses).sum()) / len(data) if losses else None,
        float(torch.stack(correct).sum()) / len(data) if correct else None,
    )


@torch.no_grad()
def features(network: Network, images: Tensor, prepare: Callable[[Tensor], Tensor]) -> Tensor:
    """Features (n, d) in the mode that the network is in."""
    return torch.cat([network.features(prepare(images[rows])) for rows in _batches(images)])


@torch.no_grad()
def block_outputs(
    network: Network, blocks: list[nn.Module], images: Tensor, prepare: Callable[[Tensor], Tensor]
) -> list[Tensor]:
    """Each block's output, flattened, (n, c h w)."""
    seen: list[list[Tensor]] = [[] for _ in blocks]
    handles = [
        block.register_forward_hook(lambda layer, args, output, kept=kept: kept.append(output.flatten(1)))
        for block, kept in zip(blocks, seen, strict=True)
    ]
    try:
        with evaluation_mode(network):
            features(network, images, prepare)
    finally:
        for handle in handles:
            handle.remove()
    return [torch.cat(seen.pop(0)) for _ in blocks]  # the parts of one output are freed before the next is put together


def _batches(images: Tensor) -> Iterator[slice]:
    return batches(len(images), ROWS_AT_A_TIME.get(images.device.type, 128))


@contextmanager
def batch_statistics(network: Network) -> Iterator[None]:
    """Training mode, in which batch normalization uses the batch's own statistics; nothing of it remains."""
    kept = {name: buffer.clone() for name, buffer in network.named_buffers()}
    network.train()
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in network.named_buffers():
                buffer.copy_(kept[name])
