"""Random changes of images that keep what they show; every image has random numbers of its own.

Images are (n, h, w, c) arrays of any range of values. Nothing here knows what they show: a mirrored cat is a cat, a
mirrored 2 is no 2, and an image of the ground from above may be turned upside down. `mirror_asymmetry` tells the first
two apart by the arrays alone.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]
Array = NDArray[np.floating]

AUGMENTATIONS = ("flip", "vertical_flip", "crop", "colour")
UNIFORMS = 7  # random numbers an image: each augmentation has columns of its own, whichever others are chosen
LARGEST_SHIFT = 8  # one part in so many of a side: the usual 4 pixels of 32
COLOUR_STRENGTH = 0.2  # brightness, contrast and saturation are multiplied by 0.8 to 1.2


def augment(images: Images, uniforms: Array, names: Collection[str], low: Array, high: Array) -> Images:
    """The images after the named augmentations.

    Parameters
    ----------
    images : (n, h, w, c).
    uniforms : (n, `UNIFORMS`) numbers in [0, 1), a row an image.
    names : some of `AUGMENTATIONS`; they are applied in that order.
    low, high : (c,) the range of each channel, for the colour.
    """
    if "flip" in names:
        images = mirrored(images, uniforms[:, 0])
    if "vertical_flip" in names:
        images = mirrored(images.swapaxes(1, 2), uniforms[:, 1]).swapaxes(1, 2)
    if "crop" in names:
        images = shifted(images, uniforms[:, 2:4])
    if "colour" in names:
        images = recoloured(images, uniforms[:, 4:7], low, high)
    return images


def mirrored(images: Images, uniform: Array) -> Images:
    """Each image, left and right exchanged where its number (n,) is below one half."""
    return np.where((uniform < 0.5)[:, None, None, None], images[:, :, ::-1], images)


def shifted(images: Images, uniforms: Array) -> Images:
    """Each image cropped from its padded self, at one of all places with the same chance.

    The padding mirrors the image at its border: so it needs no value for "black", which standardized inputs do not
    tell, and a plain background stays what it is.

    Parameters
    ----------
    uniforms : (n, 2) for rows and columns; the shift is up to an eighth of the side either way.
    """
    n, height, width, _ = images.shape
    margins = height // LARGEST_SHIFT, width // LARGEST_SHIFT
    padded = np.pad(images, ((0, 0), *((margin, margin) for margin in margins), (0, 0)), mode="reflect")
    top, left = (np.floor(uniforms[:, axis] * (2 * margins[axis] + 1)).astype(int) for axis in (0, 1))
    rows, columns = top[:, None] + np.arange(height), left[:, None] + np.arange(width)  # (n, h), (n, w)
    return np.asarray(padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]])


def recoloured(images: Images, uniforms: Array, low: Array, high: Array) -> Images:
    """Each image with brightness, contrast and saturation changed, in this order.

    They are changed as in [0, 1], where `low` and `high` are mapped to 0 and 1, and what leaves that range is cut. The
    range of each channel undoes a standardization of channels. Grey is the plain mean of the channels, whose order is
    not known here.

    Parameters
    ----------
    uniforms : (n, 3).
    low, high : (c,) of each channel.
    """
    factors = (1 + COLOUR_STRENGTH * (2 * uniforms - 1)).astype(np.float32)
    brightness, contrast, saturation = (factors[:, column, None, None, None] for column in range(3))
    width = np.where(high > low, high - low, 1).astype(np.float32)
    unit = (images - low) / width * brightness
    mean = unit.mean(axis=(1, 2, 3), keepdims=True)
    unit = mean + contrast * (unit - mean)
    grey = unit.mean(axis=3, keepdims=True)
    unit = grey + saturation * (unit - grey)
    return np.asarray(np.clip(unit, 0, 1) * width + low, dtype=np.float32)


def mirror_asymmetry(images: Images, labels: NDArray[np.integer], half: NDArray[np.bool_]) -> float:
    """How far the classes look otherwise in a mirror: 0 for the same, 1/2 for patterns that have nothing in common.

    The share of what tells the classes' mean images apart that a mirror turns round: with the mean m_c of class c less
    the mean over classes, and its odd part a_c = (m_c - mirrored m_c) / 2, sum |a_c|^2 / sum |m_c|^2. The means are
    those of the edges (absolute differences between neighbours), as signs may be dark on light or light on dark. Each
    square is a product of the means over two halves of the images, which noise does not enlarge.

    Parameters
    ----------
    images, labels : (n, h, w, c) and (n,).
    half : (n,) which half an image belongs to.

    Returns
    -------
    The share; NaN where the halves do not agree on what tells the classes apart, or no class is in both.
    """
    grey = images.mean(axis=3, dtype=np.float64)
    edges = np.abs(grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1]) + np.abs(grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:])
    classes = np.intersect1d(labels[half], labels[~half])
    if len(classes) < 2:
        return float("nan")
    first, second = (
        np.stack([edges[part & (labels == one)].mean(axis=0) for one in classes]) for part in (half, ~half)
    )
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)  # (classes, h - 2, w - 2)
    odd, total = np.sum(_odd(first) * _odd(second)), np.sum(first * second)
    return float(odd / total) if total > 0 else float("nan")


def _odd(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    return (maps - maps[:, :, ::-1]) / 2
