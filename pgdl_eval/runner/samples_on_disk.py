"""Samples that are larger than the memory of a worker: read from their path into a file, which is mapped."""

from __future__ import annotations

import mmap
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.samples import Samples

from ..formats.tfrecord import read_shards

LOOK_SECONDS = 0.1  # between two times at which what was read of the file is given back


def samples_on_disk(folder: Path) -> Samples:
    """The samples of a folder of shards; their inputs lie in a file that no folder shows, and ends with the process.

    Pages that have been read would count as the process's memory: again and again they are given back to the system,
    from whose cache, or from the disk, they come again.

    Raises
    ------
    InputError
        As of `read_shards`.
    """
    return Samples(*read_shards(folder, _mapped))


def _mapped(shape: tuple[int, ...], dtype: type) -> NDArray[np.float32]:
    with tempfile.TemporaryFile(prefix="pvector-") as file:
        array: Any = np.memmap(file, dtype=dtype, mode="w+", shape=shape)
    Thread(target=_give_back, args=(array._mmap,), daemon=True).start()
    return np.asarray(array)


def _give_back(pages: mmap.mmap) -> None:
    """Of a shared map: what was written stays, in the system's cache and in the file."""
    while not pages.closed:
        pages.madvise(mmap.MADV_DONTNEED)
        time.sleep(LOOK_SECONDS)
