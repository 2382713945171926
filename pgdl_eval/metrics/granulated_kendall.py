"""Kendall's coefficient of the models along one hyper-parameter at a time.

Jiang et al., "Fantastic Generalization Measures and Where to Find Them" (2019), equations 7 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .concordance import concordance_of_pairs
from .neighbours import Pairs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GranulatedKendall:
    """psi of each hyper-parameter, in [-1, 1] (NaN for one that never varies), and Psi, the mean of those that do."""

    by_hyperparameter: Mapping[str, float]
    mean: float


def granulated_kendall(measure: Array, gap: Array, neighbours: Mapping[str, Pairs]) -> GranulatedKendall:
    """The granulated Kendall coefficient of a measure on a complete grid.

    psi_i is the mean, over all settings of the other hyper-parameters, of Kendall's coefficient of the models that
    differ in the i-th alone; there the coefficient is the mean of sgn(m - m') sgn(g - g') over pairs, so that ties
    count as 0. In a complete grid all these groups are of one size, and psi_i is the mean over all such pairs.

    Parameters
    ----------
    measure, gap : (n,) values; the measure turned so that larger means a larger expected gap.
    neighbours : the pairs of models that differ in each hyper-parameter alone.
    """
    agreements = concordance_of_pairs(measure, gap, list(neighbours.values()))
    found = {
        name: float(agreement.mean()) if len(agreement) else float("nan")
        for name, agreement in zip(neighbours, agreements, strict=True)
    }
    defined = [value for value in found.values() if not np.isnan(value)]
    return GranulatedKendall(found, float(np.mean(defined)) if defined else float("nan"))
