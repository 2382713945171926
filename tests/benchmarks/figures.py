"""CPU time of `training figures`: `python tests/benchmarks/figures.py [--before PYTHON CHECKOUT] [--runs FOLDER]`.

Runs of 18 recipes are made up, with the shapes that the preset `laptop` gives them: features of 2,500 training and
1,000 test rows over 12 epochs, 30 records within the first. No network is trained: features are rectified sums of what
the class says, what the image says and noise. Whole processes are timed, imports included; those of the two checkouts
alternate. Tables of both are compared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from record import FOLDER, ROOT, Recorder, Row, commit
from rich.console import Console
from rich.table import Table

from pgdl_eval.formats.npz import Arrays, write_arrays
from training.recipes.presets import settings_of
from training.recipes.recipes import RECIPES
from training.runs.decompose import decompose
from training.runs.first_epoch import recorded_iterations
from training.runs.run_folder import RunFolder

LEFT_OUT = ("torchvision_resnet50",)  # needs another package
ROWS, CLASSES, PIXELS, WIDTH, BLOCKS, ITERATIONS, K = {"train": 2500, "test": 1000}, 10, 300, 64, 8, 40, 6
Matrix = NDArray[np.float32]


class MadeUp:
    """A run whose features go, epoch by epoch, from what the images say to what the classes say."""

    def __init__(self, recipe: str, images: dict[str, Matrix], labels: dict[str, NDArray[np.int64]]) -> None:
        self.recipe, self.images, self.labels = recipe, images, labels
        self.rng = np.random.default_rng(sorted(RECIPES).index(recipe))
        self.settings = settings_of(recipe, "laptop", {"epochs": 12})
        self.of_image = self.normal(PIXELS, WIDTH) / np.sqrt(PIXELS)
        self.of_class = self.normal(CLASSES, WIDTH)

    def normal(self, *shape: int) -> Matrix:
        return self.rng.standard_normal(shape, dtype=np.float32)

    def features(self, part: str, time: float) -> Matrix:
        """Features (n, d) at a time from 0 to 1, which itself is random a little."""
        share = np.float32(time**0.5)
        seen = self.images[part] @ (self.of_image + 0.05 * self.normal(PIXELS, WIDTH) / PIXELS**0.5)
        return np.maximum((1 - share) * seen + share * self.of_class[self.labels[part]] + share * 0.3, 0)

    def epoch(self, time: float) -> Arrays:
        """The record of an epoch."""
        matrices = {part: self.features(part, time) for part in ROWS}
        matrices["subset"] = matrices["train"][: self.settings.subset_rows]
        names = ["augmented", "batch_statistics", "logits"] if self.settings.paradigm == "supervised" else []
        names += [f"block_{number}" for number in range(1, BLOCKS + 1)] if self.settings.block_records else []
        record: Arrays = {}
        for name, matrix in matrices.items():
            record |= decompose(name, torch.from_numpy(matrix), K, every_value=True)
        for name in names:
            other = torch.from_numpy(self.features("train", time)[: self.settings.subset_rows])
            record |= decompose(name, other, 1, every_value=False)
        return record

    def first_epoch(self) -> Arrays:
        """The record within the first epoch."""
        iterations = recorded_iterations(ITERATIONS, 30)
        records = []
        for iteration in iterations:
            time = iteration / ITERATIONS / self.settings.epochs
            features = self.features("train", time)[: self.settings.subset_rows]
            records.append(decompose("subset", torch.from_numpy(features), 1, every_value=False))
        return {
            "iterations": np.array(iterations),
            **{name: np.stack([record[name] for record in records]) for name in records[0]},
        }

    def write(self, folder: Path, data: Arrays) -> None:
        """Write the run's folder."""
        run, epochs = RunFolder(folder / "made_up" / self.recipe / "seed_0"), self.settings.epochs
        (run.path / "epochs").mkdir(parents=True, exist_ok=True)
        of_data: dict[str, Any] = {"name": "made_up", "sha256": "0", "order_sha256": "0", "shape": [3, 10, 10]}
        of_data |= {f"{part}_rows": rows for part, rows in ROWS.items()}
        facts: dict[str, Any] = {"recipe": self.recipe, "preset": "laptop", "seed": 0, "data": of_data}
        run.claim({**facts, "settings": asdict(self.settings), "code": {}, "device": {}, "versions": {}})
        write_arrays(run.path / "data.npz", data)
        write_arrays(run.path / "first_epoch.npz", self.first_epoch())
        for epoch in range(epochs + 1):
            write_arrays(run.epoch_file(epoch), self.epoch(epoch / epochs))
            accuracy = 0.1 + 0.7 * (epoch / epochs) ** 0.5 + 0.02 * float(self.rng.random())
            reached = {"train_accuracy": accuracy, "test_accuracy": accuracy - 0.05, "loss": 1.0, "test_loss": 1.0}
            run.append("epoch", {"epoch": epoch, **reached})
        run.append("end", {"epoch": epochs})


