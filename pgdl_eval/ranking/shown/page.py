"""report.html of a ranking."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

import numpy as np

from complexity.measures.registry import Measure

from ...metrics.agreement import agreement
from ...metrics.correlation import Correlation
from ...metrics.random_correlation import kendall_band, spearman_band
from ...provenance import installed_versions
from ...report.page.sections import (
    Cell,
    Chart,
    Column,
    Facts,
    HeatMap,
    Mark,
    Messages,
    Page,
    Property,
    Scale,
    Scatters,
    Section,
    Standing,
    Table,
    Verdicts,
    reading,
)
from ...report.text import UNDEFINED, number, percent, with_limits
from ..models.model_files import family_of
from ..order.result import Ranking, Value
from ..order.truth import CONSENSUS, Truth
from .verdict import verdict

BAND = "95% of random orders"
REFERENCES = {"untrained": "the same network, its weights drawn anew", "random": "random features of the same width"}
DEVIATIONS = 2  # on either side of a value, drawn as its interval


def ranking_page(ranking: Ranking, command: str) -> Page:
    """All that a ranking holds, its verdict first."""
    measures = f"{len(ranking.measures)} measure{'s' * (len(ranking.measures) != 1)}"
    summary = f"{len(ranking.models)} models, {measures}, {ranking.samples} samples"
    return Page("Which model will generalize best?", summary, tuple(_sections(ranking, command)))


def _sections(ranking: Ranking, command: str) -> Iterator[Section]:
    yield Verdicts("Verdict", verdict(ranking))
    yield Messages("Before you read on", "warning", tuple(ranking.notes))
    yield Messages("Errors", "error", tuple(_failures(ranking)))
    yield _leaderboard(ranking)
    if ranking.truths:
        yield _truths(ranking)
    if (found := _scatters(ranking)) is not None:
        yield found
    if len(ranking.counted) > 1 and len(ranking.ranked) > 2:
        yield _agreement(ranking)
    yield Messages("Left out", "note", tuple(f"{name}: {why}" for name, why in ranking.left_out.items()))
    yield Messages("Warnings", "warning", tuple(_doubts(ranking)))
    yield _facts(ranking, command)


def _failures(ranking: Ranking) -> Iterator[str]:
    for model, of in ranking.failures.items():
        for measure, why in of.items():
            yield ": ".join(part for part in (model, measure, why) if part)


def _doubts(ranking: Ranking) -> Iterator[str]:
    for model, of in ranking.values.items():
        for measure, value in of.items():
            yield from (f"{model}: {measure}: {doubt}" for doubt in value.doubts)


def _leaderboard(ranking: Ranking) -> Table:
    """Places with their intervals, then each measure's values with theirs, beside their references."""
    models = ranking.best_first
    columns = [
        Column("model", tuple(map(Cell, models))),
        Column("place", tuple(_place(ranking, model) for model in models), "of the consensus, with its 95% interval "
               "over samples", Scale(1, max(2, len(ranking.ranked)))),
        *(_measure_column(ranking, measure, models) for measure in ranking.measures),
        _numbers("training accuracy", [_fact(ranking, model, "training_accuracy") for model in models], "{:.3f}"),
        _numbers("parameters", [_parameters(ranking, model) for model in models], "{:,.0f}"),
        Column("layer", tuple(Cell(_layer(ranking, model)) for model in models), "whose input the features are"),
        _numbers("width", [_fact(ranking, model, "layer_width") for model in models], "{:.0f}"),
        _numbers("spectral gap", [_fact(ranking, model, "spectral_gap") for model in models], "{:.3f}"),
    ]  # fmt: skip
    if ranking.gaps:
        gaps = [100 * ranking.gaps.get(model, math.nan) for model in models]
        columns.insert(2, _numbers("true gap (points)", gaps, "{:.1f}"))
    text = f"Least expected gap first. A value is drawn with {DEVIATIONS} standard deviations over half-samples."
    return Table("Leaderboard", tuple(columns), text)


def _place(ranking: Ranking, model: str) -> Cell:
    place = ranking.place(model)
    if place is None:
        return Cell(UNDEFINED)
    known = not math.isnan(place[1])
    text = f"{place[0]:g} [{place[1]:.0f}, {place[2]:.0f}]" if known else f"{place[0]:g}"
    return Cell(text, *place)


def _measure_column(ranking: Ranking, measure: Measure, models: Sequence[str]) -> Column:
    found = [ranking.values.get(model, {}).get(measure.name) for model in models]
    cells = tuple(map(_value, found))
    best = "low" if measure.higher_means == "larger gap" else "high"
    unit = f", in {measure.unit}" if measure.unit else ""
    known = [name for name in REFERENCES if any(one is not None and one.reference(name) is not None for one in found)]
    marks = [_marks(value, known) for value in found]
    ends = [one for cell in cells for one in (cell.value, cell.low, cell.high)]
    ends = [one for one in (*ends, *(mark.value for of in marks for mark in of)) if math.isfinite(one)]
    if not ends or min(ends) == max(ends):
        return Column(measure.name, cells, f"{best} is better{unit}")
    scales = tuple(Scale(min(ends), max(ends), marks=of) for of in marks)
    return Column(measure.name, cells, f"{best} is better{unit}", scales)


def _value(found: Value | None) -> Cell:
    if found is None:
        return Cell(UNDEFINED)
    if found.spread is None:
        return Cell(f"{found.value:.4g}", found.value)
    reach = DEVIATIONS * found.spread
    return Cell(
        f"{found.value:.4g} \N{PLUS-MINUS SIGN} {reach:.2g}", found.value, found.value - reach, found.value + reach
    )


