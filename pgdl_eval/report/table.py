"""The report as tables for a terminal of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from ..metrics.ceiling import CEILING
from ..metrics.correlation import Correlation
from ..metrics.difference import Comparison
from ..metrics.evaluation import Evaluation, MeanScore
from ..metrics.half_samples import Interval
from ..metrics.over_seeds import OverSeeds
from ..metrics.within_groups import reversed_within
from .text import UNDEFINED, limits, number, p_text, percent, verdict_text

RANDOM = "random measures"
INDEPENDENCE = (
    "adds: partial rank correlation given the hyper-parameters, permutation test. Spearman and tau-b take models as "
    "independent: where hyper-parameters drive both sides, a measure that knows nothing more is significant there in "
    "33 to 58% of simulated tasks."
)


def score_table(where: str, rows: Sequence[Evaluation | MeanScore]) -> Table:
    """The scores of measures on one task, or in the mean over tasks, above what random measures reach there."""
    names = ("score", "95% interval", "p", "signed", "adds", "verdict")
    table = measure_table(f"{escape(where)}: 100 x conditional mutual information", names, padding=0)
    for row in rows:
        limits = interval_text(row.score_interval, "{:.1f}", unit=100)
        signed = f"{100 * row.signed_score:+.2f}"
        cells = percent(row.score), limits, p_text(row.noise.p_value), signed, number(row.adds.value)
        table.add_row(escape(row.measure), *cells, verdict_text(row.verdict))
    table.add_section()
    noise = rows[0].noise
    for name, value in (("mean", noise.mean), ("95%", noise.percentile_95), ("max", noise.largest)):
        table.add_row(f"{RANDOM}, {name}", percent(value), style="dim")
    return table


def correlation_table(rows: Sequence[Evaluation]) -> Table:
    """The rank correlation of each measure with the gap over all models of one task, with 95% intervals.

    Below both coefficients stands the partial one, given the hyper-parameters.
    """
    first = rows[0]
    title = f"{escape(first.task)}, {first.models} models: rank correlation with the generalization gap"
    table = measure_table(title, ("tied", "", "value", "95% interval", "p"))
    for row in rows:
        table.add_row(escape(row.measure), str(row.tied_models), "Spearman", *_correlation(row.spearman))
        table.add_row("", "", "tau-b", *_correlation(row.kendall))
        if not row.floor:
            undefined = "constant" if row.tied_models == row.models else "undefined"
            table.add_row("", "", "adds", *_correlation(row.adds, undefined))
    table.caption, table.caption_justify = INDEPENDENCE, "left"
    return table


def robustness_table(rows: Sequence[Evaluation]) -> Table:
    """Whether each measure holds up where one hyper-parameter changes or stays, and what picking by it costs.

    In the direction that each declares: granulated Kendall's tau (mean and least over hyper-parameters), sign-error
    over environments, groups of equal hyper-parameter whose tau-b has the other sign than that of all models, regret of
    the top model in points of the gap, hit rate of the top tenth.
    """
    title = f"{escape(rows[0].task)}: granulated tau, sign-error, reversed groups, regret of picking"
    names = ("tau\nmean", "tau\nleast", "error\nmean", "error\n90%", "error\nmax", "groups\nreversed", "regret")
    table = measure_table(title, (*names, "top\n10%"), padding=0)  # all of it and a name of 24 letters in 80 columns
    for row in rows:
        psi, error, picked = row.granulated, row.sign_error, row.selection
        least = min((value for value in psi.by_hyperparameter.values() if not math.isnan(value)), default=math.nan)
        errors = (f"{value:.2f}" for value in (error.mean, error.percentile_90, error.maximum))
        flipped = f"{len(reversed_within(row.within, row.kendall.value))} of {len(row.within)}"
        chosen = f"{100 * picked.regret:.1f}", f"{100 * picked.hit_rate:.0f}%"
        table.add_row(escape(row.measure), number(psi.mean), number(least), *errors, flipped, *chosen)
    table.add_section()
    picked = rows[0].selection
    chance = f"{100 * picked.regret_at_random:.1f}", f"{100 * picked.hit_rate_at_random:.0f}%"
    table.add_row(f"{RANDOM}, mean", "0", "", "0.50", "", "", "", *chance, style="dim")
    return table


def difference_table(comparisons: Sequence[Comparison]) -> Table:
    """How far the measures of one task stand behind the one that scores best there, with 95% intervals over models."""
    task, best = comparisons[0].task, comparisons[0].first
    title = f"{escape(task)}: {escape(best)}, which scores best, minus each other measure"
    table = measure_table(title, ("score", "95% interval", "Spearman", "95% interval"))
    for one in comparisons:
        if one.first == best:
            score = f"{100 * one.score.value:+.2f}", interval_text(one.score.interval, "{:+.1f}", unit=100)
            table.add_row(escape(one.second), *score, number(one.spearman.value), interval_text(one.spearman.interval))
    return table


def seeds_table(task: str, found: OverSeeds) -> Table:
    """Each measure in the mean over the seeds of a task, how far it moves between them, and below the ceiling."""
    limit = found.ceiling
    columns = ("score", "Spearman", "adds", "fragility", "verdict")
    table = measure_table(f"{escape(task)}: mean over {limit.seeds} seeds", columns, padding=0)
    for one in found.measures:
        row = one.evaluation
        moves = UNDEFINED if math.isnan(one.fragility) else f"{one.fragility:.2f}"
        cells = percent(row.score), number(row.spearman.value), number(row.adds.value), moves, verdict_text(row.verdict)
        table.add_row(escape(row.measure), *cells)
    table.add_section()
    table.add_row(CEILING, percent(limit.score), number(limit.spearman), style="dim")
    share = UNDEFINED if math.isnan(limit.share_between_seeds) else f"{100 * limit.share_between_seeds:.0f}%"
    table.caption, table.caption_justify = (
        f"{share} of the variance of the gaps lies between seeds of one setting.",
        "left",
    )
    return table


def ranking_table(row: Evaluation, models: Sequence[str], values: Sequence[float], gaps: Sequence[float]) -> Table:
    """The models of a task from the smallest to the largest expected gap, beside their true gaps."""
    table = titled_table(escape(f"{row.task} by {row.measure}: smallest expected gap first"))
    for name in ("rank", "model", escape(row.measure), "gap (points)", "rank of gap"):
        table.add_column(name, justify="left" if name == "model" else "right")
    sign = 1 if row.higher_means == "larger gap" else -1
    order = sorted(range(len(models)), key=lambda i: sign * values[i])
    true_rank = {i: rank for rank, i in enumerate(sorted(range(len(models)), key=lambda i: gaps[i]), 1)}
    for rank, i in enumerate(order, 1):
        table.add_row(str(rank), escape(models[i]), f"{values[i]:.4f}", f"{100 * gaps[i]:.2f}", str(true_rank[i]))
    return table


def measure_table(
    title: str, columns: Sequence[str], *, width: int = 16, padding: int = 1, folded: Sequence[str] = ()
) -> Table:
    """A table of measures, their names so wide at least, with these columns; the folded ones may take several lines.

    Columns hold numbers, but for words below "verdict" and an empty name.
    """
    table = titled_table(title, pad_edge=False, padding=(0, padding, 0, 0))
    table.add_column("measure", overflow="fold", min_width=width)
    for name in columns:
        fold, words = name in folded, name in ("", "verdict")
        table.add_column(
            name, justify="left" if words else "right", no_wrap=not fold, overflow="fold" if fold else "ellipsis"
        )
    return table


def titled_table(title: str, **layout: Any) -> Table:
    """An empty table as all of ours look."""
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, **layout)


def interval_text(interval: Interval, form: str = "{:+.2f}", *, unit: float = 1) -> str:
    """Both limits in brackets, safe for the markup of a terminal table."""
    return escape(limits(interval, form, unit=unit))


def _correlation(found: Correlation, undefined: str = "constant") -> tuple[str, str, str]:
    if math.isnan(found.value):
        return UNDEFINED, undefined, UNDEFINED
    return number(found.value), interval_text(found.interval), p_text(found.p_value)
