"""One half of a data set, train or test, of which any rows can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError


@dataclass(frozen=True)
class Split:
    """Images and labels in the order of the data set.

    Attributes
    ----------
    labels : (n,) class numbers.
    read : given rows (m,), their images (m, h, w, c) as uint8.
    """

    labels: NDArray[np.int64]
    read: Callable[[NDArray[np.int64]], NDArray[np.uint8]]


def split_of_arrays(images: NDArray[Any], labels: NDArray[Any], file: str) -> Split:
    """A split of images (n, h, w) or (n, h, w, c) in memory.

    Raises
    ------
    InputError
        For other shapes or types, or labels that are no class numbers.
    """
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or images.dtype != np.uint8 or len(images) == 0:
        found = f"shape {images.shape} of {images.dtype}"
        raise InputError("no images", file=file, expected="shape (n, h, w, c) of uint8", found=found)
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu" or labels.min() < 0:
        found = f"shape {labels.shape} of {labels.dtype}"
        raise InputError("no class numbers", file=file, expected=f"({len(images)},) whole numbers >= 0", found=found)
    return Split(labels.astype(np.int64), lambda rows: images[rows])
