"""Several seeds of the same settings: the ceiling, and every measure on the mean over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.registry import Direction

from .ceiling import Ceiling, ceiling
from .evaluation import Evaluation, TaskStatistics, evaluate, task_statistics
from .fragility import fragility

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MeasureOverSeeds:
    """A measure on a task with several seeds.

    Attributes
    ----------
    evaluation : of the mean values over seeds on the mean gaps.
    fragility : how far the measure moves between seeds, relative to its spread over settings.
    """

    evaluation: Evaluation
    fragility: float


@dataclass
class OverSeeds:
    """A task of n settings with s seeds.

    Attributes
    ----------
    seeds : names of the tasks of the single seeds.
    statistics : of the mean gaps (n,).
    ceiling : what one seed's gaps tell of another's.
    measures : those that have values with every seed, in order.
    """

    seeds: tuple[str, ...]
    statistics: TaskStatistics
    ceiling: Ceiling
    measures: list[MeasureOverSeeds] = field(default_factory=list)

    def add(self, measure: str, values: Sequence[Array], task: str, *, higher_means: Direction) -> None:
        """Evaluate a measure's values (n,) with each seed in the mean over seeds."""
        mean = np.mean(values, axis=0)
        found = evaluate(task, measure, mean, self.statistics, higher_means=higher_means)
        self.measures.append(MeasureOverSeeds(found, fragility(np.array(values))))


def over_seeds(seeds: Mapping[str, TaskStatistics]) -> OverSeeds:
    """Put the seeds' tasks together.

    Raises
    ------
    InputError
        If one has other models, or other hyper-parameters of a model, than the first.
    """
    (first, of_first), *others = seeds.items()
    for name, one in others:
        if one.names != of_first.names or dict(one.hyperparameters) != dict(of_first.hyperparameters):
            raise InputError(f"{name} has other models or other hyper-parameters than {first}: no seed of it")
    gaps = np.array([one.gap for one in seeds.values()])
    statistics = task_statistics(of_first.names, gaps.mean(axis=0), of_first.hyperparameters)
    return OverSeeds(tuple(seeds), statistics, ceiling(gaps, of_first.hyperparameters))
