"""The scales of a task, or of the mean over tasks, with all that a value is to be compared with, and values on them.

A later kind of evidence, a ceiling say, is one more mark here, and stands in every table and chart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ...metrics.correlation import Correlation
from ...metrics.evaluation import Evaluation, MeanScore
from ...metrics.random_correlation import kendall_band, spearman_band
from ...metrics.within_groups import WithinGroup
from ...scoreboard import Row
from ..page.sections import Cell, Mark, Scale, Tone
from ..text import UNDEFINED, number, percent, with_limits

TONES: dict[str, Tone] = {"above noise": "good", "reversed": "bad", "constant": "bad"}
ALONE = "hyper-parameters alone"
RANDOM = "95% of random measures"


def score_scale(found: Iterable[Evaluation | MeanScore], floor: Evaluation | MeanScore | None) -> Scale:
    """The scale of scores in percent, wide enough for these, whose band is that of the first."""
    rows = list(found)
    noise = rows[0].noise
    highs = (one.score_interval.high for one in rows)
    ends = [noise.percentile_95, *(one.score for one in rows), *(high for high in highs if math.isfinite(high))]
    marks = () if floor is None else (Mark(ALONE, 100 * floor.score),)
    high = max(100 * max(ends), *(mark.value for mark in marks), 1e-9)
    return Scale(0.0, high, (0.0, 100 * noise.percentile_95), RANDOM, marks)


def spearman_scale(one: Evaluation, floor: Evaluation | None) -> Scale:
    """The scale of a measure's Spearman coefficient; the floor stands on the side that the measure declares."""
    return _correlation_scale(spearman_band(one.models), floor.spearman if floor else None, one)


def kendall_scale(one: Evaluation, floor: Evaluation | None) -> Scale:
    """The scale of its tau-b."""
    return _correlation_scale(kendall_band(one.models), floor.kendall if floor else None, one)


def group_scale(group: WithinGroup, one: Evaluation, floor: WithinGroup | None) -> Scale:
    """The scale of its tau-b within a group."""
    return _correlation_scale(kendall_band(group.models), floor.kendall if floor else None, one)


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


def _correlation_scale(band: float, floor: Correlation | None, one: Evaluation) -> Scale:
    turn = 1 if one.higher_means == "larger gap" else -1
    marks = () if floor is None else (Mark(ALONE, turn * floor.value),)
    return Scale(-1.0, 1.0, None if math.isnan(band) else (-band, band), RANDOM, marks)
