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


def write_noise(folder: Path, seed: int) -> Path:
    """Write FOLDER/noise.npz: 48 + 24 images of 12 pixels that say nothing of their four classes."""
    rng = np.random.default_rng(seed)
    arrays = {f"x_{part}": rng.integers(0, 256, (n, 12, 12, 3), np.uint8) for part, n in (("train", 48), ("test", 24))}
    np.savez(folder / "noise.npz", **arrays, y_train=np.arange(48) % 4, y_test=np.arange(24) % 4)
    return folder
