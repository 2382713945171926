"""The images of a zoo: reduced, standardized by channel, as they stand in the tfrecords."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from complexity.samples import Samples
from pgdl_eval.formats.layers import Shape

from ..data import ImageTensors, read_image_set


@dataclass(frozen=True)
class ZooImages:
    """Images (n, h, w, c) as float32 with labels: what networks are trained on, and what is written.

    Attributes
    ----------
    name, digest : the image set, and the hash of the samples taken from it.
    classes : how many.
    mean, deviation : (c,) of the training images on the scale 0 to 1, by which all are standardized.
    """

    name: str
    digest: str
    classes: int
    train: Samples
    test: Samples
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @property
    def shape(self) -> Shape:
        """Height, width and channels."""
        return self.train.one_input().shape[1:]


def zoo_images(
    name: str, folder: Path, train_limit: int | None, test_limit: int | None, side: int | None, download: bool
) -> ZooImages:
    """The images of a zoo; arguments and errors as for `read_image_set`.

    Parameters
    ----------
    side : images are reduced to this side by area averaging; None leaves them as they are.
    """
    found = read_image_set(name, folder, train_limit=train_limit, test_limit=test_limit, download=download)
    train, test = (_reduced(part.inputs, side) for part in (found.train, found.test))
    mean, deviation = train.mean(axis=(0, 1, 2), dtype=np.float64), train.std(axis=(0, 1, 2), dtype=np.float64)
    train, test = (((part - mean) / deviation).astype(np.float32) for part in (train, test))
    labels = [part.class_numbers() for part in (found.train, found.test)]
    samples = Samples(train, labels[0]), Samples(test, labels[1])
    statistics = mean.astype(np.float32), deviation.astype(np.float32)
    return ZooImages(name, found.digest, found.classes, *samples, *statistics)


def image_tensors(samples: Samples, device: torch.device) -> ImageTensors:
    """Images (n, c, h, w) with channels last in memory, and labels, on a device."""
    images = torch.from_numpy(samples.inputs).to(device).permute(0, 3, 1, 2)
    return ImageTensors(images, torch.from_numpy(samples.class_numbers()).to(device))


def _reduced(images: NDArray[np.uint8], side: int | None) -> NDArray[np.float32]:
    """Images in [0, 1]; each pixel of the smaller ones is the mean of the area that it covers."""
    scaled = np.divide(images, 255, dtype=np.float32)
    if side is None:
        return scaled
    channels_first = torch.from_numpy(scaled).permute(0, 3, 1, 2)
    found = functional.interpolate(channels_first, (side, side), mode="area").permute(0, 2, 3, 1)
    return np.asarray(found, np.float32)
