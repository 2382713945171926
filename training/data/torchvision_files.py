"""Image sets in the files that torchvision's datasets read and download.

The files of CIFAR are pickles, which can run any code when opened: torchvision opens those alone whose MD5 sums are the
published ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from complexity.errors import InputError

from ..machine.optional import optional_module
from .split import Split, split_of_arrays

CLASSES = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "svhn": "SVHN",
}


def torchvision_splits(name: str, folder: Path, download: bool) -> tuple[Split, Split] | None:
    """The parts train and test; None if torchvision is not installed, has no such set, or no unaltered files of it."""
    if name not in CLASSES:
        return None
    try:
        datasets = optional_module("torchvision.datasets", "torchvision")
    except InputError:
        if download:
            raise
        return None
    kind = getattr(datasets, CLASSES[name])
    try:
        return _split(kind, name, folder, True, download), _split(kind, name, folder, False, download)
    except RuntimeError:  # what torchvision raises where files are missing or damaged
        if download:
            raise
        return None


def _split(kind: Any, name: str, folder: Path, train: bool, download: bool) -> Split:
    which: dict[str, Any] = {"split": "train" if train else "test"} if name == "svhn" else {"train": train}
    found = kind(str(folder), download=download, **which)
    images = np.asarray(found.data)
    if name == "svhn":  # the only one stored with channels first
        return split_of_arrays(images.transpose(0, 2, 3, 1), np.asarray(found.labels), str(folder))
    return split_of_arrays(images, np.asarray(found.targets), str(folder))
