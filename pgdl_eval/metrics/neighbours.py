"""Pairs of models that differ in one hyper-parameter alone: what a controlled experiment compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def neighbours(hyperparameters: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.bool_]]:
    """For each hyper-parameter which of the n models differ in it and agree in all others.

    Parameters
    ----------
    hyperparameters : for each name n values.

    Returns
    -------
    for each name a symmetric table (n, n).
    """
    differs = {name: np.not_equal.outer(np.array(values), np.array(values)) for name, values in hyperparameters.items()}
    changes = np.sum(list(differs.values()), axis=0)
    return {name: table & (changes == 1) for name, table in differs.items()}
