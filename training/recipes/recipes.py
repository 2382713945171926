"""Recipes as data: a network, a paradigm and the optimizer's settings of the network's own paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .optimization import Optimization


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how.

    Attributes
    ----------
    network, arguments : see `networks.NETWORKS`.
    narrow : arguments of the narrow variant, for a laptop.
    paradigm, paradigm_arguments : see `paradigms.PARADIGMS`.
    block_records, shuffled_labels : see `settings.Settings`.
    """

    network: str
    optimization: Optimization
    narrow: Mapping[str, Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    paradigm: str = "supervised"
    paradigm_arguments: Mapping[str, Any] = field(default_factory=dict)
    block_records: bool = False
    shuffled_labels: bool = False


RESNET = Optimization(
    "sgd", 0.1, weight_decay=1e-4, milestones=(0.5, 0.75),
    source="He, Zhang, Ren and Sun 2016, Deep residual learning, section 4.2: divided by 10 at 32,000 and 48,000 of "
    "64,000 iterations",
)  # fmt: skip
RESNET_110 = replace(
    RESNET, warmup_iterations=400,
    source=RESNET.source + "; 110 layers start at 0.01 until the training error is below 80%, about 400 iterations",
)  # fmt: skip
PREACTIVATION = replace(
    RESNET, warmup_iterations=400,
    source="He, Zhang, Ren and Sun 2016, Identity mappings, appendix: as in Deep residual learning, all depths start "
    "at 0.01 for 400 iterations",
)  # fmt: skip
WIDE_RESNET = Optimization(
    "sgd", 0.1, nesterov=True, weight_decay=5e-4, milestones=(0.3, 0.6, 0.8), decay=0.2,
    source="Zagoruyko and Komodakis 2016, section 3: multiplied by 0.2 at epochs 60, 120 and 160 of 200 on CIFAR",
)  # fmt: skip
VGG = Optimization(
    "sgd", 0.01, weight_decay=5e-4, milestones=(0.5, 0.75, 0.9),
    source="Simonyan and Zisserman 2015, section 3.1, on ImageNet in batches of 256: divided by 10 three times, there "
    "when validation stood still; bearpaw/pytorch-classification, TRAINING.md, starts its VGG-19 on CIFAR at 0.1 and "
    "divides it twice",
)  # fmt: skip
ADAM = Optimization(
    "adam", 1e-3, source="Kingma and Ba 2015, algorithm 1: its default settings; the network has no paper, the cosine "
    "is ours",
)  # fmt: skip
CONTRASTIVE = Optimization(
    "sgd", 0.0625, weight_decay=1e-4,
    source="HobbitLong/SupContrast, code of Khosla et al. 2020, README: cosine from 0.5 for batches of 1024, SimCLR "
    "and SupCon alike, here in proportion for 128; that code multiplies the loss by temperature / 0.07, and warms up "
    "for 10 epochs where batches exceed 256; SimCLR's own paper uses LARS",
)  # fmt: skip

NARROW = {"width": 8}
NARROWEST = {"width": 4}
NARROW_AUTOENCODER = {"width": 8, "bottleneck": 64}

RECIPES: Mapping[str, Recipe] = {
    "mlp": Recipe("mlp", ADAM, {"width": 64}),
    "resnet18": Recipe("resnet18", RESNET, NARROW, block_records=True),
    "resnet20": Recipe("resnet20", RESNET, NARROW),
    "resnet56": Recipe("resnet56", RESNET, NARROWEST),
    "resnet110": Recipe("resnet110", RESNET_110, NARROWEST),
    "preact_resnet20": Recipe("preact_resnet20", PREACTIVATION, NARROW),
    "preact_resnet56": Recipe("preact_resnet56", PREACTIVATION, NARROWEST),
    "preact_resnet110": Recipe("preact_resnet110", PREACTIVATION, NARROWEST),
    "resnet50": Recipe("resnet50", RESNET, NARROWEST),
    "torchvision_resnet50": Recipe("torchvision_resnet50", RESNET, {"small_stem": False}),
    "vgg16": Recipe("vgg16", VGG, NARROW),
    "vgg19": Recipe("vgg19", VGG, NARROW),
    "wide_resnet28": Recipe("wide_resnet28", WIDE_RESNET, {"factor": 2, "width": 4}, {"factor": 10}),
    "autoencoder": Recipe("autoencoder", ADAM, NARROW_AUTOENCODER, paradigm="reconstruction"),
    "denoising_autoencoder": Recipe(
        "autoencoder", ADAM, NARROW_AUTOENCODER, paradigm="reconstruction", paradigm_arguments={"noise": 0.5}
    ),
    "simclr": Recipe("resnet18", CONTRASTIVE, NARROW, paradigm="simclr"),
    "supcon": Recipe("resnet18", CONTRASTIVE, NARROW, paradigm="supcon"),
    # References: there is nothing to generalize from.
    "resnet18_shuffled_labels": Recipe("resnet18", RESNET, NARROW, block_records=True, shuffled_labels=True),
    "resnet20_shuffled_labels": Recipe("resnet20", RESNET, NARROW, shuffled_labels=True),
}
