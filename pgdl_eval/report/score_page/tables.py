"""Leaderboards of a scoreboard, and the paper's Table 1 beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ...metrics.ceiling import CEILING
from ...metrics.difference import Difference
from ...metrics.evaluation import Evaluation, MeanScore
from ...metrics.hyperparameter_floor import FLOOR
from ...metrics.over_seeds import OverSeeds
from ...metrics.within_groups import reversed_within
from ...scoreboard import Row, Scoreboard
from ..page.sections import Cell, Column, Scale, Table
from ..text import UNDEFINED, number, p_text, percent, with_limits
from .scales import (
    Beside,
    adds_scale,
    beside,
    best_first,
    correlation_cell,
    kendall_scale,
    score_cell,
    score_scale,
    spearman_scale,
    standing,
    tone,
)

SCORE_HELP = "100 times the conditional mutual information of measure and gap, with its 95% interval over models"
ADDS_HELP = "partial rank correlation with the gap, given the hyper-parameters"
FLOOR_NAME = "hyper-parameters alone"


def mean_leaderboard(board: Scoreboard) -> Table:
    """All measures that have a mean over the tasks."""
    found = best_first(board.rows.values(), None)
    columns = [*_standings(found, beside(board, None)), *_adds([one for _, one in found], Scale(-1.0, 1.0))]
    for task in board.names:
        cells = [score_cell(row.evaluations.get(task)) for row, _ in found]
        columns.append(Column(task, tuple(cells), f"score on {task}"))
    text = f"Scores in the mean over {len(board.names)} tasks: 100 x conditional mutual information with the gap."
    return Table("Leaderboard: mean", (*columns, *_seconds(found)), text, last=_floors(found))


def task_leaderboard(board: Scoreboard, task: str) -> Table:
    """All measures on a task."""
    found = [(row, one) for row, one in best_first(board.rows.values(), task) if isinstance(one, Evaluation)]
    rows = [one for _, one in found]
    models = [str(one.models) for one in rows]
    of_task, whole = rows[0], max(one.models for one in rows)
    known = beside(board, task)
    columns = _standings(found, known)
    columns += [
        Column("Spearman", tuple(correlation_cell(one.spearman) for one in rows), "rank correlation with the gap",
               tuple(spearman_scale(one, known) for one in rows)),
        Column("Kendall tau-b", tuple(correlation_cell(one.kendall) for one in rows), "rank correlation with the gap",
               tuple(kendall_scale(one, known) for one in rows)),
        *_adds(rows, tuple(_adds_scale(board, one) for one in rows)),
        *_behind(board, task, rows),
        _numbers("granulated tau", (one.granulated.mean for one in rows), "{:+.2f}",
                 "Kendall's coefficient along each hyper-parameter alone, in the mean, in the declared direction"),
        _numbers("sign-error", (one.sign_error.mean for one in rows), "{:.2f}",
                 "over changes of one hyper-parameter, in the mean; 0.50 is chance"),
        _numbers("groups reversed", (len(reversed_within(one.within, one.kendall.value)) for one in rows), "{:.0f}",
                 "groups of models with one value of a hyper-parameter in which tau-b has the other sign"),
        _numbers("regret (points)", (100 * one.selection.regret for one in rows), "{:.1f}",
                 f"gap of the model picked first less the least gap; {100 * of_task.selection.regret_at_random:.1f} "
                 "by chance"),
        _numbers("best tenth found (%)", (100 * one.selection.hit_rate for one in rows), "{:.0f}",
                 f"share of the best tenth in the picked tenth; {100 * of_task.selection.hit_rate_at_random:.0f} "
                 "by chance"),
    ]  # fmt: skip
    if len(set(models)) > 1:
        columns.append(_numbers("models", (one.models for one in rows), "{:.0f}", "with a value that can be used"))
    text = f"{whole} models. Scores are 100 x conditional mutual information of measure and gap."
    return Table(f"Leaderboard: {task}", (*columns, *_seconds(found)), text, last=_floors(found))


def paper_table(board: Scoreboard, paper: Mapping[str, float], order: str) -> Table:
    """Table 1: the paper's score beside those of each task, and the mean; `order` says what agrees."""
    rows = sorted(board.rows.values(), key=lambda row: row.measure == FLOOR)
    columns = [
        Column("measure", tuple(Cell(_name(row.measure)) for row in rows)),
        _numbers("paper", (paper.get(row.measure, math.nan) for row in rows), "{:.3f}",
                 "the paper's Table 1: the mean of the competition's public tasks, other models"),
    ]  # fmt: skip
    for task in [*board.tasks, *([None] if board.means() else [])]:
        found = [standing(row, task) for row in rows]
        cells = tuple(score_cell(one, missing=_missing(row, task)) for row, one in zip(rows, found, strict=True))
        columns.append(Column(task or "mean", cells, SCORE_HELP, _scale(found, beside(board, task))))
    overall = [row.overall for row in rows]
    columns += [
        _p_values(overall),
        Column("verdict", tuple(map(_verdict_of, rows)), "beside random measures"),
        *_adds(overall),
        *_seconds([(row, None) for row in rows]),
    ]
    return Table("Table 1", tuple(columns), order, last=sum(row.measure == FLOOR for row in rows))


