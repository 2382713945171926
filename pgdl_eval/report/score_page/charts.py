"""Each measure against the gap, within groups, and against each other."""

from __future__ import annotations

import numpy as np

from ...metrics.agreement import agreement
from ...metrics.evaluation import Evaluation, MeanScore, TaskStatistics
from ...metrics.within_groups import reversed_within
from ...scoreboard import Scoreboard, Values
from ..page.sections import Chart, HeatMap, Panel, Property, Scale, Scatters, Standing, reading
from ..scatter import telling_hyperparameter
from ..text import by_number
from .scales import (
    Beside,
    adds_scale,
    beside,
    best_first,
    correlation_cell,
    group_scale,
    kendall_scale,
    score_cell,
    score_scale,
    spearman_scale,
    tone,
)

GAP = "generalization gap (points)"
MOST_COMPARED = 60  # measures in a heat map


def scatters(board: Scoreboard, task: str) -> Scatters:
    """A chart a measure, best first, coloured at first by the hyper-parameter that tells most of the gap."""
    whole, found = board.tasks[task], _evaluated(board, task)
    known = beside(board, task)
    scale = score_scale((one for one, _, _ in found), known)
    telling = telling_hyperparameter(whole)
    names = sorted(whole.hyperparameters, key=lambda name: name != telling)
    places = {name: place for place, name in enumerate(whole.names)}
    return Scatters(
        f"Measure against gap: {task}",
        whole.names,
        tuple((100 * whole.gap).tolist()),
        GAP,
        tuple(_chart(one, values, models, places, scale, known) for one, values, models in found),
        tuple(Property(name, tuple(whole.hyperparameters[name])) for name in names),
        "A point a model. Point at one, or go through them with the arrow keys, to read its name.",
    )


def heat_map(board: Scoreboard, task: str) -> HeatMap | None:
    """Spearman's correlation of each pair of measures that have a value of every model; None for fewer than two."""
    found = [(one, values) for one, values, models in _evaluated(board, task) if models is board.tasks[task]]
    if len(found) < 2:
        return None
    shown = found[:MOST_COMPARED]
    turned = np.array([values if one.higher_means == "larger gap" else -values for one, values in shown])
    text = "Spearman's rank correlation of each pair over the models, each turned so that larger means a larger gap."
    if len(found) > len(shown):
        text += f" The {len(shown)} that score best of {len(found)}."
    names = tuple(one.measure for one, _ in shown)
    return HeatMap(f"Agreement of measures: {task}", names, tuple(map(tuple, agreement(turned).tolist())), text)


def _evaluated(board: Scoreboard, task: str) -> list[tuple[Evaluation, Values, TaskStatistics]]:
    """Evaluation, values and models of each measure on a task, best first."""
    found = []
    for _, one in best_first(board.rows.values(), task):
        if isinstance(one, Evaluation) and not one.floor:
            models, values = board.evaluated(one)
            found.append((one, values, models))
    return found


def _chart(
    one: Evaluation, values: Values, models: TaskStatistics, places: dict[str, int], scale: Scale, known: Beside
) -> Chart:
    x = tuple(values.tolist())
    adds = adds_scale(one, models.resampled(values).partial.by_chance)
    return Chart(
        one.measure,
        tuple(places[name] for name in models.names),
        x,
        _text(one, x, models),
        one.verdict,
        tone(one.verdict),
        (
            Standing("score", score_cell(one), scale),
            Standing("Spearman", correlation_cell(one.spearman), spearman_scale(one, known)),
            Standing("Kendall tau-b", correlation_cell(one.kendall), kendall_scale(one, known)),
            Standing("adds", correlation_cell(one.adds), adds),
        ),
        (_groups(one, known.floor),) if one.within else (),
    )


def _text(one: Evaluation, x: tuple[float, ...], models: TaskStatistics) -> str:
    gaps = (100 * models.gap).tolist()
    found = reading("A value", x, gaps, models.names).replace("A value of", "Values of")
    direction = "a larger" if one.higher_means == "larger gap" else "a smaller"
    tied = f" {one.tied_models} models share their value with another." if one.tied_models else ""
    return f"{found} A larger value should mean {direction} gap.{tied}"


def _groups(one: Evaluation, floor: Evaluation | MeanScore | None) -> Panel:
    """tau-b within each value of each hyper-parameter."""
    alone = (
        {(group.hyperparameter, group.value): group for group in floor.within} if isinstance(floor, Evaluation) else {}
    )
    names = list(dict.fromkeys(group.hyperparameter for group in one.within))
    lines = [
        Standing(
            f"{group.hyperparameter} = {group.value} ({group.models})",
            correlation_cell(group.kendall),
            group_scale(group, one, alone.get((group.hyperparameter, group.value))),
        )
        for group in sorted(one.within, key=lambda group: (names.index(group.hyperparameter), by_number(group.value)))
    ]
    turned = len(reversed_within(one.within, one.kendall.value))
    return Panel(f"tau-b within {len(lines)} groups of one value; {turned} reversed", tuple(lines))
