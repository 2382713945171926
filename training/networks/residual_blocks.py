"""Residual blocks: basic and bottleneck, each with normalization after or before the convolutions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


def convolution(inward: int, outward: int, size: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps height and width at stride 1, without bias, as normalization follows."""
    return nn.Conv2d(inward, outward, size, stride, padding=size // 2, bias=False)


class PaddedShortcut(nn.Module):
    """Option A of He et al. 2016 (section 4.2): every second pixel, and zeros for the channels that are new."""

    def __init__(self, inward: int, outward: int, stride: int) -> None:
        super().__init__()
        self.stride, self.new = stride, outward - inward

    def forward(self, x: Tensor) -> Tensor:
        before = self.new // 2
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, self.new - before))


def projected_shortcut(inward: int, outward: int, stride: int) -> nn.Module:
    """Option B: a convolution of size 1 with normalization."""
    return nn.Sequential(convolution(inward, outward, 1, stride), nn.BatchNorm2d(outward))


def bare_shortcut(inward: int, outward: int, stride: int) -> nn.Module:
    """A convolution of size 1 alone, for blocks that normalize before they convolve."""
    return convolution(inward, outward, 1, stride)


Shortcut = Callable[[int, int, int], nn.Module]


def _layers(inward: int, width: int, stride: int, bottleneck: bool) -> list[nn.Conv2d]:
    if bottleneck:
        sizes = [(inward, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)]
    else:
        sizes = [(inward, width, 3, stride), (width, width, 3, 1)]
    return [convolution(*size) for size in sizes]


class Block(nn.Module):
    """Two convolutions, or three with a bottleneck, beside a shortcut; normalization after each (He et al. 2016a)."""

    def __init__(self, inward: int, width: int, stride: int, bottleneck: bool, shortcut: Shortcut) -> None:
        super().__init__()
        layers = _layers(inward, width, stride, bottleneck)
        self.convolutions = nn.ModuleList(layers)
        outward = (4 if bottleneck else 1) * width
        self.norms = nn.ModuleList(nn.BatchNorm2d(layer.out_channels) for layer in layers)
        same = stride == 1 and inward == outward
        self.shortcut = nn.Identity() if same else shortcut(inward, outward, stride)

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        for number, (layer, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            inner = norm(layer(functional.relu(inner) if number else inner))
        return functional.relu(inner + self.shortcut(x))


class PreactivationBlock(nn.Module):
    """A residual block with normalization and ReLU before each convolution, nothing after the sum (He et al. 2016b).

    Where the shape changes, the shortcut starts from the normalized input, as in the authors' code.
    """

    def __init__(self, inward: int, width: int, stride: int, bottleneck: bool, shortcut: Shortcut) -> None:
        super().__init__()
        layers = _layers(inward, width, stride, bottleneck)
        self.convolutions = nn.ModuleList(layers)
        outward = (4 if bottleneck else 1) * width
        self.norms = nn.ModuleList(nn.BatchNorm2d(layer.in_channels) for layer in layers)
        self.shortcut = None if stride == 1 and inward == outward else shortcut(inward, outward, stride)

    def forward(self, x: Tensor) -> Tensor:
        first = functional.relu(self.norms[0](x))
        inner = self.convolutions[0](first)
        for layer, norm in zip(list(self.convolutions)[1:], list(self.norms)[1:], strict=True):
            inner = layer(functional.relu(norm(inner)))
        return torch.add(inner, x if self.shortcut is None else self.shortcut(first))
