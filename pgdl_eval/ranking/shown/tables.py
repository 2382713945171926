"""A ranking on a terminal of 80 columns: verdict and warnings first, then the order, then what the values are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from rich.table import Table
from rich.text import Text

from complexity.models.layers import listed

from ...report.table import interval_text, measure_table, titled_table
from ...report.text import number as signed
from ...report.text import p_text, percent
from ..order.result import Ranking, Value
from .taken import left_out_line, marks, marks_explained, taken_line, widths
from .verdict import verdict

MOST_COLUMNS, MOST_ROWS = 5, 40  # of measures, and of models; the files have all
NOTHING = "-"
LONGEST = 6  # letters of a word in the heading of a column


def head(ranking: Ranking) -> Iterator[Text]:
    """The verdict, and above it what must be known first."""
    for note in ranking.notes:
        yield Text(note, style="bold yellow")
    yield Text(verdict(ranking), style="bold")


def order_table(ranking: Ranking) -> Table:
    """Places with intervals, and the rank that each measure gives."""
    shown, taken = list(ranking.counted)[:MOST_COLUMNS], widths(ranking)
    table = titled_table("Least expected gap first; below the measures their ranks", padding=0, pad_edge=False)
    table.add_column("place", justify="right")
    table.add_column("95%", justify="right")
    table.add_column("model", overflow="fold", min_width=12, max_width=24)
    for measure in shown:
        table.add_column(Text(heading(measure.name)), justify="right", overflow="fold")
    table.add_column("train\nacc.", justify="right")
    table.add_column("para-\nmeters", justify="right")
    if taken:
        table.add_column("width", no_wrap=True, min_width=max(map(len, taken.values())))
    for model in ranking.best_first[:MOST_ROWS]:
        facts, place = ranking.facts.get(model), ranking.place(model)
        if not ranking.values.get(model):
            continue
        row: list[str | Text]
        row = [NOTHING, NOTHING] if place is None else [f"{place[0]:g}", interval(place[1], place[2])]
        row.append(Text(f"{model} {marks(ranking, model)}".rstrip()))
        row += [_rank(ranking, number, model) for number in range(len(shown))]
        accuracy = facts.training_accuracy if facts else None
        row.append(NOTHING if accuracy is None else f"{accuracy:.3f}")
        row.append(NOTHING if facts is None or facts.parameters is None else count(facts.parameters))
        row += [taken[model]] if taken else []
        table.add_row(*row)
    return table


def value_table(ranking: Ranking) -> Table:
    """For each measure the values beside their references, in the middle of the models, or of the only one."""
    models = [one for one in ranking.models if ranking.values.get(one)]
    title = "Values: " + ("" if len(models) == 1 else "medians over models, ") + "beside what tells nothing"
    table = titled_table(title, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("measure", overflow="fold", min_width=16)
    table.add_column("best", justify="left")
    for name in ("value", "spread", "least", "largest", "un-\ntrained", "ran-\ndom"):
        table.add_column(name, justify="right", overflow="fold")
    for measure in ranking.measures:
        found = [one for model in models if (one := ranking.values[model].get(measure.name))]
        if not found:
            continue
        values = [one.value for one in found]
        table.add_row(
            Text(measure.name), "low" if measure.higher_means == "larger gap" else "high",
            number(float(np.median(values))),
            _middle([one.spread for one in found]), number(min(values)), number(max(values)),
            _middle([one.reference("untrained") for one in found]), _middle([one.reference("random") for one in found]),
        )  # fmt: skip
    return table


def truth_table(ranking: Ranking) -> Table:
    """How consensus and measures stand to the true gaps, each turned so that larger means a larger expected gap."""
    models = ranking.truths[0].models
    title = f"Against the true gaps of {models} models: rank correlation, regret of the first in points"
    table = measure_table(title, ("Spearman", "95% interval", "tau-b", "regret", "by chance", "score"), width=20)
    for one in ranking.truths:
        score = NOTHING if one.score is None else percent(one.score.score)
        table.add_row(
            Text(one.measure), signed(one.spearman.value), interval_text(one.spearman.interval),
            signed(one.kendall.value), f"{100 * one.selection.regret:.2f}",
            f"{100 * one.selection.regret_at_random:.2f}", score,
        )  # fmt: skip
    return table


def tail(ranking: Ranking) -> Iterator[Text]:
    """How far measures agree, what they cost, why there is a dash, which are not there, what failed."""
    if len(ranking.ranked) > MOST_ROWS:
        yield Text(f"{len(ranking.models) - MOST_ROWS} more models are in the files")
    if ranking.agreed is not None and ranking.agreed.agreement is not None:
        found = ranking.agreed.agreement
        order = "footrule optimum" if ranking.agreed.method == "footrule" else "mean rank"
        text = f"{len(ranking.counted)} measures, {order}; they agree by Kendall's W {found.w:.2f}"
        yield Text(f"{text} (0 not at all, 1 in all; p {p_text(found.p_value)})")
    yield Text(taken_line(ranking))
    for text in marks_explained(ranking) if len(ranking.ranked) > 1 else ():
        yield Text(text)
    if left_out := left_out_line(ranking):
        yield Text(left_out, style="dim")
    for measure in ranking.measures:
        if measure.cost:
            yield Text(f"cost of {measure.name}: {measure.cost}", style="dim")
    for name in ("halves", "untrained", "random"):
        for why, measures in _reasons(ranking, name).items():
            what = {"halves": "no spread", "untrained": "no untrained network", "random": "no random features"}[name]
            yield Text(f"{what} for {', '.join(measures)}: {why}", style="dim")
    for name, why in ranking.left_out.items():
        yield Text(f"not in the order: {name} ({why})", style="dim")
    if len(ranking.counted) > MOST_COLUMNS:
        yield Text(f"{len(ranking.counted) - MOST_COLUMNS} more measures are in the files", style="dim")
    for (name, why), models in _failures(ranking).items():
        which = models[0] if len(models) == 1 else f"{len(models)} models ({listed(models)})"
        yield Text(f"failed {which}{f' {name}' if name else ''}: {why}", style="red")
    if ranking.failures:
        yield Text("pvector check MODEL --data DATA says of a model what is taken, what fits and what does not")


def heading(name: str) -> str:
    """The name of a measure as a narrow column has it."""
    parts = name.replace("[", "_[").replace(",", "_").split("_")
    halved = (f"{part[: len(part) // 2]}-\n{part[len(part) // 2 :]}" if len(part) > LONGEST else part for part in parts)
    return "\n".join(halved)


def interval(low: float, high: float) -> str:
    """An interval of places."""
    return NOTHING if np.isnan(low) else f"{low:.0f}-{high:.0f}"


def count(parameters: int) -> str:
    """A number of parameters in four characters or so."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if parameters >= factor:
            return f"{parameters / factor:.3g}{unit}"
    return str(parameters)


