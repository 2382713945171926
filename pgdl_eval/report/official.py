"""scores.txt and scores.html, as the competition's scoring program writes them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from ..formats.atomic import write_text
from ..formats.predictions import TimeExceeded
from ..scoreboard import Row

FAILED = -0.999999  # the score that stands for a task that could not be scored


def write_scores(folder: Path, row: Row, tasks: Sequence[str]) -> float:
    """Write both files of a measure for all these tasks and return the average in percent.

    A task in which a model ran out of time has no line, and makes the average 0.
    """
    exceeded = [task for task, error in row.missing.items() if isinstance(error, TimeExceeded)]
    scores = {task: row.evaluations[task].score if task in row.evaluations else None for task in tasks}
    scores = {task: score for task, score in scores.items() if task not in exceeded}
    scored = [score for score in scores.values() if score is not None]
    average = 0.0 if exceeded or not scored else 100 * sum(scored) / len(scored)
    lines = [f"task_{task}_score: {FAILED if score is None else score:0.12f}" for task, score in scores.items()]
    lines += [f"task_average_score: {average:0.12f}", "Duration: 0"]
    write_text(folder / "scores.txt", "\n".join(lines) + "\n")
    rows = [
        f"<pre>{html.escape(task)}: {'ERROR' if score is None else format(score, '0.12f')}</pre>"
        for task, score in scores.items()
    ]
    page = ["<!DOCTYPE html>", "<title>Scores</title>", *rows, f"<pre>average: {average:0.12f}</pre>"]
    write_text(folder / "scores.html", "\n".join(page) + "\n")
    return average
