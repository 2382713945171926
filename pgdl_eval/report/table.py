"""The report as tables for a terminal of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from ..metrics.correlation import Correlation
from ..metrics.evaluation import Evaluation, MeanScore
from ..metrics.half_samples import Interval
from ..metrics.noise_band import NoiseBand
from ..metrics.within_groups import reversed_within

UNDEFINED = "-"


def score_table(rows: Sequence[Evaluation]) -> Table:
    """The scores of all measures on one task beside what random measures reach there; in percent."""
    first = rows[0]
    table = _score_table(f"{first.task}, {first.models} models: 100 x conditional mutual information")
    for row in rows:
        _add_score(table, row.measure, row.score, row.score_interval, row.noise, verdict(row))
    return table


def mean_table(means: Sequence[MeanScore]) -> Table:
    """The mean score of each measure over tasks, as on the competition's leaderboard; in percent."""
    table = _score_table(f"Mean over {means[0].tasks} tasks: 100 x conditional mutual information")
    for mean in means:
        _add_score(table, mean.measure, mean.score, mean.score_interval, mean.noise, standing(mean.score, mean.noise))
    return table


def _score_table(title: str) -> Table:
    table = _table(title)
    for name in ("score", "95% interval", "random mean", "95%", "max", "p"):
        table.add_column(name, justify="right", no_wrap=name != "random mean")
    table.add_column("")
    return table


def _add_score(table: Table, name: str, score: float, interval: Interval, noise: NoiseBand, word: str) -> None:
    band = (f"{100 * value:.2f}" for value in (noise.mean, noise.percentile_95, noise.largest))
    limits = interval_text(100 * interval.low, 100 * interval.high, "{:.1f}")
    table.add_row(name, f"{100 * score:.2f}", limits, *band, p_text(noise.p_value), word)


def correlation_table(rows: Sequence[Evaluation]) -> Table:
    """The rank correlation of each measure with the gap over all models of one task, with 95% intervals."""
    first = rows[0]
    table = _table(f"{first.task}, {first.models} models: rank correlation with the generalization gap")
    for name in ("tied", "", "value", "95% interval", "p"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for row in rows:
        table.add_row(row.measure, str(row.tied_models), "Spearman", *_correlation(row.spearman))
        table.add_row("", "", "tau-b", *_correlation(row.kendall))
    return table


def robustness_table(rows: Sequence[Evaluation]) -> Table:
    """Whether each measure holds up where one hyper-parameter changes or stays, and what picking by it costs."""
    table = _table(f"{rows[0].task}: in the direction that each measure declares; regret in points of the gap")
    names = ("granulated tau", "least", "sign-error mean", "90%", "max", "groups reversed", "regret", "top 10%")
    for name in names:
        table.add_column(name, justify="right", no_wrap=" " not in name)
    for row in rows:
        psi, error, picked = row.granulated, row.sign_error, row.selection
        least = min((value for value in psi.by_hyperparameter.values() if not math.isnan(value)), default=math.nan)
        flipped = len(reversed_within(row.within, row.kendall.value))
        errors = (f"{value:.2f}" for value in (error.mean, error.percentile_90, error.maximum))
        table.add_row(
            row.measure, number(psi.mean), number(least), *errors, f"{flipped}/{len(row.within)}",
            f"{100 * picked.regret:.1f}", f"{100 * picked.hit_rate:.0f}%",
        )  # fmt: skip
    picked = rows[0].selection
    table.add_row("[dim]at random[/dim]", "0", "0", "0.50", "", "", "", f"{100 * picked.regret_at_random:.1f}",
                  f"{100 * picked.hit_rate_at_random:.0f}%", style="dim")  # fmt: skip
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("measure", overflow="fold", min_width=16)
    return table


def standing(score: float, noise: NoiseBand) -> str:
    """Whether a score tells a measure from 95% of random ones."""
    return "noise" if score <= noise.percentile_95 else "above"


def verdict(row: Evaluation) -> str:
    """The standing of a row, and whether the measure is constant or goes against the direction that it declares."""
    if row.tied_models == row.models and math.isnan(row.spearman.value):
        return "constant"
    word = standing(row.score, row.noise)
    return "reversed" if word == "above" and row.direction < 0 else word


def p_text(p: float) -> str:
    """A p-value in three digits at most."""
    if math.isnan(p):
        return UNDEFINED
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 0.9995 else "1"


def number(value: float) -> str:
    """A correlation in two decimals, with its sign."""
    return UNDEFINED if math.isnan(value) else f"{value:+.2f}"


def interval_text(low: float, high: float, form: str) -> str:
    """Both limits in brackets, safe for the markup of a terminal table."""
    return UNDEFINED if math.isnan(low) else escape(f"[{form.format(low)}, {form.format(high)}]")


def ranking_table(row: Evaluation, models: Sequence[str], values: Sequence[float], gaps: Sequence[float]) -> Table:
    """The models of a task from the smallest to the largest expected gap, beside their true gaps."""
    table = Table(
        title=f"Ranking of {row.task} by {row.measure}: the smallest expected gap first",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for name in ("rank", "model", row.measure, "gap (points)", "rank of gap"):
        table.add_column(name, justify="left" if name == "model" else "right")
    sign = 1 if row.higher_means == "larger gap" else -1
    order = sorted(range(len(models)), key=lambda i: sign * values[i])
    true_rank = {i: rank for rank, i in enumerate(sorted(range(len(models)), key=lambda i: gaps[i]), 1)}
    for rank, i in enumerate(order, 1):
        table.add_row(str(rank), models[i], f"{values[i]:.4f}", f"{100 * gaps[i]:.2f}", str(true_rank[i]))
    return table


def _correlation(found: Correlation) -> tuple[str, str, str]:
    if math.isnan(found.value):
        return "undefined", "constant", UNDEFINED
    return number(found.value), interval_text(found.low, found.high, "{:+.2f}"), p_text(found.p_value)
