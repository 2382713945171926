"""The epochs of a kept run: records stacked along a new first axis, and one of them as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pgdl_eval.formats.npz import Arrays, StoredArrays

BETWEEN = "between.npz"
EPOCHS = "epochs"  # the stacked array that numbers them


class StackedEpoch(Mapping[str, NDArray[Any]]):
    """One epoch of a file that holds several.

    Attributes
    ----------
    nbytes : memory that it takes at most.
    """

    def __init__(self, stacked: Mapping[str, NDArray[Any]], position: int, nbytes: int) -> None:
        self.stacked, self.position, self.nbytes = stacked, position, nbytes

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name == EPOCHS:
            raise KeyError(name)
        return np.asarray(self.stacked[name][self.position])

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.stacked if name != EPOCHS)

    def __len__(self) -> int:
        return len(self.stacked) - 1


def stack(records: Mapping[int, Arrays]) -> Arrays:
    """The records of several epochs, all with the same names, as one."""
    first = next(iter(records.values()))
    stacked = {name: np.stack([record[name] for record in records.values()]) for name in first}
    return {EPOCHS: np.array(list(records)), **stacked}


def stacked_epochs(folder: Path) -> dict[int, StackedEpoch]:
    """The epochs that a kept run's folder holds stacked; none where it is a run as it was made."""
    if not (folder / BETWEEN).exists():
        return {}
    stacked = StoredArrays(folder / BETWEEN)
    numbers = stacked[EPOCHS].tolist()
    return {epoch: StackedEpoch(stacked, i, stacked.nbytes // len(numbers)) for i, epoch in enumerate(numbers)}
