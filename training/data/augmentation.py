"""Random crops, flips and colours of a whole batch at once, drawn for each image by itself, on its device.

torchvision's transforms draw once for a batch, or work image by image on the processor's side.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

PADDING = 4  # pixels on each side
GRAY = (0.299, 0.587, 0.114)  # luma of ITU-R BT.601


def uniform(images: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """One number an image, (n, 1, 1, 1)."""
    drawn = torch.rand(len(images), 1, 1, 1, generator=generator, device=images.device)
    return low + (high - low) * drawn


def chosen(images: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Whether each image takes part, (n, 1, 1, 1)."""
    return uniform(images, 0, 1, generator) < probability


def crop_and_flip(images: Tensor, generator: torch.Generator, *, flip: bool = True, padding: int = PADDING) -> Tensor:
    """Pad with black, crop to the old size at a random place, mirror half of the images (He et al. 2016, section 4.2).

    Parameters
    ----------
    images : (n, c, h, w) of any type.
    flip : whether to mirror at all, which turns a digit into none.
    """
    n, _, height, width = images.shape
    padded = functional.pad(images, (padding,) * 4)
    device = images.device
    top, left = (torch.randint(2 * padding + 1, (n, 1), generator=generator, device=device) for _ in range(2))
    rows = top + torch.arange(height, device=device)  # (n, h)
    columns = torch.arange(width, device=device).expand(n, width)
    flipped = chosen(images, 0.5 if flip else 0.0, generator)[:, 0, 0]
    columns = left + torch.where(flipped, width - 1 - columns, columns)  # (n, w)
    which = torch.arange(n, device=device)[:, None, None]
    cropped = padded[which, :, rows[:, :, None], columns[:, None, :]]  # (n, h, w, c)
    return cropped.permute(0, 3, 1, 2).contiguous()


def resized_crop_and_flip(
    images: Tensor, generator: torch.Generator, *, least_area: float, flip: bool = True
) -> Tensor:
    """Crop a share of the area in [least_area, 1], aspect ratio 3/4 to 4/3, bring it to the old size, mirror.

    Parameters
    ----------
    images : (n, c, h, w) of floats.
    """
    area = uniform(images, least_area, 1, generator)
    ratio = torch.exp(uniform(images, math.log(3 / 4), math.log(4 / 3), generator))
    wide = torch.sqrt(area * ratio).clamp(max=1).flatten()
    high = torch.sqrt(area / ratio).clamp(max=1).flatten()
    x, y = ((uniform(images, -1, 1, generator).flatten() * (1 - side)) for side in (wide, high))
    mirror = torch.where(chosen(images, 0.5 if flip else 0.0, generator).flatten(), -1.0, 1.0)
    none = torch.zeros_like(x)
    map_to_source = torch.stack([torch.stack([wide * mirror, none, x], 1), torch.stack([none, high, y], 1)], 1)
    grid = functional.affine_grid(map_to_source, list(images.shape), align_corners=False)  # (n, h, w, 2)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def color_jitter(images: Tensor, generator: torch.Generator, *, strength: float) -> Tensor:
    """Brightness, contrast, saturation and hue of images (n, 3, h, w) in [0, 1], in this order.

    As in SimCLR (appendix A): factors in 1 +- 0.8 strength, hue turned by up to 0.2 strength of a full circle, here in
    the plane of chroma of the YIQ space. Grey images get brightness and contrast alone.
    """
    low, high = max(0.0, 1 - 0.8 * strength), 1 + 0.8 * strength
    images = (images * uniform(images, low, high, generator)).clamp(0, 1)
    mean = gray(images).mean(dim=(2, 3), keepdim=True)
    images = (mean + (images - mean) * uniform(images, low, high, generator)).clamp(0, 1)
    if images.shape[1] != 3:
        return images
    luma = gray(images)
    images = (luma + (images - luma) * uniform(images, low, high, generator)).clamp(0, 1)
    return _turned_hue(images, uniform(images, -0.2 * strength, 0.2 * strength, generator)).clamp(0, 1)


def gray(images: Tensor) -> Tensor:
    """Luma (n, 1, h, w); a grey image is its own."""
    if images.shape[1] != 3:
        return images
    return (images * torch.tensor(GRAY, device=images.device)[:, None, None]).sum(dim=1, keepdim=True)


def gaussian_blur(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image by its own sigma (n, 1, 1, 1) in pixels, with a kernel of a tenth of the image's side."""
    n, channels, height, _ = images.shape
    reach = max(1, height // 20)
    steps = torch.arange(-reach, reach + 1, device=images.device)
    kernels = torch.exp(-(steps**2) / (2 * sigma.reshape(n, 1) ** 2))
    kernels = (kernels / kernels.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)[:, None, None]
    flat = functional.pad(images, (reach,) * 4, mode="reflect").reshape(1, n * channels, height + 2 * reach, -1)
    flat = functional.conv2d(flat, kernels, groups=n * channels)
    return functional.conv2d(flat, kernels.transpose(2, 3), groups=n * channels).reshape(images.shape)


def _turned_hue(images: Tensor, turn: Tensor) -> Tensor:
    """Rotate chroma by so many full circles (n, 1, 1, 1)."""
    to_yiq = torch.tensor([GRAY, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)], device=images.device)
    y, i, q = torch.einsum("kc,nchw->nkhw", to_yiq, images).chunk(3, dim=1)
    cosine, sine = torch.cos(2 * math.pi * turn), torch.sin(2 * math.pi * turn)
    turned = torch.cat([y, cosine * i - sine * q, sine * i + cosine * q], dim=1)
    return torch.einsum("ck,nkhw->nchw", torch.linalg.inv(to_yiq), turned)
