"""The best P-vector measure that can honestly be had: chosen on all zoos but one, looked at on that one.

    python tests/evidence/leave_one_zoo_out.py REFERENCES PREDICTIONS [--out docs/zoo/leave_one_out.json]

Candidates are the predictions of the family (`family.py`), the plain angle among the baselines. Prints a table for each
criterion of the choice; writes everything into the JSON file, and a CSV beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import click
from evidence_records import ROOT, write
from family import MEASURES
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from complexity.errors import InputError
from pgdl_eval.formats.predictions import read_predictions
from pgdl_eval.measures import base_name
from pgdl_eval.metrics.difference import Difference
from pgdl_eval.metrics.evaluation import TaskStatistics
from pgdl_eval.metrics.leave_one_out import (
    CRITERIA,
    Baseline,
    Candidate,
    LeaveOneOut,
    LeftOut,
    Worth,
    leave_one_out,
    worth_of,
)
from pgdl_eval.provenance import command_line
from pgdl_eval.report.files import plain, write_records
from pgdl_eval.report.text import limits, number
from pgdl_eval.scoreboard import declared_direction, measure_folders, reference_files, scoreboard
from training.machine.environment import code_version

BASELINES = ("pseudo_validation", "mixup_loss", "mixup_davies_bouldin", "angle")
MEAN = "mean of grids"
WIDTH = 160  # of a table that goes into a file


@dataclass
class Measures:
    """What the predictions hold.

    Attributes
    ----------
    candidates, baselines : those with a value of every model of every task.
    missing : why others of them are left out, by name.
    """

    candidates: list[Candidate] = field(default_factory=list)
    baselines: list[Baseline] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


def read_measures(predictions: Path, tasks: Mapping[str, TaskStatistics]) -> Measures:
    """The values of the family and of the baselines; other measures are passed over."""
    found = Measures()
    for folder in measure_folders(predictions):
        name = folder.name
        if name not in BASELINES and base_name(name) not in MEASURES:
            continue
        try:
            values = {task: read_predictions(folder / f"{task}.predict", of.names) for task, of in tasks.items()}
        except InputError as error:
            found.missing[name] = str(error)
            continue
        if name in BASELINES:
            found.baselines.append(Baseline(name, values, declared_direction(name)))
        else:
            found.candidates.append(Candidate(name, values))
    known = {one.name for one in found.baselines}
    found.missing.update({name: "no predictions" for name in BASELINES if name not in known | set(found.missing)})
    return found


def record(tasks: Mapping[str, TaskStatistics], measures: Measures, found: list[LeaveOneOut]) -> dict[str, Any]:
    """Everything, as JSON holds it."""
    candidates = {
        one.name: {task: worth_of(one.values[task], of) for task, of in tasks.items()} for one in measures.candidates
    }
    content = {
        "date": date.today().isoformat(),
        "code": code_version(),
        "command": " ".join(Path(word).name if word.startswith("/") else word for word in command_line().split()),
        "tasks": {task: {"models": len(of.names), "note": of.unexplained.reason} for task, of in tasks.items()},
        "missing": measures.missing,
        "criteria": {one.criterion: one for one in found},
        "candidates": candidates,
    }
    return dict(plain(content))


def lines(found: LeaveOneOut) -> Iterator[dict[str, Any]]:
    """A line for what was chosen and for each baseline, of each task and of the mean."""
    for one in (*found.tasks, None):
        task, of = (MEAN, found) if one is None else (one.task, one)
        chosen = {"chosen": one.chosen, "sign": one.sign, "seen": one.seen} if one is not None else {}
        yield {"criterion": found.criterion, "task": task, "measure": "chosen", **chosen, **vars(of.worth)}
        for name, worth in of.baselines.items():
            less = {"chosen_less_it": of.differences[name]}
            yield {"criterion": found.criterion, "task": task, "measure": name, **vars(worth), **plain(less)}


def table(found: LeaveOneOut) -> Table:
    """What was chosen by a criterion, task by task, beside the baselines."""
    shown = Table(title=f"Chosen on the other grids by {found.criterion}")
    for name in ("left out", "measure", "adds", "Spearman", "score", *(f"chosen less it: {kind}" for kind in CRITERIA)):
        shown.add_column(name, overflow="fold")
    for one in found.tasks:
        name = f"{'-' if one.sign < 0 else '+'} {escape(one.chosen)} (seen {one.seen:.2f})"
        _add(shown, one.task, name, one)
    _add(shown, MEAN, "chosen", found)
    return shown


def _add(shown: Table, task: str, chosen: str, of: LeftOut | LeaveOneOut) -> None:
    shown.add_row(task, chosen, *_cells(of.worth))
    for name, worth in of.baselines.items():
        less = [_difference(of.differences[name][kind], 100 if kind == "score" else 1) for kind in CRITERIA]
        shown.add_row("", name, *_cells(worth), *less)
    shown.add_section()


def _cells(worth: Worth) -> list[str]:
    return [number(worth.adds), number(worth.spearman), f"{100 * worth.score:.1f}"]


def _difference(one: Difference, unit: float) -> str:
    form = "{:+.2f}" if unit == 1 else "{:+.1f}"
    return f"{form.format(unit * one.value)} {limits(one.interval, form, unit=unit)}"


@click.command()
@click.argument("references", type=click.Path(path_type=Path))
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "docs" / "zoo" / "leave_one_out.json")
def main(references: Path, predictions: Path, out: Path) -> None:
    """Choose on all zoos but one, for each of them."""
    try:
        board = scoreboard(reference_files(references))
        if board.errors:
            raise InputError("; ".join(board.errors))
        measures = read_measures(predictions, board.tasks)
        found = [leave_one_out(board.tasks, measures.candidates, measures.baselines, one) for one in CRITERIA]
    except InputError as error:
        raise click.ClickException(str(error)) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    write(out.stem, record(board.tasks, measures, found), out.parent)
    write_records(out.with_suffix(".csv"), [line for one in found for line in lines(one)])
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    for one in found:
        console.print(table(one))
    for name, why in measures.missing.items():
        console.print(f"left out: {name}: {why}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    main()
