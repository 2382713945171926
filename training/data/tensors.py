"""Images as tensors: the whole set lies on the device as uint8 and is standardized batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from complexity.samples import Samples


@dataclass(frozen=True)
class Standardization:
    """Mean and standard deviation of the training images on the scale 0 to 1, by channel."""

    mean: Tensor  # (c, 1, 1)
    deviation: Tensor

    def __call__(self, images: Tensor) -> Tensor:
        """Images (n, c, h, w) of 0 to 1, or as uint8, to zero mean and unit deviation."""
        scaled = images.float() / 255 if images.dtype == torch.uint8 else images
        return (scaled - self.mean) / self.deviation


@dataclass(frozen=True)
class ImageTensors:
    """Images (n, c, h, w) as uint8 and labels (n,) on one device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def first(self, rows: int) -> ImageTensors:
        return ImageTensors(self.images[:rows], self.labels[:rows])


def tensors(samples: Samples, device: torch.device) -> ImageTensors:
    """The samples of an image set on a device."""
    images = np.ascontiguousarray(samples.inputs.transpose(0, 3, 1, 2))
    return ImageTensors(torch.from_numpy(images).to(device), torch.from_numpy(samples.class_numbers()).to(device))


def standardization(images: NDArray[Any], device: torch.device) -> Standardization:
    """The standardization by mean and deviation of images (n, h, w, c) as uint8."""
    # From the histogram of each channel: exact, and no copy in floating point.
    counts = np.stack([np.bincount(images[..., channel].ravel(), minlength=256) for channel in range(images.shape[3])])
    levels = np.arange(256) / 255
    weights = counts / counts.sum(axis=1, keepdims=True)
    mean = weights @ levels
    deviation = np.sqrt(np.maximum(weights @ levels**2 - mean**2, 1e-12))
    both = (torch.tensor(v, dtype=torch.float32, device=device)[:, None, None] for v in (mean, deviation))
    return Standardization(*both)
