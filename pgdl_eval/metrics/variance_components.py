"""Variance between and within settings of which each was trained with several seeds: one-way analysis of variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class VarianceComponents:
    """Unbiased estimates, in squared units of the values; `settings` is 0 where it would be below.

    Attributes
    ----------
    seeds : the variance between seeds of one setting.
    settings : that of the settings' own means.
    """

    seeds: float
    settings: float

    @property
    def share_of_seeds(self) -> float:
        """Of all variance, in [0, 1]; NaN where nothing varies."""
        whole = self.seeds + self.settings
        return self.seeds / whole if whole > 0 else float("nan")


def variance_components(values: Array) -> VarianceComponents:
    """Split the variance of values (s, n) of n settings with s seeds each.

    Random effects: the mean square within settings estimates sigma_seed^2, that between them s sigma_setting^2 +
    sigma_seed^2 (Searle, Casella and McCulloch, "Variance Components", section 3.6).

    Raises
    ------
    InputError
        As `check_seeds`.
    """
    check_seeds(values)
    seeds = float(values.var(axis=0, ddof=1).mean())
    settings = float(values.mean(axis=0).var(ddof=1)) - seeds / len(values)
    return VarianceComponents(seeds, max(settings, 0.0))


def check_seeds(values: Array) -> None:
    """Raise an InputError unless values are (s, n), finite, of two seeds and two settings at least."""
    if values.ndim != 2 or len(values) < 2:
        found = values.shape if values.ndim != 2 else f"{len(values)} of them"
        raise InputError("no second seed", field="seeds", expected="two seeds of each setting at least", found=found)
    if values.shape[1] < 2:
        raise InputError("no second setting", field="settings", expected="at least 2", found=values.shape[1])
    if not np.isfinite(values).all():
        seed, setting = np.argwhere(~np.isfinite(values))[0].tolist()
        raise InputError(f"no finite value of setting {setting} with seed {seed}", field="seeds")
