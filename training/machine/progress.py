"""What a run tells while it goes on: a progress bar, TensorBoard, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.progress import Progress

from .optional import optional_module


class Watcher:
    """Hears of a run's progress; this one does nothing."""

    def begin(self, name: str, iteration: int, iterations: int) -> None:
        """A run starts, or goes on, after so many of its iterations."""

    def step(self, iteration: int, loss: float) -> None:
        """So many iterations are done; the last batch's loss."""

    def epoch(self, line: Mapping[str, Any]) -> None:
        """An epoch is recorded; its line of metrics.jsonl."""

    def say(self, text: str) -> None:
        """A message."""


class BarWatcher(Watcher):
    """A progress bar with loss, accuracy and remaining time."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.loss, self.accuracy = "", ""

    def begin(self, name: str, iteration: int, iterations: int) -> None:
        self.row = self.bar.add_task(name, total=iterations, completed=iteration, state="")

    def step(self, iteration: int, loss: float) -> None:
        self.loss = f"loss {loss:.3f}"
        self.bar.update(self.row, completed=iteration, state=f"{self.loss} {self.accuracy}")

    def epoch(self, line: Mapping[str, Any]) -> None:
        if line["test_accuracy"] is not None:
            self.accuracy = f"test accuracy {line['test_accuracy']:.1%}"
        self.bar.update(self.row, completed=line["iteration"], state=f"{self.loss} {self.accuracy}")

    def say(self, text: str) -> None:
        self.bar.console.print(text, highlight=False, markup=False, soft_wrap=True)


class TensorBoardWatcher(BarWatcher):
    """A progress bar, and the metrics of each epoch as TensorBoard's scalars."""

    def __init__(self, bar: Progress, folder: Path) -> None:
        super().__init__(bar)
        self.folder = folder

    def begin(self, name: str, iteration: int, iterations: int) -> None:
        super().begin(name, iteration, iterations)
        # Not before training begins: it loads TensorFlow where that is installed, which crashes a Triton loaded later.
        module = optional_module("torch.utils.tensorboard", "tensorboard")
        self.writer = module.SummaryWriter(str(self.folder))

    def epoch(self, line: Mapping[str, Any]) -> None:
        super().epoch(line)
        for name, value in line.items():
            if isinstance(value, (int, float)) and name not in ("epoch", "iteration"):
                self.writer.add_scalar(name, value, line["epoch"])
        self.writer.flush()
