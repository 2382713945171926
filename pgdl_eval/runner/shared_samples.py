"""The samples of a task in a folder, for other processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.samples import Samples

NAMES = ("inputs", "labels")


def write_samples(folder: Path, samples: Samples) -> None:
    """Write inputs and labels for other processes.

    Raises
    ------
    InputError
        If they cannot be written.
    """
    try:
        for name, array in zip(NAMES, (samples.one_input(), samples.targets), strict=True):
            if array is not None:
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
    except OSError as error:
        raise InputError(f"the samples for other processes cannot be written: {error}", file=folder) from error


@lru_cache(maxsize=1)
def read_samples(folder: str) -> Samples:
    """The samples of a task, whose memory all processes share; what a measure writes into them, its process sees."""
    return Samples(*load_samples(folder))


def load_samples(folder: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Inputs, and labels where there are some, from the files."""
    files = [Path(folder, f"{name}.npy") for name in NAMES]
    inputs, labels = (
        np.asarray(np.load(file, mmap_mode="c", allow_pickle=False)) if file.exists() else None for file in files
    )
    assert inputs is not None
    return inputs, labels


@dataclass
class SamplesFile:
    """Samples in a folder, for other processes of this machine, as soon as one needs them."""

    folder: Path
    samples: Samples
    there: bool = False

    def written(self) -> Path:
        """The folder, with the samples in it."""
        if not self.there:
            write_samples(self.folder, self.samples)
            self.there = True
        return self.folder


@contextmanager
def samples_file(samples: Samples) -> Iterator[SamplesFile]:
    """A folder for the samples, for as long as a task is at work."""
    with tempfile.TemporaryDirectory(prefix="pvector-", ignore_cleanup_errors=True) as folder:
        yield SamplesFile(Path(folder), samples)
