"""Writes the list in docs/list_of_measures.md from the registry: `python tests/docs/list_of_measures.py`.

What stands before the mark is written by hand.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np

from complexity.measures.combination import Combination
from complexity.measures.registry import Measure
from pgdl_eval.measures import PAPER, all_measures
from pgdl_eval.report.text import UNDEFINED, number
from pgdl_eval.scoreboard import Row, Scoreboard, measure_folders, reference_files, scoreboard

ROOT = Path(__file__).parents[2]
FILE, ZOO = ROOT / "docs" / "list_of_measures.md", ROOT / "docs" / "zoo"
MARK = "<!-- from here on written by tests/docs/list_of_measures.py -->\n"


def document(text: str) -> str:
    """The page with its list anew."""
    board = scoreboard(reference_files(ZOO / "reference"))
    for folder in measure_folders(ZOO / "predictions"):
        board.add(folder.name, {task: folder / f"{task}.predict" for task in board.names})
    measures = all_measures()
    order = [*(name for name in PAPER if name in measures), *sorted(name for name in measures if name not in PAPER)]
    parts = [section(measures[name], board) for name in order]
    return text.partition(MARK)[0] + MARK + "\n" + "\n".join(parts)


def section(measure: Measure, board: Scoreboard) -> str:
    """A measure under its name: what it is, then what it declares and what it was worth."""
    lines = [("direction", f"larger means a {measure.gap_if_larger}"), ("values", _values(measure))]
    lines += [("needs", measure.needs_in_words or "nothing beside model and inputs"), ("cost", measure.cost)]
    lines += [("settings", _settings(measure)), ("source", measure.source), ("evidence", evidence(measure.name, board))]
    listed = "\n".join(f"* {name}: {text}" for name, text in lines if text)
    return f"### {measure.name}\n\n{formula(measure)}\n\n{listed}\n"


def formula(measure: Measure) -> str:
    """The first sentence of the measure's docstring."""
    if isinstance(measure, Combination):
        return f"Rank aggregation of {' and '.join(f'`{part.name}`' for part in measure.components)}."
    return (inspect.getdoc(measure.function) or "").partition("\n\n")[0].replace("\n", " ")


def evidence(name: str, board: Scoreboard) -> str:
    """Score in the paper, rank correlations with the gap on the zoos, and what it adds there in the mean."""
    found = [f"{PAPER[name]:.3f} in the paper's Table 1"] if name in PAPER else []
    row = board.rows.get(name)
    if row is not None:
        found.append(f"Spearman's correlation with the gap on {', '.join(board.names)}: {_correlations(row, board)}")
        if row.mean is not None:
            found.append(f"verdict of their mean: {row.mean.verdict}")
    return "; ".join(found) or "none yet on the zoos"


def _correlations(row: Row, board: Scoreboard) -> str:
    found = [row.evaluations.get(task) for task in board.names]
    return ", ".join(UNDEFINED if one is None else number(one.spearman.value) for one in found)


def _values(measure: Measure) -> str:
    low, high = measure.bounds
    opening, closing = "[" if np.isfinite(low) else "(", "]" if np.isfinite(high) else ")"
    unit = f", {measure.unit}" if measure.unit else ""
    return f"{opening}{low:g}, {high:g}{closing}{unit}"


def _settings(measure: Measure) -> str:
    if isinstance(measure, Combination):
        return "`method`, `weights`, and those of its components"
    return ", ".join(f"`{name}={value!r}`" for name, value in measure.settings.items())


if __name__ == "__main__":
    FILE.write_text(document(FILE.read_text("utf-8")), "utf-8")
