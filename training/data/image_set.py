"""From a name to images in memory, the same rows in the same order for every run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.samples import Samples

from .image_folder import folder_splits
from .npz_files import npz_splits
from .split import Split
from .torchvision_files import CLASSES, torchvision_splits

DIGITS = ("mnist", "svhn")  # image sets that are not mirrored, which turns a digit into none


@dataclass(frozen=True)
class ImageSet:
    """Images (n, h, w, c) as uint8 with labels.

    Attributes
    ----------
    name, source : what it is, and where it was read from.
    classes : how many, in the whole data set.
    train, test : images and labels.
    train_rows, test_rows : positions of these samples in the data set.
    """

    name: str
    source: str
    classes: int
    train: Samples
    test: Samples
    train_rows: NDArray[np.int64]
    test_rows: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        height, width, channels = self.train.inputs.shape[1:]
        return channels, height, width

    @property
    def digest(self) -> str:
        """SHA-256 of all samples."""
        return hashlib.sha256((self.train.digest + self.test.digest).encode()).hexdigest()

    @property
    def order_digest(self) -> str:
        """SHA-256 of the positions, train before test."""
        return hashlib.sha256(self.train_rows.tobytes() + self.test_rows.tobytes()).hexdigest()


def read_image_set(
    name: str,
    folder: Path,
    *,
    train_limit: int | None = None,
    test_limit: int | None = None,
    image_size: int = 64,
    download: bool = False,
) -> ImageSet:
    """Read a data set: torchvision's files, else NAME.npz, else NAME/train/CLASS/ as ImageNet is laid out.

    Parameters
    ----------
    name : `mnist`, `fashion_mnist`, `cifar10`, `cifar100`, `svhn`, or that of a file or folder of one's own.
    folder : where to look.
    train_limit, test_limit : so many rows; all for None. They are drawn, and put in order, by a fixed permutation, so
        that those of a smaller limit are the first of a larger one, and every class is among them.
    image_size : side to which images of a folder are brought.
    download : let torchvision fetch what is missing.

    Raises
    ------
    InputError
        If it is found nowhere; the message names the paths and how to get it.
    """
    file, tree = folder / f"{name}.npz", folder / name
    found = torchvision_splits(name, folder, download)
    source = f"torchvision.datasets.{CLASSES.get(name)}"
    if found is None and file.exists():
        found, source = npz_splits(file), file.name
    if found is None and tree.is_dir():
        found, source = folder_splits(tree, image_size), f"{name}/"
    if found is None:
        raise _missing(name, folder)
    classes = int(max(split.labels.max() for split in found)) + 1
    train, train_rows = _first_rows(found[0], train_limit, seed=0)
    test, test_rows = _first_rows(found[1], test_limit, seed=1)
    return ImageSet(name, source, classes, train, test, train_rows, test_rows)


def _first_rows(split: Split, limit: int | None, seed: int) -> tuple[Samples, NDArray[np.int64]]:
    rows = np.random.default_rng(seed).permutation(len(split.labels))[:limit].astype(np.int64)
    return Samples(split.read(rows), split.labels[rows], truncated=len(rows) < len(split.labels)), rows


def _missing(name: str, folder: Path) -> InputError:
    searched = [f"{folder / name}.npz", f"{folder / name}/train/CLASS/"]
    ways = "write that file with the uint8 arrays x_train (n, h, w, c), x_test and the labels y_train, y_test"
    if name in CLASSES:
        searched.insert(0, f"{folder}/ (unaltered files of torchvision.datasets.{CLASSES[name]})")
        ways = f"add --download to let torchvision fetch it, or {ways}"
    problem = f"no data found at {', '.join(searched)}; give another folder by --data-dir, {ways}"
    return InputError(problem, field=f"data {name}")