def make_runs(folder: Path) -> None:
    """Write the runs of all recipes on the same images."""
    rng = np.random.default_rng(0)
    labels = {part: np.arange(rows) % CLASSES for part, rows in ROWS.items()}
    kinds = rng.standard_normal((CLASSES, PIXELS))
    images = {p: (kinds[y] + rng.standard_normal((len(y), PIXELS)) + 1).astype(np.float32) for p, y in labels.items()}
    shown = {**images, "subset": images["train"][:1000]}
    data: Arrays = {f"{part}/labels": y for part, y in labels.items()}
    for part, matrix in shown.items():
        for name, inputs in {"raw": 64 * (matrix + 2), "standardized": matrix - matrix.mean()}.items():
            data |= decompose(f"{part}/{name}", torch.from_numpy(inputs), K, every_value=False)
    for recipe in RECIPES:
        if recipe not in LEFT_OUT:
            MadeUp(recipe, images, labels).write(folder, data)


def cpu_seconds(python: str, checkout: Path, runs: Path, out: Path) -> float:
    """User and system time of a whole process that draws all studies."""
    before = os.times()
    command = [python, "-m", "training", "figures", str(runs.resolve()), "--out", str(out.resolve())]
    alone = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        command, cwd=checkout, env=alone, check=True, stdout=subprocess.DEVNULL
    )  # -m looks into the current folder first
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def differences(before: Path, now: Path) -> Iterator[str]:
    """Of every table: the largest difference of its numbers, and whether its words are equal."""
    for file in sorted(before.rglob("*.csv")):
        old, new = pd.read_csv(file), pd.read_csv(now / file.relative_to(before))
        numbers = old.select_dtypes("number").columns
        same = old.drop(columns=numbers).equals(new.drop(columns=numbers))
        apart = (old[numbers] - new[numbers]).abs().max().max()
        unknown = (old[numbers].isna() == new[numbers].isna()).all().all()
        yield f"{file.name}: {'' if same and unknown else 'OTHER ROWS, '}largest difference {apart:.1e}"


@click.command(help=__doc__)
@click.option("--before", nargs=2, type=str, metavar="PYTHON CHECKOUT", help="An older checkout, and its Python.")
@click.option("--runs", type=click.Path(path_type=Path), help="Runs that are there, or are to be made and kept there.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER, help="Folder that gets figures.json.")
def main(before: tuple[str, str] | None, runs: Path | None, repeats: int, out: Path) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    console, recorder = Console(width=120), Recorder("figures")
    with tempfile.TemporaryDirectory() as folder:
        runs = runs or Path(folder) / "runs"
        if not runs.exists():
            make_runs(runs)
        sides = {"now": (sys.executable, ROOT)} | ({"before": (before[0], Path(before[1]).resolve())} if before else {})
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(repeats):
            for side, (python, checkout) in sides.items():
                seconds[side].append(cpu_seconds(python, checkout, runs, Path(folder) / side))
        table = Table("checkout", "CPU seconds, median", "all", title="training figures: 18 recipes, 11 studies")
        for side, found in seconds.items():
            table.add_row(side, f"{statistics.median(found):.1f}", ", ".join(f"{one:.1f}" for one in found))
        console.print(table)
        medians = {side: statistics.median(found) for side, found in seconds.items()}
        peer = {"peer": f"commit {commit(sides['before'][1])}", "peer_seconds": medians["before"]} if before else {}
        missed = "Matplotlib: 21 figures where the older checkout has 12, and the null of every angle beside it."
        work = "`training figures`, 18 recipes, 11 studies, CPU seconds"
        recorder.save([Row(work, medians["now"], 40.0, missed=missed, **peer)], out)
        if before:
            for line in differences(Path(folder) / "before", Path(folder) / "now"):
                console.print(line)


if __name__ == "__main__":
    main()
