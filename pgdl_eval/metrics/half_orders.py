"""Orders of many models, and of their half-samples, in blocks: no table of all pairs, none of all half-samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .half_samples import RESAMPLES, half_membership

Array = NDArray[np.float64]
NUMBERS_AT_A_TIME = 2**19


def untied_pairs_of_halves(values: Array) -> Array:
    """The ordered pairs of (n,) models within each half-sample that are not tied: (RESAMPLES,)."""
    models, order = len(values), np.argsort(values)
    starts = np.flatnonzero(np.diff(values[order], prepend=np.nan) != 0)
    half = models // 2
    if len(starts) == models:
        return np.full(RESAMPLES, float(half * (half - 1)))
    members = np.add.reduceat(half_membership(models)[:, order], starts, axis=1)
    return np.asarray(half**2 - np.einsum("ij,ij->i", members, members))


def spearman_sums(measure: Array, gap: Array) -> tuple[Array, Array, Array]:
    """Over each half-sample of n models the sums of products of twice the centred ranks within it, (RESAMPLES,) each.

    Measure by gap, measure by measure, gap by gap; all are whole numbers.
    """
    parts = [
        [np.einsum("ij,ij->i", one, other) for one, other in ((first, second), (first, first), (second, second))]
        for first, second in zip(_ranks_of_halves(measure), _ranks_of_halves(gap), strict=True)
    ]
    products, of_measure, of_gap = (np.concatenate(sums) for sums in zip(*parts, strict=True))
    return products, of_measure, of_gap


def _ranks_of_halves(values: Array) -> Iterator[Array]:
    """Twice the centred rank of each of n models within half-samples, 0 for models outside: (r, n) of r at a time."""
    models, order = len(values), np.argsort(values)
    begins = np.diff(values[order], prepend=np.nan) != 0
    starts = np.flatnonzero(begins)
    level = np.cumsum(begins) - 1
    first, last = starts[level], np.append(starts[1:], models)[level]
    chosen, place = half_membership(models), np.argsort(order)
    step = max(1, NUMBERS_AT_A_TIME // models)
    for i in range(0, RESAMPLES, step):
        here = chosen[i : i + step]
        through = np.zeros((len(here), models + 1))
        np.cumsum(here[:, order], axis=1, out=through[:, 1:])
        ranks = through[:, first[place]] + through[:, last[place]] - through[:, -1:]
        yield ranks * here


def concordance_sums(measure: Array, gap: Array) -> tuple[float, Array]:
    """Ordered pairs of n models in the same order by both values less those in the opposite: of all, of each half.

    Whole numbers below 2**24 are exact in float32, and so are these sums for up to 4,000 models; else they are float64.
    """
    models = len(measure)
    kind: Any = np.float32 if models**2 < 2**24 else np.float64
    chosen = half_membership(models).astype(kind)
    total, of_halves = 0.0, np.zeros(RESAMPLES)
    step = max(1, NUMBERS_AT_A_TIME // models)
    for i in range(0, models, step):
        here = slice(i, i + step)
        same = _signs(measure, here, kind) * _signs(gap, here, kind)  # (step, n)
        total += float(same.sum(dtype=np.float64))
        of_halves += np.einsum("ij,ij->i", chosen @ same.T, chosen[:, here])
    return total, of_halves


def _signs(values: Array, here: slice, kind: Any) -> NDArray[np.floating[Any]]:
    some = values[here, None]
    return np.asarray((some > values).astype(kind) - (some < values).astype(kind))
