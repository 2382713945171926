"""Inputs scaled as in training: a mean is subtracted, and what remains divided by a deviation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from complexity.errors import InputError
from complexity.samples import Samples

from ...formats.json_files import read_json
from ...formats.npz import read_arrays

EXPECTED = "MEAN,STD, or a file .json or .npz with mean and std: a number, one a channel, or one an entry of a sample"
MEANS, DEVIATIONS = ("mean", "means"), ("std", "deviation", "scale")


@dataclass(frozen=True)
class Normalization:
    """(x - mean) / std, each a number, a vector (channels,), or of the shape of a sample."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    def __call__(self, samples: Samples) -> Samples:
        """The samples, scaled, as float32.

        Raises
        ------
        InputError
            For several inputs, and where mean or deviation does not fit the inputs.
        """
        inputs = samples.one_input("several inputs cannot be scaled here")
        shape = inputs.shape[1:]
        mean, std = _fitted(self.mean, shape, "mean"), _fitted(self.std, shape, "std")
        return Samples(((inputs - mean) / std).astype(np.float32), samples.targets, samples.truncated)


def normalization(given: str | tuple[ArrayLike, ArrayLike]) -> Normalization:
    """What `--normalize` says, or a pair (mean, std).

    Raises
    ------
    InputError
        For what is neither two numbers nor such a file, and deviations that are not positive.
    """
    parts = _read(given) if isinstance(given, str) else given
    try:
        mean, std = (np.asarray(one, np.float64) for one in parts)
    except (TypeError, ValueError) as error:
        raise InputError("no mean and deviation", field="normalize", expected=EXPECTED, found=str(given)) from error
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
        expected = "finite means and positive deviations"
        raise InputError("bad mean or deviation", field="normalize", expected=expected, found=f"{mean}, {std}")
    return Normalization(mean, std)


def _read(text: str) -> tuple[Any, Any]:
    path = Path(text)
    if path.suffix.lower() in (".json", ".npz"):
        content = read_json(path) if path.suffix.lower() == ".json" else read_arrays(path)
        found = [next((content[name] for name in names if name in content), None) for names in (MEANS, DEVIATIONS)]
        if any(one is None for one in found):
            names = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
            raise InputError("no mean and std", file=path, expected="mean and std", found=names)
        return found[0], found[1]
    numbers = text.split(",")
    if len(numbers) != 2:
        raise InputError("no mean and deviation", field="normalize", expected=EXPECTED, found=text)
    return numbers[0], numbers[1]


def _fitted(numbers: NDArray[np.float64], shape: tuple[int, ...], field: str) -> NDArray[np.float64]:
    """The numbers in a shape that goes with samples of this one."""
    if numbers.size == 1 or numbers.shape == shape:
        return numbers.reshape(()) if numbers.size == 1 else numbers
    if numbers.ndim == 1 and len(shape) > 1:
        if shape[-1] == len(numbers):
            return numbers
        if shape[0] == len(numbers):
            return numbers.reshape(-1, *[1] * (len(shape) - 1))
    expected = f"a number, {shape[0]} or {shape[-1]} numbers, or the shape {shape}"
    raise InputError("does not fit the samples", field=f"normalize: {field}", expected=expected, found=numbers.shape)
