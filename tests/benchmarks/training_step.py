"""CPU time of a training step on the processor: `python tests/benchmarks/training_step.py [--recipe NAME ...]`.

Now: the network as `Device.place` puts it, its convolutions with channels last in memory. Before: with channels first.
One process, one thread; steps of both alternate, from equal weights on equal images, as a run makes them: augmentation,
forward pass, backward pass, optimizer. Beside them: one batch in evaluation mode, as records are made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from record import FOLDER, Recorder, Row
from rich.console import Console
from rich.table import Table

from complexity.samples import Samples
from training.data import ImageSet
from training.machine.devices import find_device
from training.machine.progress import Watcher
from training.recipes.presets import settings_of
from training.runs.evaluation import features
from training.runs.run_folder import RunFolder
from training.runs.setup import RunSetup, make_setup
from training.runs.trainer import Trainer, make_trainer

ROWS = 1024


def noise(recipe: str, preset: str, batch_size: int) -> RunSetup:
    """A run of a recipe on noise of CIFAR's size."""
    rng = np.random.default_rng(0)
    both = Samples(rng.integers(0, 256, (ROWS, 32, 32, 3), np.uint8), np.arange(ROWS) % 10)
    data = ImageSet("noise", "", 10, both, both, np.arange(ROWS), np.arange(ROWS))
    settings = settings_of(recipe, preset, {"batch_size": batch_size})
    return make_setup(RunFolder(Path()), settings, 0, data, find_device("cpu"))


def cpu_seconds(call: Callable[[], object]) -> float:
    """User and system time of a call in this process."""
    began = time.process_time()
    call()
    return time.process_time() - began


def measured(setup: RunSetup, trainers: list[Trainer], steps: int) -> tuple[list[list[float]], list[list[float]]]:
    """Seconds of the steps, and of the batches in evaluation mode, of each trainer; the first ones count for none."""
    stepping: list[list[float]] = [[] for _ in trainers]
    evaluating: list[list[float]] = [[] for _ in trainers]
    draws = [setup.generator("augmentation", 1) for _ in trainers]
    batches = trainers[0]._batches(1)
    for number in range(steps + 1):
        rows = batches[number % len(batches)]
        for trainer, draw, of_steps, of_evaluation in zip(trainers, draws, stepping, evaluating, strict=True):
            trainer.network.train()
            of_steps.append(cpu_seconds(lambda t=trainer, d=draw, r=rows: t._update(r, d)))
            trainer.network.eval()
            images = setup.train.images[:128]
            of_evaluation.append(
                cpu_seconds(lambda t=trainer, i=images: features(t.network, i, setup.prepare.standardize))
            )
    return [one[1:] for one in stepping], [one[1:] for one in evaluating]


@click.command(help=__doc__)
@click.option("--recipe", "recipes", multiple=True, default=("resnet20",), show_default=True)
@click.option("--preset", default="paper", show_default=True, help="Whose widths are taken.")
@click.option("--batch-size", default=128, show_default=True)
@click.option("--steps", default=12, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER, help="Folder that gets training_step.json.")
def main(recipes: tuple[str, ...], preset: str, batch_size: int, steps: int, out: Path) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    recorder, steps_of = Recorder("training_step"), {}
    columns = ("recipe", "step before", "now", "ratio", "evaluation before", "now", "ratio")
    table = Table(
        *columns, title=f"CPU seconds, median: {batch_size} images in training, 128 in evaluation, one thread"
    )
    for recipe in recipes:
        setup = noise(recipe, preset, batch_size)
        before, now = (make_trainer(setup, Watcher()) for _ in range(2))
        before.network.to(memory_format=torch.contiguous_format)
        shown = []
        for old, new in measured(setup, [before, now], steps):
            medians = float(np.median(old)), float(np.median(new))
            shown += [f"{medians[0]:.3f}", f"{medians[1]:.3f}", f"{medians[1] / medians[0]:.2f}"]
            steps_of.setdefault(recipe, medians)
        table.add_row(recipe, *shown)
    Console(width=120).print(table)
    if "resnet20" in steps_of:
        first, last = steps_of["resnet20"]
        work = f"a step of ResNet-20 in training, {batch_size} images, one thread, CPU seconds"
        missed = "Convolutions and batch normalization of the processor; compiling needs a C++ compiler at the user's."
        recorder.save([Row(work, last, 0.60, peer="channels first", peer_seconds=first, missed=missed)], out)


if __name__ == "__main__":
    main()
