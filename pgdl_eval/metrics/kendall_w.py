"""Kendall's coefficient of concordance: how far several rankings of the same models agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ranks import twice_ranks

Array = NDArray[np.float64]
FEWEST = 3  # models below which every coefficient is likely by chance


@dataclass(frozen=True)
class Agreement:
    """Kendall's W, from 0 (none) to 1 (the same order), and the chance of as much where the orders are random."""

    w: float
    p_value: float


def kendall_w(lists: Array) -> Agreement | None:
    """Agreement of m lists of n values, (m, n), larger meaning the same in each; ties are corrected for.

    W = (12 S) / (m^2 (n^3 - n) - m sum of (t^3 - t) over groups of t ties), with S the sum of squared deviations of the
    models' rank sums; p by m (n - 1) W as chi-squared with n - 1 degrees of freedom (Kendall and Babington Smith, "The
    problem of m rankings", 1939; Siegel and Castellan, "Nonparametric Statistics", section 9.4).

    None for fewer than two lists that are not constant, or fewer than three models.
    """
    from scipy.special import chdtrc

    if lists.shape[1] < FEWEST:
        return None
    kept = lists[np.ptp(lists, axis=1) > 0]
    m, n = kept.shape
    if m < 2:
        return None
    ranks = twice_ranks(kept) / 2
    sums = ranks.sum(axis=0)
    ties = sum(int((counts**3 - counts).sum()) for counts in (np.unique(one, return_counts=True)[1] for one in ranks))
    w = float(12 * ((sums - sums.mean()) ** 2).sum() / (m**2 * (n**3 - n) - m * ties))
    return Agreement(w, float(chdtrc(n - 1, m * (n - 1) * w)))
