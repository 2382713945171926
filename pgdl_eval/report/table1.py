"""Table 1 for a terminal, as CSV, as Markdown and as a picture."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from ..formats.atomic import write_text
from ..measures import PAPER
from ..metrics.correlation import CONSTANT, Correlation
from ..metrics.evaluation import Evaluation, MeanScore
from ..metrics.half_samples import Interval
from ..provenance import installed_versions
from ..scoreboard import Row, Scoreboard
from .figure import new_figure, save_figure
from .files import write_records
from .table import INDEPENDENCE, interval_text, measure_table
from .text import UNDEFINED, number, p_text, percent, verdict_text
from .weight_figure import write_weight_figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NO_DATA, INCOMPLETE = "no data", "incomplete"


def score_rows(rows: Sequence[Row], tasks: Sequence[str]) -> Table:
    """Scores: the paper's, ours by task and in the mean, and where they stand; below them those of random measures."""
    columns = ["paper", *map(escape, tasks), *(["mean"] if len(tasks) > 1 else [])]
    title = "Score, 100 x CMI (the paper's: other models)"
    table = measure_table(title, [*columns, "verdict"], width=24, folded=columns)
    for row in rows:
        verdict = escape(verdict_text(_verdict(row)))
        table.add_row(escape(row.measure), *_scores(row, tasks), verdict)
    _add_noise(table, rows, tasks)
    return table


def _verdict(row: Row) -> str:
    if row.overall is not None:
        return row.overall.verdict
    return f"needs {row.lacking}" if row.lacking else UNDEFINED


def certainty_rows(rows: Sequence[Row]) -> Table:
    """Interval and p-value of what stands for each measure, the mean or the only task, and what it costs."""
    columns = ("95% interval", "p", "adds", "its p", "seconds a model")
    table = measure_table("How sure these scores are, and what they cost", columns, width=24)
    for row in rows:
        if row.overall is not None:
            limits = interval_text(row.overall.score_interval, "{:.1f}", unit=100)
            adds = number(row.overall.adds.value), p_text(row.overall.adds.p_value)
            table.add_row(escape(row.measure), limits, p_text(row.overall.noise.p_value), *adds, _cost(row))
    return table


def spearman_rows(rows: Sequence[Row], tasks: Sequence[str]) -> Table:
    """Spearman's correlation with the gap by task."""
    return _correlation_rows("Spearman's correlation with the gap", rows, tasks, lambda found: found.spearman)


def adds_rows(rows: Sequence[Row], tasks: Sequence[str]) -> Table:
    """The partial rank correlation with the gap, given the hyper-parameters, by task."""
    shown = [row for row in rows if not all(found.floor for found in row.evaluations.values())]
    table = _correlation_rows("What each adds to the hyper-parameters", shown, tasks, lambda found: found.adds)
    table.caption, table.caption_justify = INDEPENDENCE, "left"
    return table


