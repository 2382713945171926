"""The preset `workstation` as data: how large every recipe is, and which runs are made in which order.

What is ours beside the papers' own settings, which `recipes` holds: widths between the papers' and a laptop's; a fifth
of their epochs or less, under one schedule for all, a linear rise and a cosine to zero; rates that this schedule bears;
the products of training in bfloat16. Networks, paradigms, augmentations, optimizers and batches of 128 are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .optimization import Optimization


@dataclass(frozen=True)
class Size:
    """How one recipe is run, in place of what it says itself.

    Attributes
    ----------
    optimization : optimizer and rates.
    epochs : on every data set that `epochs_on` does not name.
    seconds : of an epoch on CIFAR-10 with its records, about, on one core with AVX-512 and bfloat16 (AMD EPYC, Zen 4);
        from them `runs.remaining` tells how long runs take of which nothing is done.
    epochs_on : by the data set's name.
    arguments : of the network.
    batch_size : of training.
    """

    optimization: Optimization
    epochs: int
    seconds: float
    epochs_on: Mapping[str, int] = field(default_factory=dict)
    arguments: Mapping[str, int] = field(default_factory=dict)
    batch_size: int = 128


ONE_CYCLE = "ours: one cycle after Smith and Topin 2018, a rise for a fifth of a short run, then a cosine to zero"


def _sgd(rate: float, weight_decay: float, theirs: str) -> Optimization:
    source = f"{ONE_CYCLE}; Nesterov's momentum, rate {rate} and decay {weight_decay}, where {theirs}"
    return Optimization("sgd", rate, source, nesterov=True, weight_decay=weight_decay, rise=0.2)


RESNET = _sgd(0.1, 5e-4, "He et al. 2016 have plain momentum, 0.1 in steps and 1e-4")
VGG = _sgd(0.05, 5e-4, "Simonyan and Zisserman 2015 have plain momentum, 0.01 in steps and 5e-4, without normalization")
WIDE_RESNET = _sgd(0.1, 5e-4, "Zagoruyko and Komodakis 2016 have the same, in steps")
SIMCLR = _sgd(
    0.3, 1e-4,
    "the code of Khosla et al. 2020 has plain momentum, 0.0625 (in proportion) on a loss seven times as large, 1e-4",
)  # fmt: skip
SUPCON = _sgd(
    0.1, 1e-4,
    "the code of Khosla et al. 2020 has plain momentum, 0.0625 (in proportion) on a loss 1.4 times as large, 1e-4",
)  # fmt: skip
ADAM = Optimization(
    "adam", 3e-3, rise=0.2,
    source=f"{ONE_CYCLE}; rate 3e-3, where Kingma and Ba 2015 have a constant 1e-3; the network has no paper",
)  # fmt: skip

WIDTH = {"width": 16}  # a quarter of the papers'; a laptop's is an eighth

SIZES: Mapping[str, Size] = {
    "resnet20": Size(RESNET, 20, 175, {"mnist": 3}),
    "resnet18": Size(RESNET, 20, 150, {"mnist": 3}, WIDTH),
    "vgg16": Size(VGG, 20, 75, {"mnist": 4}, WIDTH),
    "wide_resnet28": Size(WIDE_RESNET, 20, 215, {"mnist": 3}, {"factor": 2, "width": 8}),
    "mlp": Size(ADAM, 25, 30, {"mnist": 8}),
    "autoencoder": Size(ADAM, 15, 50, {"mnist": 5}),
    "denoising_autoencoder": Size(ADAM, 15, 50, {"mnist": 5}),
    "simclr": Size(SIMCLR, 40, 230, {"mnist": 8}, WIDTH),
    "supcon": Size(SUPCON, 20, 230, {"mnist": 5}, WIDTH),
    "resnet20_shuffled_labels": Size(RESNET, 20, 175, {"mnist": 3}),
}

TWICE = ("resnet20", "autoencoder")  # those that are run with two seeds
_CONTROL = "resnet20_shuffled_labels"
_EVERY = tuple((recipe, seed) for recipe in SIZES for seed in range(1 + (recipe in TWICE)))

# The runs on each data set, recipe and seed; the sets in the order in which they are made.
RUNS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "mnist": tuple(run for run in _EVERY if run[0] != _CONTROL),
    "cifar10": _EVERY,
    "cifar100": tuple(run for run in _EVERY if run[0] in TWICE),
}
