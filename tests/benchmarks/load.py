"""Large loads, each in a process of its own: `python tests/benchmarks/load.py`.

Scores of many models and of many measures, and P-vectors of a long matrix: wall and CPU seconds, and the megabytes at
the peak as the system says it when the process ends; for the matrix those beside it. The grids are complete, gaps and
measures random.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from record import ROOT, Recorder, Row
from rich.console import Console

REPEATS = 3
LONG = (2_000_000, 64)
MATRIX = "import numpy as np; x = np.random.default_rng(0).standard_normal(({}, {}), dtype=np.float32)".format(*LONG)
SCORE = ("pgdl_eval/score.py", "ref", "res", "out", "--quiet")

COUNTING = "Half of it is the start of Python and the picture; where both cores are free, threads share the counting."
CELLS = (
    "Logarithms of the counts of 90,000 cells, twice where nothing is tied: cells and their mirror images are alike."
)


@dataclass(frozen=True)
class Load:
    """What is measured.

    Attributes
    ----------
    name : for readers.
    bar : wall seconds that it should take at most.
    command : what follows `python`.
    prepare : makes its input in the folder in which it runs.
    beside : what follows `python` in a process whose seconds and megabytes do not count.
    missed : why it takes longer, as far as known, and what to try.
    """

    name: str
    bar: float
    command: Sequence[str]
    prepare: Callable[[Path], None] = lambda folder: None
    beside: Sequence[str] = ()
    missed: str = ""


@dataclass(frozen=True)
class Spent:
    """Of a process: wall and CPU seconds, and megabytes at its peak."""

    wall: float
    cpu: float
    megabytes: float


def task(sizes: Sequence[int], measures: int) -> Callable[[Path], None]:
    """A complete grid of so many values of each hyper-parameter; every fifth of several measures has ties."""

    def prepare(folder: Path) -> None:
        rng, cells = Random(0), list(itertools.product(*map(range, sizes)))
        content = {
            str(number): {
                "hparams": {
                    f"h{axis}": {"possible_values": list(range(size)), "current_value": value}
                    for axis, (size, value) in enumerate(zip(sizes, cell, strict=True))
                },
                "metrics": {"train_acc": 1.0, "test_acc": rng.random()},
            }
            for number, cell in enumerate(cells)
        }
        (folder / "ref" / "task").mkdir(parents=True)
        (folder / "ref" / "task" / "model_configs.json").write_text(json.dumps(content))
        for number in range(measures):
            values = {f"model_{i}": round(rng.random(), 1 if number % 5 == 4 else 16) for i in range(len(cells))}
            target = folder / "res" / f"measure_{number:03d}" if measures > 1 else folder / "res"
            target.mkdir(parents=True)
            (target / "task.predict").write_text(json.dumps(values))

    return prepare


LOADS = (
    Load("`score`, 1 measure, 500 models", 2.0, SCORE, task((5, 5, 5, 4), 1), missed=COUNTING),
    Load("`score`, 1 measure, 1,000 models", 6.0, SCORE, task((5, 5, 5, 4, 2), 1)),
    Load("`score`, 1 measure, 2,000 models", 20.0, SCORE, task((5, 5, 5, 4, 4), 1)),
    Load("`score`, 1 measure, 2,000 models of 90,000 cells", 20.0, SCORE, task((10, 10, 20), 1), missed=CELLS),
    Load("`score`, 100 measures, 96 models", 15.0, SCORE, task((2, 2, 2, 3, 2, 2), 100)),
    Load(
        "`p_vectors` of 2,000,000 x 64 float32", 3.0,
        ("-c", f"{MATRIX}; from complexity.pvectors.pvector import p_vectors; p_vectors(x)"),
        beside=("-c", MATRIX),
    ),
)  # fmt: skip


def spend(command: Sequence[str], folder: Path) -> Spent:
    """Run `python` with these words in a folder.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    words = [str(ROOT / word) if word.endswith(".py") else word for word in command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return Spent(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(load: Load) -> Row:
    """The medians of some runs, less those of what does not count."""
    with tempfile.TemporaryDirectory() as name:
        load.prepare(Path(name))
        runs = [spend(load.command, Path(name)) for _ in range(REPEATS)]
        beside = [spend(load.beside, Path(name)) for _ in range(REPEATS)] if load.beside else [Spent(0, 0, 0)]
    wall, cpu, megabytes = (
        statistics.median(getattr(one, part) for one in runs) - statistics.median(getattr(one, part) for one in beside)
        for part in ("wall", "cpu", "megabytes")
    )
    return Row(load.name, wall, load.bar, details={"CPU s": cpu, "MB": megabytes}, missed=load.missed)


def main() -> None:
    """Measure all loads, or those whose names hold the words given, print and write them down."""
    chosen = [load for load in LOADS if not sys.argv[1:] or any(word in load.name for word in sys.argv[1:])]
    recorder, rows, console = Recorder("load"), [], Console()
    for load in chosen:
        rows.append(measure(load))
        told = ", ".join(f"{value:.3g} {name}" for name, value in (rows[-1].details or {}).items())
        console.print(f"{load.name}: {rows[-1].ours:.2f} s (at most {load.bar:g}), {told}", highlight=False)
    if len(chosen) == len(LOADS):
        recorder.save(rows)


if __name__ == "__main__":
    main()
