"""Image sets laid out as ImageNet is: NAME/train/CLASS/*.jpg and NAME/val/CLASS/*.jpg, or test instead of val."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from complexity.errors import InputError

from .split import Split

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def folder_splits(folder: Path, image_size: int) -> tuple[Split, Split]:
    """The parts train and test, in colour; images are cropped in the centre to squares and brought to one size.

    torchvision's ImageFolder does this too, but Pillow, which Matplotlib brings, is enough.

    Raises
    ------
    InputError
        If a part is missing or has no images, or the parts have different classes.
    """
    parts = [folder / "train", folder / ("val" if (folder / "val").is_dir() else "test")]
    classes = [sorted(one.name for one in part.glob("*") if one.is_dir()) for part in parts]
    for part, names in zip(parts, classes, strict=True):
        if not names:
            raise InputError("no folders of classes", file=part, expected="CLASS/*.jpg")
    if classes[0] != classes[1]:
        odd = sorted(set(classes[0]) ^ set(classes[1]))
        raise InputError("a class is in one part only", file=folder, found=odd[0])
    return _split(parts[0], classes[0], image_size), _split(parts[1], classes[1], image_size)


def _split(part: Path, classes: list[str], image_size: int) -> Split:
    files = [
        (file, label)
        for label, name in enumerate(classes)
        for file in sorted((part / name).iterdir())
        if file.suffix.lower() in SUFFIXES
    ]
    if not files:
        raise InputError("no images", file=part, expected=f"files {', '.join(SUFFIXES)}")

    def read(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.stack([_image(files[int(row)][0], image_size) for row in rows])

    return Split(np.array([label for _, label in files], dtype=np.int64), read)


def _image(file: Path, size: int) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            return np.asarray(ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR))
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(f"the image cannot be read: {error}", file=file) from error
