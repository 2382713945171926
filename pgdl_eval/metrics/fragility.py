"""How far a measure moves between seeds of the same setting, relative to its spread over settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .variance_components import check_seeds

Array = NDArray[np.float64]


def fragility(values: Array) -> float:
    """The root mean square deviation between seeds of a setting over that between settings of a seed.

    0: another seed gives the same values; 1: it moves the measure as far as another setting does, so that it tells
    nothing of settings. It can exceed 1 by chance alone. The scale of the measure counts, but not its unit.

    Parameters
    ----------
    values : (s, n) of s seeds of the same n settings.

    Returns
    -------
    A number of at least 0; NaN where the measure is constant over the settings of every seed.

    Raises
    ------
    InputError
        As `check_seeds`.
    """
    check_seeds(values)
    between_seeds, between_settings = values.var(axis=0, ddof=1).mean(), values.var(axis=1, ddof=1).mean()
    return float(np.sqrt(between_seeds / between_settings)) if between_settings > 0 else float("nan")
