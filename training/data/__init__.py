"""Image sets: found on the disk, read in one fixed order, kept as tensors on the device."""

from .image_set import ImageSet, read_image_set
from .tensors import ImageTensors, Standardization, standardization, tensors

__all__ = ["ImageSet", "ImageTensors", "Standardization", "read_image_set", "standardization", "tensors"]
