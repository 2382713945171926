"""The report as a table on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from ..metrics.correlation import Correlation
from ..metrics.evaluation import Evaluation


def score_table(rows: Sequence[Evaluation]) -> Table:
    """The score of each measure on each task beside what random measures reach there; in percent."""
    table = _table("Score (100 x conditional mutual information) and what random measures reach")
    for name in ("score", "random mean", "95%", "max", "p"):
        table.add_column(name, justify="right")
    table.add_column("")
    for row in rows:
        noise = row.noise
        percents = (f"{100 * value:.2f}" for value in (row.score, noise.mean, noise.percentile_95, noise.largest))
        table.add_row(row.task, row.measure, *percents, p_text(noise.p_value), verdict(row))
    return table


def correlation_table(rows: Sequence[Evaluation]) -> Table:
    """The rank correlation of each measure with the gap over all models of a task, with 95% intervals."""
    table = _table("Rank correlation with the generalization gap")
    for name in ("models", "tied"):
        table.add_column(name, justify="right")
    table.add_column("")
    for name in ("value", "95% interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        where = row.task, row.measure, str(row.models), str(row.tied_models)
        table.add_row(*where, "Spearman", *_correlation(row.spearman))
        table.add_row("", "", "", "", "tau-b", *_correlation(row.kendall))
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("task", overflow="fold")
    table.add_column("measure", overflow="fold")
    return table


def verdict(row: Evaluation) -> str:
    """Whether the score tells the measure from 95% of random ones."""
    return "noise" if row.score <= row.noise.percentile_95 else "above"


def p_text(p: float) -> str:
    """A p-value in three digits at most."""
    if math.isnan(p):
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def number(value: float) -> str:
    """A correlation in two decimals, with its sign."""
    return "-" if math.isnan(value) else f"{value:+.2f}"


def ranking_table(
    task: str, measure: str, models: Sequence[str], values: Sequence[float], gaps: Sequence[float]
) -> Table:
    """The models of a task from the smallest to the largest expected gap, beside their true gaps."""
    table = Table(
        title=f"Ranking of {task} by {measure}: the smallest expected gap first",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for name in ("rank", "model", measure, "gap (points)", "rank of gap"):
        table.add_column(name, justify="left" if name == "model" else "right")
    order = sorted(range(len(models)), key=lambda i: values[i])
    true_rank = {i: rank for rank, i in enumerate(sorted(range(len(models)), key=lambda i: gaps[i]), 1)}
    for rank, i in enumerate(order, 1):
        table.add_row(str(rank), models[i], f"{values[i]:.4f}", f"{100 * gaps[i]:.2f}", str(true_rank[i]))
    return table


def _correlation(found: Correlation) -> tuple[str, str, str]:
    if math.isnan(found.value):
        return "undefined", "constant values", "-"
    return number(found.value), escape(f"[{found.low:+.2f}, {found.high:+.2f}]"), p_text(found.p_value)
