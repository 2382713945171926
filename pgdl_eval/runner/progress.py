"""A progress bar over the models of tasks, with messages above it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import Progress, TaskID
from rich.text import Text

from ..terminal import console, progress_bar

COLORS = {"failed": "red", "warning": "yellow"}


@dataclass
class ModelProgress:
    """Shows which model runs, elapsed and remaining time, and messages above the bar; a quiet one failures alone."""

    bar: Progress
    rows: dict[str, TaskID] = field(default_factory=dict)

    def step(self, task: str, model: str, number: int, models: int) -> None:
        """A model of a task begins, with its number from 0 of so many; an empty name ends the task."""
        if task not in self.rows:
            self.rows[task] = self.bar.add_task(task, total=models, state="")
        self.bar.update(self.rows[task], completed=number, total=models, state=model)

    def say(self, text: str) -> None:
        """Print a message above the bar, as it stands; the first word may be one of `COLORS`."""
        message = Text(text)
        first = text.split(" ", 1)[0]
        if first in COLORS:
            message.stylize(COLORS[first], 0, len(first))
        shown_on = console() if self.bar.disable and first == "failed" else self.bar.console
        shown_on.print(message, soft_wrap=True)


@contextmanager
def model_progress(*, quiet: bool = False) -> Iterator[ModelProgress]:
    """The bar, on the error stream."""
    with progress_bar(console(quiet=quiet)) as bar:
        yield ModelProgress(bar)
