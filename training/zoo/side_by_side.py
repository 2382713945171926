"""Several networks of one architecture as one: as many kernels are launched for all of them as for one.

A small network leaves a GPU idle: launching its kernels takes longer than running them. Here the channels of all
networks stand side by side, convolutions become grouped ones, dense layers batched products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .keras_network import GlobalAverage, KerasFlatten

Layers = Sequence[Any]  # the layers of all networks at one place


class SideBySide(nn.Module):
    """Networks of `keras_network` that differ in weights and in rates of dropout alone, for training.

    Their parameters and statistics become views of this one's: what trains this one trains them, and each is still a
    network by itself.

    Parameters
    ----------
    networks : on one device; m of them.
    """

    def __init__(self, networks: Sequence[nn.Sequential]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_side_by_side(layers) for layers in zip(*networks, strict=True))
        found: list[tuple[nn.Parameter, list[nn.Parameter]]] = []
        for together, *layers in zip(self.layers, *networks, strict=True):
            found += [(p, [getattr(one, name) for one in layers]) for name, p in together.named_parameters()]
        self.shared = found

    def begin_epoch(self, seeds: Sequence[int]) -> None:
        """Let each network's dropout draw its own numbers."""
        device = self.shared[0][0].device
        generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
        for layer in self.layers:
            if isinstance(layer, _Dropout):
                layer.generators = generators

    def forward(self, images: Sequence[Tensor]) -> Tensor:
        """Logits (m, n, classes) of each network's own images, m times (n, c, h, w)."""
        found = torch.cat(list(images), dim=1).contiguous()
        for layer in self.layers:
            found = layer(found)
        return found

    def backward(self, loss: Tensor) -> None:
        """Set the gradients of the networks' parameters."""
        gradients = torch.autograd.grad(loss, [parameter for parameter, _ in self.shared])
        for (_, parts), gradient in zip(self.shared, gradients, strict=True):
            for part, one in zip(parts, gradient.chunk(len(parts)), strict=True):
                part.grad = one


class Alone:
    """A single network, as fast as it is by itself, with the methods of `SideBySide`."""

    def __init__(self, network: nn.Sequential) -> None:
        # Faster on processors, too. The types of some releases of PyTorch do not know this argument.
        cast(Any, network).to(memory_format=torch.channels_last)
        self.network = network

    def begin_epoch(self, seeds: Sequence[int]) -> None:
        """Let dropout draw its own numbers."""
        torch.manual_seed(seeds[0])
        self.network.train()

    def __call__(self, images: Sequence[Tensor]) -> Tensor:
        """Logits (1, n, classes) of images, one time (n, c, h, w)."""
        found: Tensor = self.network(images[0])
        return found[None]

    def backward(self, loss: Tensor) -> None:
        """Set the gradients of the network's parameters."""
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]


class _Linear(nn.Module):
    """Dense layers, (m, n, in) to (m, n, out)."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.models = len(layers)
        self.weight, self.bias = nn.Parameter(), nn.Parameter()

    def forward(self, features: Tensor) -> Tensor:
        weight = self.weight.view(self.models, -1, features.shape[2])
        return torch.baddbmm(self.bias.view(self.models, 1, -1), features, weight.transpose(1, 2))


class _Flatten(nn.Module):
    """Flattening, (n, m c, h, w) to (m, n, h w c)."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.models = len(layers)

    def forward(self, images: Tensor) -> Tensor:
        n, channels, *sides = images.shape
        return images.reshape(n, self.models, channels // self.models, *sides).permute(1, 0, 3, 4, 2).flatten(2)


class _Average(nn.Module):
    """The mean of each channel, (n, m c, h, w) to (m, n, c)."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.models = len(layers)

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3)).reshape(len(images), self.models, -1).transpose(0, 1)


class _Dropout(nn.Module):
    """Dropout of images (n, m c, h, w) or features (m, n, f), at each network's own rate; what is kept is scaled up."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.rates = [layer.p for layer in layers]
        self.generators: Sequence[torch.Generator] = ()

    def forward(self, given: Tensor) -> Tensor:
        if not any(self.rates):
            return given
        along = 1 if given.dim() == 4 else 0
        kept = [
            self._kept(part, rate, generator)
            for part, rate, generator in zip(
                given.detach().chunk(len(self.rates), along), self.rates, self.generators, strict=True
            )
        ]
        return given * torch.cat(kept, along)

    @staticmethod
    def _kept(part: Tensor, rate: float, generator: torch.Generator) -> Tensor:
        kept = torch.ones_like(part, memory_format=torch.contiguous_format)
        return kept.bernoulli_(1 - rate, generator=generator).div_(1 - rate) if rate else kept


def _side_by_side(layers: Layers) -> nn.Module:
    """One layer for all, which shares its parameters and statistics with them."""
    together = SIDE_BY_SIDE[type(layers[0])](layers)
    for name, _ in list(together.named_parameters()):
        setattr(together, name, nn.Parameter(_shared(layers, name)))
    for name in ("running_mean", "running_var"):
        if hasattr(together, name):
            setattr(together, name, _shared(layers, name))
    return together


def _shared(layers: Layers, name: str) -> Tensor:
    """The tensors of all layers below each other; theirs become its parts."""
    parts = [getattr(layer, name) for layer in layers]
    whole = torch.cat([part.detach() for part in parts]).contiguous()
    for part, view in zip(parts, whole.chunk(len(parts)), strict=True):
        part.data = view
    return whole


def _convolution(layers: Layers) -> nn.Module:
    one, m = layers[0], len(layers)
    widths = m * one.in_channels, m * one.out_channels
    return nn.Conv2d(*widths, one.kernel_size, padding=one.padding, groups=m, device="meta")


def _normalization(layers: Layers) -> nn.Module:
    one = layers[0]
    found = nn.BatchNorm2d(len(layers) * one.num_features, one.eps, one.momentum, device="meta")
    found.num_batches_tracked = None  # a count that only a momentum of None would need
    return found


SIDE_BY_SIDE: dict[type[nn.Module], Callable[[Layers], nn.Module]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _normalization,
    nn.Linear: _Linear,
    nn.ReLU: lambda layers: layers[0],
    nn.MaxPool2d: lambda layers: layers[0],
    nn.Dropout: _Dropout,
    KerasFlatten: _Flatten,
    GlobalAverage: _Average,
}
