"""Residual networks for small images: ResNet-20/56/110, with pre-activation too, ResNet-50, ResNet-18, Wide-ResNet."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .network import Encoder
from .residual_blocks import (
    Block,
    PaddedShortcut,
    PreactivationBlock,
    Shortcut,
    bare_shortcut,
    convolution,
    projected_shortcut,
)

Shape = tuple[int, int, int]


class ResNet(Encoder):
    """A convolution, stages of residual blocks, the mean over all pixels.

    Parameters
    ----------
    shape : channels, height and width of the images.
    stem : channels of the first convolution.
    widths : of the stages; each after the first halves height and width.
    blocks : in each stage.
    bottleneck : three convolutions a block, and four times as many channels at its end.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        stem: int,
        widths: Sequence[int],
        blocks: int,
        shortcut: Shortcut,
        bottleneck: bool = False,
        preactivation: bool = False,
    ) -> None:
        super().__init__()
        kind = PreactivationBlock if preactivation else Block
        first: list[nn.Module] = [convolution(shape[0], stem, 3)]
        self.stem = nn.Sequential(*(first if preactivation else [*first, nn.BatchNorm2d(stem), nn.ReLU()]))
        stages: list[nn.Module] = []
        inward = stem
        for number, width in enumerate(widths):
            for position in range(blocks):
                stages.append(kind(inward, width, 2 if number and not position else 1, bottleneck, shortcut))
                inward = width * (4 if bottleneck else 1)
        self.stages = nn.Sequential(*stages)
        last: list[nn.Module] = [nn.BatchNorm2d(inward), nn.ReLU()] if preactivation else []
        self.pool = nn.Sequential(*last, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.feature_size = inward
        _initialize(self)

    def blocks(self) -> list[nn.Module]:
        return list(self.stages)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.pool(self.stages(self.stem(images)))
        return found


def _initialize(encoder: nn.Module) -> None:
    """Normal weights of variance 2 / fan out (He et al. 2015), as in the code of all these networks."""
    for layer in encoder.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def cifar_resnet(shape: Shape, *, depth: int, preactivation: bool = False, width: int = 16) -> ResNet:
    """ResNet-20, 56, 110 of He et al. 2016a, section 4.2: three stages, (depth - 2) / 6 basic blocks, 64 features."""
    return ResNet(
        shape, stem=width, widths=[width, 2 * width, 4 * width], blocks=(depth - 2) // 6,
        shortcut=PaddedShortcut, preactivation=preactivation,
    )  # fmt: skip


def cifar_bottleneck_resnet(shape: Shape, *, depth: int, width: int = 16) -> ResNet:
    """The paper's ResNet-50: three stages of (depth - 2) / 6 bottleneck blocks, 256 features (not ImageNet's 2048).

    As in the training code for CIFAR of bearpaw/pytorch-classification, models/cifar/resnet.py, from depth 44 on.
    """
    return ResNet(
        shape, stem=width, widths=[width, 2 * width, 4 * width], blocks=(depth - 2) // 6,
        shortcut=projected_shortcut, bottleneck=True,
    )  # fmt: skip


def resnet18(shape: Shape, *, width: int = 64) -> ResNet:
    """ResNet-18 of He et al. 2016a, table 1, with a stem for small images: four stages of two blocks, 512 features."""
    return ResNet(
        shape, stem=width, widths=[width, 2 * width, 4 * width, 8 * width], blocks=2, shortcut=projected_shortcut
    )


def wide_resnet28(shape: Shape, *, factor: int = 10, width: int = 16) -> ResNet:
    """Wide-ResNet-28-k of Zagoruyko and Komodakis 2016, table 1: pre-activation, 4 blocks a stage, 64 k features."""
    return ResNet(
        shape, stem=width, widths=[factor * width, 2 * factor * width, 4 * factor * width], blocks=4,
        shortcut=bare_shortcut, preactivation=True,
    )  # fmt: skip
