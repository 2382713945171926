"""Samples of a folder of images, a folder a class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.regular_files import open_regular

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
MOST_PIXELS = 2**26  # of an image


def read_image_folder(folder: Path, most: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    """Images (n, h, w, c) from 0 to 255, one channel where all are grey, and labels (n,).

    `CLASS/*.png`, classes numbered in the order of their names, or `train/CLASS/*.png`; images in the folder itself
    have no labels. Torchvision reads such folders, but where Pillow is enough it need not be installed, and it takes
    images of any size.

    Parameters
    ----------
    most : so many images are drawn where there are more.

    Raises
    ------
    InputError
        If Pillow is not installed, there are no images, one cannot be read, or they have different sizes.
    """
    folder = folder / "train" if (folder / "train").is_dir() else folder
    files, labels = _listed(folder)
    if not files:
        raise InputError("no images", file=folder, expected=f"CLASS/*{', *'.join(ENDINGS)}, or shard_K.tfrecord")
    chosen = np.arange(len(files))
    if most is not None and most < len(files):
        chosen = np.sort(np.random.default_rng(0).choice(len(files), most, replace=False))
    images = [_image(files[one]) for one in chosen]
    grey = all(one.ndim == 2 for one in images)
    alike = [one[..., None] if grey else one if one.ndim == 3 else np.repeat(one[..., None], 3, -1) for one in images]
    for place, one in zip(chosen, alike, strict=True):
        if one.shape != alike[0].shape:
            problem, expected = "images of different sizes", f"{_size(alike[0])} as of {files[chosen[0]].name}"
            raise InputError(problem, file=files[place], expected=expected, found=_size(one))
    return np.stack(alike), None if labels is None else labels[chosen]


def _listed(folder: Path) -> tuple[list[Path], NDArray[np.int64] | None]:
    classes = sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    by_class = [_images_of(one) for one in classes]
    if any(by_class):
        labels = np.repeat(np.arange(len(classes)), [len(files) for files in by_class])
        return [file for files in by_class for file in files], labels
    return _images_of(folder), None


def _images_of(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in ENDINGS and not one.name.startswith("."))


def _image(path: Path) -> NDArray[np.uint8]:
    try:
        from PIL import Image
    except ImportError as error:  # Matplotlib brings it
        raise InputError("Pillow is not installed", expected="the extra [torch]") from error
    with open_regular(path) as file:
        try:
            with Image.open(file) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise InputError(
                        "the image is too large", expected=f"at most {MOST_PIXELS} pixels", found=image.size
                    )
                return np.asarray(image if image.mode == "L" else image.convert("L" if _is_grey(image) else "RGB"))
        except InputError as error:
            raise error.at(file=path) from error
        except Exception as error:  # whatever Pillow's readers say of damage
            raise InputError(f"the image cannot be read: {error}", file=path) from error


def _is_grey(image: Any) -> bool:
    return image.mode in ("1", "LA", "I", "I;16")


def _size(image: NDArray[Any]) -> str:
    return f"{image.shape[1]} x {image.shape[0]} pixels"
