"""p-values of rank correlations, two-sided: SciPy's numbers without its import, which takes longer than a task."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

EXACT = 33  # models up to which SciPy's `kendalltau` takes the exact distribution where nothing is tied


def spearman_p(value: float, models: int) -> float:
    """The p-value of Spearman's coefficient of so many models, three at least, by Student's distribution.

    t = r sqrt(d / (1 - r^2)) with d = n - 2, and P(|T| >= |t|) = I_{1 - r^2}(d / 2, 1 / 2), the incomplete beta
    function (DLMF 8.17). Where it is large its complement I_{r^2}(1 / 2, d / 2) is the sum with fewer terms.
    """
    freedom, square, rest = (models - 2) / 2, value**2, (1 - value) * (1 + value)
    if square * (freedom + 2.5) < 1.5:
        return 1 - _incomplete_beta(square, 0.5, freedom)
    return _incomplete_beta(rest, freedom, 0.5)


def kendall_p(concordant: int, ties: tuple[NDArray[np.intp], NDArray[np.intp]]) -> float:
    """The p-value of Kendall's tau-b of n models; as in SciPy exact without ties if n or a tail is small.

    Parameters
    ----------
    concordant : pairs in the same order less those in the opposite one.
    ties : of measure and gap for each of the n models how many models share its value, itself included.
    """
    models = len(ties[0])
    pairs = models * (models - 1) // 2
    (x, x0, x1), (y, y0, y1) = map(_tie_sums, ties)
    fewer = (pairs - abs(concordant)) // 2  # pairs in the rarer order, where none is tied
    if not x and not y and fewer <= 1:
        return min(1.0, 2 * (1 + fewer * (models - 1)) / math.factorial(models))
    if not x and not y and models <= EXACT:
        return min(1.0, 2 * float(_inversions(models)[fewer]))
    m = models * (models - 1)
    variance = (m * (2 * models + 5) - x1 - y1) / 18 + 2 * x * y / m + x0 * y0 / (9 * m * (models - 2))
    return math.erfc(abs(concordant) / math.sqrt(2 * variance))


def _tie_sums(shared: NDArray[np.intp]) -> tuple[int, int, int]:
    """Over groups of t models of one value the sums of t (t - 1) / 2, t (t - 1) (t - 2), t (t - 1) (2 t + 5)."""
    others = shared - 1
    return int(others.sum()) // 2, int(others @ (shared - 2)), int(others @ (2 * shared + 5))


@cache
def _inversions(models: int) -> NDArray[np.float64]:
    """The distribution function of the number of inversions of a random order: (n (n - 1) / 2 + 1,)."""
    share = np.ones(1)
    for position in range(2, models + 1):
        share = np.convolve(share, np.full(position, 1 / position))
    return np.cumsum(share)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) sum_k (a + b)_k / (a + 1)_k x^k (DLMF 8.17.8); all terms are positive."""
    if x <= 0:
        return 0.0
    steps = math.ceil(-40 / math.log(x)) + math.ceil(b)  # the rest is below e^-40 of the sum
    k = np.arange(steps)
    total = 1 + float(np.cumprod((a + b + k) / (a + 1 + k) * x).sum())
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return total * math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta) / a
