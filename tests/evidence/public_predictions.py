"""Public predictions on the competition's own models: `python tests/evidence/public_predictions.py FOLDER`.

FOLDER holds `public/{reference_data,predictions}` and `more_predictions`: values of real measures for the 96 and 54
models of tasks 1 and 2, as teams published them. Writes what they amount to into
docs/measures/public_predictions.json; the values themselves are not kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from evidence_records import write
from scipy.stats import rankdata

from pgdl_eval.metrics.additive_model import additive_basis, residual
from pgdl_eval.metrics.evaluation import Evaluation, MeanScore
from pgdl_eval.metrics.partial_correlation import partial_of_scores, unexplained_scores
from pgdl_eval.metrics.ranks import normal_scores
from pgdl_eval.report.files import plain
from pgdl_eval.scoreboard import Scoreboard, measure_folders, reference_files, scoreboard


def board_of(folder: Path) -> Scoreboard:
    """All measures on both tasks."""
    board = scoreboard(reference_files(folder / "public"))
    for place in (folder / "public" / "predictions", folder / "more_predictions"):
        for measure in measure_folders(place):
            board.add(measure.name, {task: measure / f"{task}.predict" for task in board.names})
    board.add_floor()
    return board


def standing(found: Evaluation | MeanScore) -> dict[str, Any]:
    """Score and what it amounts to, in percent."""
    adds = found.adds
    row = {
        "score": 100 * found.score,
        "signed": 100 * found.signed_score,
        "p": found.noise.p_value,
        "verdict": found.verdict,
        "adds": adds.value,
        "adds_low": adds.interval.low,
        "adds_high": adds.interval.high,
        "adds_p": adds.p_value,
    }
    if isinstance(found, Evaluation):
        row |= {"spearman": found.spearman.value, "spearman_p": found.spearman.p_value}
    return {name: _rounded(value) for name, value in row.items()}


def of_task(board: Scoreboard, task: str) -> dict[str, Any]:
    """The noise band, what the hyper-parameters explain, and how the measures rank the models alike."""
    statistics, rows = board.tasks[task], [row for row in board.rows.values() if task in row.values]
    basis = additive_basis(statistics.hyperparameters)
    explained, partial = {}, {}
    for name, scale in (("ranks", rankdata), ("normal scores", normal_scores)):
        scores = scale(statistics.gap) - np.mean(scale(statistics.gap))
        explained[name] = _rounded(1 - float(np.sum(residual(scores, basis) ** 2) / np.sum(scores**2)))
    left = unexplained_scores(rankdata(statistics.gap), basis)
    varying = [row for row in rows if not row.evaluations[task].floor and np.ptp(row.values[task]) > 0]
    for row in varying:
        partial[row.measure] = _rounded(partial_of_scores(rankdata(row.values[task]), left).found.value)
    ranks = np.array([rankdata(row.values[task]) for row in varying])
    band = next(iter(rows)).evaluations[task].noise
    return {
        "models": len(statistics.names),
        "random_mean": _rounded(100 * band.mean),
        "random_95": _rounded(100 * band.percentile_95),
        "explained": explained,
        "partial_spearman": partial,
        "measures": [row.measure for row in varying],
        "spearman_between": np.round(np.corrcoef(ranks), 3).tolist(),
    }


def main(folder: Path) -> None:
    board = board_of(folder)
    rows = {
        row.measure: {name: standing(found) for name, found in (*row.evaluations.items(), ("mean", row.mean)) if found}
        for row in board.rows.values()
    }
    write("public_predictions", plain({"tasks": {task: of_task(board, task) for task in board.names}, "rows": rows}))


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
