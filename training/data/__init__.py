"""Image sets: found on the disk, read in one fixed order, kept as tensors on the device."""

from .image_set import DIGITS, ImageSet, read_image_set
from .tensors import ImageTensors, Standardization, standardization, tensors

__all__ = ["DIGITS", "ImageSet", "ImageTensors", "Standardization", "read_image_set", "standardization", "tensors"]
