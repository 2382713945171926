"""Optimizers and learning rates as data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True)
class Optimization:
    """An optimizer with its learning rate over the run.

    Attributes
    ----------
    optimizer : `sgd` or `adam`.
    learning_rate : the largest.
    momentum, nesterov : of `sgd`.
    weight_decay : on all parameters.
    milestones : shares of the run at which the learning rate is multiplied by `decay`; none means a cosine to zero.
    warmup_iterations : so many first iterations, but no more than a twentieth of the run, at a tenth of it.
    rise : share of the run in which the rate rises from zero in proportion; a cosine begins after it.
    source : where these settings come from.
    """

    optimizer: str
    learning_rate: float
    source: str
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    milestones: tuple[float, ...] = ()
    decay: float = 0.1
    warmup_iterations: int = 0
    rise: float = 0.0

    def rate(self, iteration: int, iterations: int) -> float:
        """The learning rate of an iteration, the first being 0, of a run of so many."""
        if iteration < min(self.warmup_iterations, iterations // 20):
            return self.learning_rate / 10
        rising = self.rise * iterations
        if iteration < rising:
            return self.learning_rate * min(1.0, (iteration + 1) / rising)
        if not self.milestones:
            done = (iteration - rising) / (iterations - rising)
            return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
        passed = sum(iteration >= share * iterations for share in self.milestones)
        return self.learning_rate * self.decay**passed

    def make(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        import torch  # recipes are listed, and their figures drawn, without it

        if self.optimizer == "adam":
            return torch.optim.Adam(parameters, self.learning_rate, weight_decay=self.weight_decay)
        return torch.optim.SGD(
            parameters, self.learning_rate, self.momentum, nesterov=self.nesterov, weight_decay=self.weight_decay
        )
