"""A progress bar over the models of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

COLORS = {"failed": "red", "warning": "yellow"}


@dataclass
class ModelProgress:
    """Shows which model runs, elapsed and remaining time, and messages above the bar."""

    bar: Progress
    task: str = ""
    row: TaskID | None = None

    def step(self, task: str, model: str, number: int, models: int) -> None:
        """A model of a task begins, with its number from 0 of so many; an empty name ends the task."""
        if task != self.task:
            self.task = task
            self.row = self.bar.add_task(task, total=models)
        assert self.row is not None
        self.bar.update(self.row, completed=number, description=f"{task} {model}".strip())

    def say(self, text: str) -> None:
        """Print a message above the bar, as it stands; the first word may be one of `COLORS`."""
        message = Text(text)
        first = text.split(" ", 1)[0]
        if first in COLORS:
            message.stylize(COLORS[first], 0, len(first))
        self.bar.console.print(message, soft_wrap=True)


@contextmanager
def progress_bar(console: Console) -> Iterator[ModelProgress]:
    """The bar, on a console."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        yield ModelProgress(bar)