def number(value: float) -> str:
    """A value in three digits or so."""
    text = f"{value:.3g}"
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def _rank(ranking: Ranking, measure: int, model: str) -> str:
    if ranking.agreed is None or model not in ranking.ranked:
        return NOTHING
    return f"{ranking.agreed.ranks[measure, list(ranking.ranked).index(model)]:g}"


def _middle(values: list[float | None]) -> str:
    known = [one for one in values if one is not None]
    return number(float(np.median(known))) if known else NOTHING


def _failures(ranking: Ranking) -> dict[tuple[str, str], list[str]]:
    """Models that failed alike, by the measure and why, without their own names."""
    found: dict[tuple[str, str], list[str]] = {}
    for model, of in ranking.failures.items():
        for name, why in of.items():
            found.setdefault((name, re.sub(rf"^.*{re.escape(model)}[^:]*: ", "", why)), []).append(model)
    return found


def _reasons(ranking: Ranking, name: str) -> dict[str, list[str]]:
    """Measures for which no model has a reference, by the reason."""
    found: dict[str, list[str]] = {}
    for measure in ranking.measures:
        values: list[Value] = [one for of in ranking.values.values() if (one := of.get(measure.name))]
        if values and all(one.why_not(name) for one in values):
            found.setdefault(values[0].why_not(name), []).append(measure.name)
    return found