def _marks(found: Value | None, known: Sequence[str]) -> tuple[Mark, ...]:
    """The known references of a value; NaN, which is not drawn, where it has none."""
    values = {name: None if found is None else found.reference(name) for name in known}
    return tuple(Mark(REFERENCES[name], math.nan if value is None else value) for name, value in values.items())


def _truths(ranking: Ranking) -> Table:
    """How consensus and measures stand to the true gaps."""
    found: Sequence[Truth] = ranking.truths
    models = found[0].models
    columns = [
        Column("measure", tuple(Cell(one.measure) for one in found)),
        Column("Spearman", tuple(_correlation(one.spearman) for one in found), "rank correlation with the true gap",
               _correlations(spearman_band(models))),
        Column("Kendall tau-b", tuple(_correlation(one.kendall) for one in found), "rank correlation with the true gap",
               _correlations(kendall_band(models))),
        _numbers("regret (points)", [100 * one.selection.regret for one in found], "{:.1f}",
                 "gap of the model picked first less the least gap"),
    ]  # fmt: skip
    scores = [one.score for one in found]
    if any(scores):
        cells = tuple(Cell(UNDEFINED) if one is None else Cell(percent(one.score), 100 * one.score) for one in scores)
        columns.append(Column("score", cells, "100 x conditional mutual information of measure and gap"))
    text = f"{models} models with a true gap; each measure turned so that larger means a larger expected gap."
    return Table("Held against the true gaps", tuple(columns), text)


def _correlation(found: Correlation) -> Cell:
    if math.isnan(found.value):
        return Cell(UNDEFINED)
    text = with_limits(number(found.value), found.interval)
    return Cell(text, found.value, found.interval.low, found.interval.high)


def _correlations(band: float) -> Scale:
    return Scale(-1, 1, (-band, band), BAND)


def _scatters(ranking: Ranking) -> Scatters | None:
    """Each measure against the true gaps, or where none are known against the training accuracy."""
    if ranking.gaps:
        known = {model: 100 * gap for model, gap in ranking.gaps.items()}
        name = "true gap (points)"
    else:
        known = {model: _fact(ranking, model, "training_accuracy") for model in ranking.models}
        name = "training accuracy"
    models = [model for model in ranking.models if math.isfinite(known.get(model, math.nan))]
    if len(models) < 2:
        return None
    y = tuple(known[model] for model in models)
    charts = tuple(_chart(ranking, measure, models, y) for measure in ranking.measures)
    families = tuple(family_of(model)[0] or UNDEFINED for model in models)
    layers = tuple(_layer(ranking, model) for model in models)
    properties = tuple(
        Property(title, values)
        for title, values in (("family", families), ("layer", layers))
        if 1 < len(set(values)) < len(models)
    )
    return Scatters(f"Measures against {name.partition(' (')[0]}", tuple(models), y, name, charts, properties)


def _chart(ranking: Ranking, measure: Measure, models: Sequence[str], y: Sequence[float]) -> Chart:
    at = [place for place, model in enumerate(models) if measure.name in ranking.values.get(model, {})]
    x = tuple(ranking.values[models[place]][measure.name].value for place in at)
    text = reading("A value", x, [y[place] for place in at], [models[place] for place in at])
    text = f"{text.replace('A value of', 'Values of')} A larger value should mean a {measure.gap_if_larger}."
    truth = next((one for one in ranking.truths if one.measure == measure.name), None)
    standings = () if truth is None else (
        Standing("Spearman", _correlation(truth.spearman), _correlations(spearman_band(truth.models))),
    )  # fmt: skip
    return Chart(measure.name, tuple(at), x, text, standings=standings)


def _agreement(ranking: Ranking) -> HeatMap:
    table = [[one.orient(ranking.values[model][one.name].value) for model in ranking.ranked] for one in ranking.counted]
    names = [one.name for one in ranking.counted]
    if ranking.agreed is not None:
        table.append(ranking.agreed.places.tolist())
        names.append(CONSENSUS)
    text = "Spearman's rank correlation of each pair, each turned so that larger means a larger expected gap."
    return HeatMap("Agreement of measures", tuple(names), tuple(map(tuple, agreement(np.array(table)).tolist())), text)


def _facts(ranking: Ranking, command: str) -> Facts:
    agreed = ranking.agreed
    rows = [
        ("command", command),
        ("written", datetime.now(timezone.utc).isoformat(timespec="seconds")),
        ("versions", ", ".join(f"{name} {version}" for name, version in installed_versions().items())),
        *((one.name, f"{one.source}; {one.cost}") for one in ranking.measures),
    ]
    if agreed is not None:
        rows.append(("consensus", f"{agreed.method}{'' if agreed.unique else ', one of several that are as good'}"))
        if agreed.agreement is not None:
            rows.append(("Kendall's W", f"{agreed.agreement.w:.2f} (p {agreed.agreement.p_value:.3f})"))
    rows.append(("seconds", f"{ranking.seconds:.1f}"))
    return Facts("Settings, versions, costs", tuple(rows))


def _numbers(name: str, values: Sequence[float], form: str, help_text: str = "") -> Column:
    cells = tuple(Cell(UNDEFINED if math.isnan(value) else form.format(value), value) for value in values)
    return Column(name, cells, help_text)


def _fact(ranking: Ranking, model: str, name: str) -> float:
    found = ranking.facts[model].details.get(name) if model in ranking.facts else None
    return math.nan if found is None else float(found)


def _parameters(ranking: Ranking, model: str) -> float:
    found = ranking.facts[model].parameters if model in ranking.facts else None
    return math.nan if found is None else float(found)


def _layer(ranking: Ranking, model: str) -> str:
    found = ranking.facts[model].details.get("layer") if model in ranking.facts else None
    return UNDEFINED if found is None else str(found)
