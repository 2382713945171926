"""Small sets of images as training reads them."""

from pathlib import Path

import numpy as np


def write_stripes(folder: Path, name: str, *, rows: tuple[int, int], contrast: float, noise: float) -> Path:
    """Write FOLDER/NAME.npz with images of four classes, which differ in the number of their stripes."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in zip(("train", "test"), rows, strict=True):
        labels = np.arange(n) % 4
        waves = np.sin(np.arange(12) * (labels[:, None] + 1) / 2)[:, :, None, None]
        pixels = 128 + contrast * waves + noise * rng.standard_normal((n, 12, 12, 3))
        arrays[f"x_{part}"] = np.clip(pixels, 0, 255).astype(np.uint8)
        arrays[f"y_{part}"] = labels
    np.savez(folder / f"{name}.npz", **arrays)
    return folder
