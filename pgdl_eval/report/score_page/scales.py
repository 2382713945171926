"""The scales of a task, or of the mean over tasks, with all that a value is to be compared with, and values on them.

A later kind of evidence, a ceiling say, is one more mark here, and stands in every table and chart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...metrics.ceiling import CEILING, Ceiling
from ...metrics.correlation import Correlation
from ...metrics.evaluation import Evaluation, MeanScore
from ...metrics.hyperparameter_floor import FLOOR
from ...metrics.random_correlation import kendall_band, spearman_band
from ...metrics.within_groups import WithinGroup
from ...scoreboard import Row, Scoreboard
from ..page.sections import Cell, Mark, Scale, Tone
from ..text import UNDEFINED, number, percent, with_limits

TONES: dict[str, Tone] = {"above noise": "good", "reversed": "bad", "constant": "bad"}
ALONE = "hyper-parameters alone"
RANDOM = "95% of random measures"


@dataclass(frozen=True)
class Beside:
    """What all measures of a task, or of the mean over tasks, are compared with; None for what is not known."""

    floor: Evaluation | MeanScore | None = None
    ceiling: Ceiling | None = None


def beside(board: Scoreboard, task: str | None) -> Beside:
    """What stands beside the measures on a task, or, without one, in the mean over tasks."""
    row = board.rows.get(FLOOR)
    floor = None if row is None else row.mean if task is None else row.evaluations.get(task)
    return Beside(floor, next((one.ceiling for one in board.seeds.values() if task in one.seeds), None))


def score_scale(found: Iterable[Evaluation | MeanScore], known: Beside) -> Scale:
    """The scale of scores in percent, wide enough for these and what stands beside; the band is that of the first."""
    rows = [*found, *([known.floor] if known.floor else [])]
    noise = rows[0].noise
    highs = (one.score_interval.high for one in rows)
    ends = [noise.percentile_95, *(one.score for one in rows), *(high for high in highs if math.isfinite(high))]
    floor, ceiling = known.floor.score if known.floor else None, known.ceiling.score if known.ceiling else None
    marks = tuple(Mark(mark.name, 100 * mark.value) for mark in _marks(floor, ceiling))
    high = max(100 * max(ends), *(mark.value for mark in marks), 1e-9)
    return Scale(0.0, high, (0.0, 100 * noise.percentile_95), RANDOM, marks)


def spearman_scale(one: Evaluation, known: Beside) -> Scale:
    """The scale of a measure's Spearman coefficient; what stands beside is on the side that the measure declares."""
    floor = known.floor.spearman.value if isinstance(known.floor, Evaluation) else None
    ceiling = known.ceiling.spearman if known.ceiling else None
    return _correlation_scale(spearman_band(one.models), one, floor, ceiling)


def kendall_scale(one: Evaluation, known: Beside) -> Scale:
    """The scale of its tau-b."""
    floor = known.floor.kendall.value if isinstance(known.floor, Evaluation) else None
    return _correlation_scale(kendall_band(one.models), one, floor)


def adds_scale(one: Evaluation, by_chance: NDArray[np.float64]) -> Scale:
    """The scale of what it adds to the hyper-parameters; the band is of 95% of permutations (m,)."""
    return _correlation_scale(float(np.quantile(np.abs(by_chance), 0.95)), one)


def group_scale(group: WithinGroup, one: Evaluation, floor: WithinGroup | None) -> Scale:
    """The scale of its tau-b within a group."""
    return _correlation_scale(kendall_band(group.models), one, floor.kendall.value if floor else None)


def tone(verdict: str) -> Tone:
    """The tone of a verdict; any that neither praises nor condemns leaves it open."""
    return TONES.get(verdict, "unsure")


def score_cell(found: Evaluation | MeanScore | None, *, missing: str = UNDEFINED) -> Cell:
    """A score in percent with its interval."""
    if found is None:
        return Cell(missing)
    interval = found.score_interval
    text = with_limits(percent(found.score), interval, "{:.1f}", unit=100)
    return Cell(text, 100 * found.score, 100 * interval.low, 100 * interval.high)


def correlation_cell(found: Correlation | None) -> Cell:
    """A coefficient with its interval."""
    if found is None or math.isnan(found.value):
        return Cell(UNDEFINED)
    text = with_limits(number(found.value), found.interval)
    return Cell(text, found.value, found.interval.low, found.interval.high)


def best_first(rows: Iterable[Row], task: str | None) -> list[tuple[Row, Evaluation | MeanScore]]:
    """The rows with what they have on a task, or with their mean, by their scores; floors last."""
    found = [(row, one) for row in rows if (one := standing(row, task)) is not None]
    return sorted(found, key=lambda pair: (pair[1].floor, -pair[1].score))


def standing(row: Row, task: str | None) -> Evaluation | MeanScore | None:
    """What a measure has on a task, on some of its models if need be, or in the mean."""
    if task is None:
        return row.mean
    part = row.partial.get(task)
    return row.evaluations.get(task) or (part.evaluation if part else None)


def _correlation_scale(band: float, one: Evaluation, floor: float | None = None, ceiling: float | None = None) -> Scale:
    turn = 1 if one.higher_means == "larger gap" else -1
    marks = tuple(Mark(mark.name, turn * mark.value) for mark in _marks(floor, ceiling))
    return Scale(-1.0, 1.0, None if math.isnan(band) else (-band, band), RANDOM, marks)


def _marks(floor: float | None, ceiling: float | None = None) -> tuple[Mark, ...]:
    known = ((ALONE, floor), (CEILING, ceiling))
    return tuple(Mark(name, value) for name, value in known if value is not None)