def orderings(rows: Sequence[Row]) -> str:
    """How many pairs of the paper's rows stand in the paper's order here."""
    known = [(PAPER[row.measure], row.overall.score) for row in rows if row.measure in PAPER and row.overall]
    pairs = list(itertools.combinations(known, 2))
    if not pairs:
        return "No two of the paper's rows have data here: no ordering can be compared."
    same = sum((a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in pairs)
    return f"{same} of {len(pairs)} pairs of the paper's rows that have data stand in the paper's order."


def records(rows: Sequence[Row], tasks: Sequence[str]) -> list[dict[str, object]]:
    """The table as plain numbers, scores in percent, one record a row."""
    found = []
    for row in rows:
        record: dict[str, object] = {"measure": row.measure, "paper": PAPER.get(row.measure)}
        for task in tasks:
            record |= _numbers(task, row.evaluations.get(task))
        if len(tasks) > 1:
            record |= _numbers("mean", row.mean)
        record["seconds_per_model"] = row.seconds
        found.append(record)
    return found


def write_table(board: Scoreboard, folder: Path) -> None:
    """table1.csv, table1.md, table1.png and a picture of the weight for each combination."""
    rows, tasks = list(board.rows.values()), list(board.tasks)
    write_records(folder / "table1.csv", records(rows, tasks))
    write_markdown(folder / "table1.md", rows, tasks)
    write_figure(folder / "table1.png", rows, tasks)
    write_weight_figures(folder, board)


def write_markdown(path: Path, rows: Sequence[Row], tasks: Sequence[str]) -> None:
    """The table with date and versions."""
    heads = ["measure", "paper", *tasks, *(["mean"] if len(tasks) > 1 else []), "95% interval", "random mean, 95%", "p"]
    heads += ["adds", "its p", "verdict"]
    heads += [*(f"Spearman, {task}" for task in tasks), *(f"adds, {task}" for task in tasks), "s / model"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *(_markdown_cells(row, tasks) for row in rows)]
    versions = ", ".join(f"{name} {version}" for name, version in installed_versions().items())
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    date = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    write_text(path, f"{table}\n\n{orderings(rows)}\n\n{INDEPENDENCE}\n\n{date}; {versions}\n")


def write_figure(path: Path, rows: Sequence[Row], tasks: Sequence[str]) -> None:
    """A panel a task, one for the mean; above scores with intervals beside the paper's and the band of random measures.

    Below what each measure adds to the hyper-parameters.
    """
    shown = [row for row in rows if row.evaluations][::-1]
    panels = [*tasks, *(["mean"] if any(row.mean for row in shown) else [])]
    figure = new_figure(3.2 + 3.4 * len(panels), 2.4 + 0.6 * len(shown))
    grid = figure.subplots(2, len(panels), sharey=True, squeeze=False)
    for scores, adds, panel in zip(*grid, panels, strict=True):
        found = [row.mean if panel == "mean" else row.evaluations.get(panel) for row in shown]
        _draw_scores(scores, found)
        paper = [(PAPER[row.measure], position) for position, row in enumerate(shown) if row.measure in PAPER]
        if paper and panel == panels[-1]:
            scores.plot(*zip(*paper, strict=True), "d", color="C1", fillstyle="none", label="the paper, other models")
        scores.set_title(panel, fontsize=10, loc="left")
        _draw_adds(adds, found)
        for axes in (scores, adds):
            axes.set_yticks(range(len(shown)), [row.measure for row in shown])
            axes.grid(alpha=0.25, axis="x")
    figure.legend(*scores.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    save_figure(figure, path)


def _draw_scores(axes: Axes, found: Sequence[Evaluation | MeanScore | None]) -> None:
    first = next(one for one in found if one is not None)
    axes.axvspan(0, 100 * first.noise.percentile_95, color="0.88", label="95% of random measures")
    axes.axvline(100 * first.noise.mean, color="0.6", linewidth=1, label="mean of random measures")
    for position, one in enumerate(found):
        if one is not None:
            label = "here, with 95% interval" if one is first else None
            _draw_estimate(axes, position, 100 * one.score, one.score_interval, 100, label)
    axes.set_xlim(left=0)
    axes.set_xlabel("score (100 x CMI)", fontsize=9)


def _draw_adds(axes: Axes, found: Sequence[Evaluation | MeanScore | None]) -> None:
    axes.axvline(0, color="0.6", linewidth=1)
    for position, one in enumerate(found):
        if one is not None and not math.isnan(one.adds.value):
            _draw_estimate(axes, position, one.adds.value, one.adds.interval)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_xlabel("adds (partial correlation)", fontsize=9)


def _draw_estimate(
    axes: Axes, position: int, value: float, interval: Interval, unit: float = 1, label: str | None = None
) -> None:
    axes.plot([unit * interval.low, unit * interval.high], [position] * 2, color="C0", linewidth=2, alpha=0.5)
    axes.plot([value], [position], "o", color="C0", label=label)


def _markdown_cells(row: Row, tasks: Sequence[str]) -> list[str]:
    whole = row.overall
    cells = [row.measure, *_scores(row, tasks)]
    if whole is None:
        cells += [*5 * [UNDEFINED], NO_DATA if not row.evaluations and not row.lacking else _verdict(row)]
    else:
        limits = interval_text(whole.score_interval, "{:.1f}", unit=100).replace("\\", "")
        noise = f"{percent(whole.noise.mean)}, {percent(whole.noise.percentile_95)}"
        cells += [limits, noise, p_text(whole.noise.p_value), number(whole.adds.value), p_text(whole.adds.p_value)]
        cells.append(whole.verdict)
    of_tasks = _correlations(row, tasks, lambda found: found.spearman)
    of_tasks += _correlations(row, tasks, lambda found: found.adds)
    return [*cells, *(cell.replace("\\", "") for cell in of_tasks), _cost(row)]


def _numbers(name: str, found: Evaluation | MeanScore | None) -> dict[str, object]:
    if found is None:
        return {f"{name}_score": math.nan}
    numbers: dict[str, object] = {
        f"{name}_score": 100 * found.score,
        f"{name}_low": 100 * found.score_interval.low,
        f"{name}_high": 100 * found.score_interval.high,
        f"{name}_signed": 100 * found.signed_score,
        f"{name}_random_mean": 100 * found.noise.mean,
        f"{name}_random_95": 100 * found.noise.percentile_95,
        f"{name}_p": found.noise.p_value,
        f"{name}_adds": found.adds.value,
        f"{name}_adds_low": found.adds.interval.low,
        f"{name}_adds_high": found.adds.interval.high,
        f"{name}_adds_p": found.adds.p_value,
        f"{name}_verdict": found.verdict,
    }
    if isinstance(found, Evaluation):
        numbers |= {f"{name}_spearman": found.spearman.value, f"{name}_spearman_p": found.spearman.p_value}
    return numbers


def _add_noise(table: Table, rows: Sequence[Row], tasks: Sequence[str]) -> None:
    """The scores of random measures, below those of the measures."""
    table.add_section()
    bands = [next((r.evaluations[task].noise for r in rows if task in r.evaluations), None) for task in tasks]
    if len(tasks) > 1:
        bands.append(next((row.mean.noise for row in rows if row.mean), None))
    for name, part in (("mean", "mean"), ("95%", "percentile_95"), ("max", "largest")):
        cells = [UNDEFINED if band is None else percent(getattr(band, part)) for band in bands]
        table.add_row(f"random measures, {name}", "", *cells, style="dim")


def _scores(row: Row, tasks: Sequence[str]) -> list[str]:
    """The paper's score, ours by task and, of several, in the mean."""
    paper = f"{PAPER[row.measure]:.3f}" if row.measure in PAPER else UNDEFINED
    cells = [_score(row, task) for task in tasks]
    mean = [UNDEFINED if row.mean is None else percent(row.mean.score)] if len(tasks) > 1 else []
    return [paper, *cells, *mean]


def _score(row: Row, task: str) -> str:
    if task in row.evaluations:
        return percent(row.evaluations[task].score)
    return NO_DATA if row.missing[task] is None else INCOMPLETE


def _cost(row: Row) -> str:
    return UNDEFINED if row.seconds is None else f"{row.seconds:.2f}"


def _correlation_rows(
    title: str, rows: Sequence[Row], tasks: Sequence[str], part: Callable[[Evaluation], Correlation]
) -> Table:
    table = measure_table(title, list(map(escape, tasks)), width=24)
    for row in rows:
        if row.evaluations:
            table.add_row(escape(row.measure), *_correlations(row, tasks, part))
    return table


def _correlations(row: Row, tasks: Sequence[str], part: Callable[[Evaluation], Correlation]) -> list[str]:
    """A correlation of each task with its interval, safe for the markup of a terminal table."""
    found = [part(row.evaluations[task]) if task in row.evaluations else CONSTANT for task in tasks]
    return [UNDEFINED if math.isnan(r.value) else f"{number(r.value)} {interval_text(r.interval)}" for r in found]