def seeds_table(task: str, found: OverSeeds) -> Table:
    """Every measure in the mean over the seeds of a task, below the ceiling: what one seed tells of another."""
    limit, known = found.ceiling, Beside(ceiling=found.ceiling)
    rows = [one.evaluation for one in found.measures]
    scale = _scale(rows, known)
    names = [*(one.measure for one in rows), CEILING]
    share = "-" if math.isnan(limit.share_between_seeds) else f"{100 * limit.share_between_seeds:.0f}%"
    columns = (
        Column("measure", tuple(Cell(name) for name in names)),
        Column("verdict", (*map(_verdict, rows), Cell(UNDEFINED)), "beside random measures"),
        Column("score", (*map(score_cell, rows), Cell(percent(limit.score), 100 * limit.score)), SCORE_HELP, scale),
        Column("Spearman", (*(correlation_cell(one.spearman) for one in rows),
                            Cell(number(limit.spearman), limit.spearman)), "rank correlation with the gap"),
        *_adds([*rows, None]),
        _numbers("fragility", (*(one.fragility for one in found.measures), math.nan), "{:.2f}",
                 "how far a measure moves between seeds, over its spread over settings"),
    )  # fmt: skip
    text = f"{limit.seeds} seeds; {share} of the variance of the gaps lies between seeds of one setting."
    return Table(f"Mean over seeds: {task}", columns, text, last=1)


def _standings(found: Sequence[tuple[Row, Evaluation | MeanScore]], known: Beside) -> list[Column]:
    """Name, verdict, score, p."""
    rows = [one for _, one in found]
    return [
        Column("measure", tuple(Cell(_name(row.measure)) for row, _ in found)),
        Column("verdict", tuple(map(_verdict, rows)), "beside random measures"),
        Column("score", tuple(map(score_cell, rows)), SCORE_HELP, _scale(rows, known)),
        _p_values(rows),
    ]


def _scale(found: Sequence[Evaluation | MeanScore | None], known: Beside) -> Scale | None:
    rows = [one for one in found if one is not None]
    return score_scale(rows, known) if rows else None


def _adds_scale(board: Scoreboard, one: Evaluation) -> Scale:
    statistics, values = board.evaluated(one)
    return adds_scale(one, statistics.resampled(values).partial.by_chance)


def _p_values(rows: Sequence[Evaluation | MeanScore | None]) -> Column:
    values = (math.nan if one is None else one.noise.p_value for one in rows)
    cells = tuple(Cell(p_text(value), value) for value in values)
    return Column("p", cells, "share of random measures that score at least as high")


def _verdict(one: Evaluation | MeanScore | None) -> Cell:
    return Cell(UNDEFINED) if one is None else Cell(one.verdict, tone=tone(one.verdict))


def _verdict_of(row: Row) -> Cell:
    """The verdict of a row of Table 1, or which package it needs."""
    return Cell(f"needs {row.lacking}") if row.overall is None and row.lacking else _verdict(row.overall)


def _adds(
    rows: Sequence[Evaluation | MeanScore | None], scale: Scale | tuple[Scale, ...] | None = None
) -> list[Column]:
    """What measures add to the hyper-parameters, where there are such."""
    found = [None if one is None or math.isnan(one.adds.value) else one.adds for one in rows]
    if not any(found):
        return []
    values = (math.nan if one is None else one.p_value for one in found)
    return [
        Column("adds", tuple(map(correlation_cell, found)), ADDS_HELP, scale),
        Column("its p", tuple(Cell(p_text(one), one) for one in values), "permutation test of what it adds"),
    ]


def _behind(board: Scoreboard, task: str, rows: Sequence[Evaluation]) -> list[Column]:
    """How far each measure's score stands behind the best, where measures are compared."""
    pairs = board.comparisons.get(task, [])
    if not pairs:
        return []
    best = pairs[0].first
    behind = {one.second: one.score for one in pairs if one.first == best}
    cells = [_difference(behind[one.measure]) if one.measure in behind else Cell(UNDEFINED) for one in rows]
    return [Column("behind the best", tuple(cells), f"score of {best} less this one's, with its 95% interval")]


def _difference(found: Difference) -> Cell:
    low, high = 100 * found.interval.low, 100 * found.interval.high
    text = with_limits(f"{100 * found.value:.1f}", found.interval, "{:.1f}", unit=100)
    return Cell(text, 100 * found.value, low, high)


def _numbers(name: str, values: Iterable[float], form: str, help_text: str) -> Column:
    cells = tuple(Cell(UNDEFINED if math.isnan(value) else form.format(value), value) for value in values)
    return Column(name, cells, help_text)


def _seconds(found: Sequence[tuple[Row, Evaluation | MeanScore | None]]) -> list[Column]:
    """Seconds a model, where any is known."""
    seconds = [math.nan if row.seconds is None else row.seconds for row, _ in found]
    return [] if all(map(math.isnan, seconds)) else [_numbers("s / model", seconds, "{:.2f}", "seconds a model")]


def _floors(found: Sequence[tuple[Row, Evaluation | MeanScore]]) -> int:
    return sum(one.floor for _, one in found)


def _missing(row: Row, task: str | None) -> str:
    return "no data" if task is not None and row.missing.get(task, ...) is None else "incomplete"


def _name(measure: str) -> str:
    return FLOOR_NAME if measure == FLOOR else measure
