"""The order of models by a value, among all and within half-samples: what rank correlations are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .concordance import signs
from .half_orders import concordance_sums, spearman_sums, untied_pairs_of_halves
from .half_samples import half_membership
from .ranks import places

Array = NDArray[np.float64]
LARGEST_OF_FLOAT32 = 2**24  # the whole numbers up to here are exact in float32
FEW_MODELS = 200  # up to here tables of all pairs and of all half-samples are faster
FEW_SETS = 10  # of so many models


@dataclass(frozen=True)
class Order(ABC):
    """What correlations need of (n,) values, or of g sets of them, (g, n).

    The average rank of a model, less the mean rank, is half the number of models that have less minus half that of
    those that have more. All sums are of whole numbers.
    """

    values: Array

    @cached_property
    def _places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return places(self.values)

    @cached_property
    def shared(self) -> NDArray[np.intp]:
        """(..., n) how many models share the value of each, itself included."""
        below, through = self._places
        return np.asarray(through - below)

    @cached_property
    def ranks(self) -> Array:
        """(..., n) twice the centred ranks."""
        below, through = self._places
        return np.asarray(below + through - self.values.shape[-1], dtype=np.float64)

    @property
    @abstractmethod
    def untied_of_halves(self) -> Array:
        """(..., RESAMPLES) the ordered pairs within each half-sample that are not tied."""

    @abstractmethod
    def spearman_sums(self, other: Any) -> tuple[Array, Array, Array]:
        """Over each half-sample sums of products of twice the centred ranks within it: (..., RESAMPLES) each.

        This one by the other, this one by itself, the other by itself.
        """

    @abstractmethod
    def concordances(self, other: Any) -> tuple[Array, Array]:
        """Ordered pairs in the same order by both less those in the opposite: (...,), of halves (..., RESAMPLES)."""


@dataclass(frozen=True)
class TabledOrder(Order):
    """By tables of all pairs and of all half-samples, which grow with n^2: the fastest way for few models.

    Sums are exact in float32 up to 2**24; larger ones take float64.
    """

    @cached_property
    def signs(self) -> NDArray[np.floating[Any]]:
        """(..., n, n) sgn(v_i - v_j)."""
        kind = np.float32 if self.values.shape[-1] ** 3 < LARGEST_OF_FLOAT32 else np.float64
        return signs(self.values).astype(kind)

    @cached_property
    def chosen(self) -> NDArray[np.floating[Any]]:
        """(RESAMPLES, n) which models each half-sample holds."""
        return half_membership(self.values.shape[-1]).astype(self.signs.dtype)

    @cached_property
    def ranks_of_halves(self) -> NDArray[np.floating[Any]]:
        """(..., RESAMPLES, n) twice the centred ranks within each half-sample; 0 for models outside."""
        ranks = self.chosen @ self.signs.swapaxes(-1, -2)
        ranks *= self.chosen
        return np.asarray(ranks)

    @cached_property
    def squares_of_halves(self) -> Array:
        """(..., RESAMPLES) sums of the squares of these."""
        return inner(self.ranks_of_halves, self.ranks_of_halves)

    @cached_property
    def untied_of_halves(self) -> Array:
        n = self.values.shape[-1]
        if (self.shared == 1).all():
            return np.full((*self.values.shape[:-1], len(self.chosen)), float((n // 2) * (n // 2 - 1)))
        return inner(self.chosen @ np.abs(self.signs), self.chosen)

    def spearman_sums(self, other: TabledOrder) -> tuple[Array, Array, Array]:
        return inner(self.ranks_of_halves, other.ranks_of_halves), self.squares_of_halves, other.squares_of_halves

    def concordances(self, other: TabledOrder) -> tuple[Array, Array]:
        same = self.signs * other.signs
        return same.sum(axis=(-1, -2), dtype=np.float64), inner(self.chosen @ same, self.chosen)


@dataclass(frozen=True)
class BlockedOrder(Order):
    """Set by set, in blocks of models or of half-samples: no table of all pairs."""

    @cached_property
    def untied_of_halves(self) -> Array:
        return np.apply_along_axis(untied_pairs_of_halves, -1, self.values)

    def spearman_sums(self, other: BlockedOrder) -> tuple[Array, Array, Array]:
        sums = np.array([spearman_sums(*pair) for pair in self._pairs(other)])  # (g, 3, RESAMPLES)
        first, second, third = sums.swapaxes(0, 1).reshape(3, *self.values.shape[:-1], -1)
        return first, second, third

    def concordances(self, other: BlockedOrder) -> tuple[Array, Array]:
        totals, of_halves = zip(*(concordance_sums(*pair) for pair in self._pairs(other)), strict=True)
        sets = self.values.shape[:-1]
        return np.reshape(totals, sets), np.reshape(of_halves, (*sets, -1))

    def _pairs(self, other: BlockedOrder) -> Iterator[tuple[Array, Array]]:
        return zip(np.atleast_2d(self.values), np.atleast_2d(other.values), strict=True)


def order_of(values: Array, few_models: int = FEW_MODELS) -> Order:
    """The order of (n,) values, or of g sets of them (g, n); `few_models` : up to how many tables are made."""
    few = values.shape[-1] <= few_models and values.size <= FEW_SETS * few_models
    return TabledOrder(values) if few else BlockedOrder(values)


def inner(first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]]) -> Array:
    """Sums over the last axis of products."""
    return np.asarray(np.einsum("...i,...i->...", first, second), dtype=np.float64)
