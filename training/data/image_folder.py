"""Image sets laid out as ImageNet is: NAME/train/CLASS/*.jpg and NAME/val/CLASS/*.jpg, or test instead of val."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from ..optional import optional_module
from .split import Split


def folder_splits(folder: Path, image_size: int) -> tuple[Split, Split]:
    """Train and test; images are resized on their shorter side and cropped in the centre, to square ones.

    Raises
    ------
    InputError
        If torchvision is not installed, a part is missing, or the parts have different classes.
    """
    datasets, transforms = (
        optional_module(f"torchvision.{part}", "torchvision") for part in ("datasets", "transforms")
    )
    parts = [folder / "train", folder / ("val" if (folder / "val").is_dir() else "test")]
    crop = transforms.Compose([transforms.Resize(image_size), transforms.CenterCrop(image_size)])
    try:
        found: list[Any] = [datasets.ImageFolder(str(part), crop) for part in parts]
    except FileNotFoundError as error:
        raise InputError(f"not laid out as ImageNet is: {error}", file=folder) from error
    if found[0].classes != found[1].classes:
        odd = sorted(set(found[0].classes) ^ set(found[1].classes))
        raise InputError("a class is in one part only", file=folder, found=odd[0])
    return _split(found[0]), _split(found[1])


def _split(images: Any) -> Split:
    def read(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.stack([np.asarray(images[int(row)][0], dtype=np.uint8) for row in rows])

    return Split(np.asarray(images.targets, dtype=np.int64), read)
