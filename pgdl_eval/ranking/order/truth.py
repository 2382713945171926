"""A ranking held against the true gaps: correlations, intervals, regret, and the competition's score on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...metrics.correlation import Correlation, kendall, spearman
from ...metrics.evaluation import Evaluation, evaluate, task_statistics
from ...metrics.selection import Selection, selection
from .gaps import Gaps
from .result import Ranking

CONSENSUS = "consensus"
FEWEST = 3


@dataclass(frozen=True)
class Truth:
    """A measure, or the consensus, against the gaps of n models.

    Attributes
    ----------
    spearman, kendall, selection : of the values turned so that larger means a larger expected gap.
    score : the competition's evaluation, where hyper-parameters make a grid.
    """

    measure: str
    models: int
    spearman: Correlation
    kendall: Correlation
    selection: Selection
    score: Evaluation | None


def truths(ranking: Ranking, gaps: Gaps) -> tuple[list[Truth], list[str]]:
    """The consensus and each measure that counts against the gaps of ranked models, and what to know of it."""
    if ranking.agreed is None:
        return [], []
    at = [place for place, model in enumerate(ranking.ranked) if model in gaps.gaps]
    names = [ranking.ranked[place] for place in at]
    notes = []
    if len(names) < len(ranking.ranked):
        notes.append(f"{len(ranking.ranked) - len(names)} ranked models have no gap in {gaps.file or 'the gaps'}")
    if len(names) < FEWEST:
        return [], [*notes, f"gaps of {len(names)} ranked models are too few to compare with"]
    gap = np.array([gaps.gaps[name] for name in names])
    lists = {CONSENSUS: ranking.agreed.places[at]} | {
        one.name: np.array([one.orient(ranking.values[name][one.name].value) for name in names])
        for one in ranking.counted
    }
    scores = _scores(names, gap, gaps, lists)
    return [
        Truth(name, len(names), spearman(values, gap), kendall(values, gap), selection(values, gap), scores.get(name))
        for name, values in lists.items()
    ], notes


def _scores(
    names: Sequence[str], gap: NDArray[np.float64], gaps: Gaps, lists: dict[str, NDArray[np.float64]]
) -> dict[str, Evaluation]:
    grid = gaps.grid(names)
    if grid is None:
        return {}
    statistics = task_statistics(names, gap, grid)
    return {name: evaluate("models", name, values, statistics) for name, values in lists.items()}
