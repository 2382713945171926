"""Whole processes beside those of another checkout: `python tests/benchmarks/main_job.py --before PYTHON CHECKOUT`.

Each command runs in a fresh folder and counts with all that it does, imports included; runs of the two checkouts
alternate. Wall and CPU seconds and the peak memory of its largest process are what the system says of it when it ends.
With `--task FOLDER`, a folder that holds the competition's sample task, that is measured, too; with `--large` three
VGG-like networks on 50,000 images.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np
from record import FOLDER, ROOT, Limit, Recorder, Row, commit
from rich.console import Console

from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.reference import read_reference
from pgdl_eval.formats.task_writer import write_model, write_samples
from pgdl_eval.terminal import run

SAMPLE = "CHECKOUT/pgdl_eval/sample"
COMMAND_LINE = "from training.command import main; main()"
PACKAGES = ("complexity", "baselines", "pgdl_eval", "training")
Figures = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What is measured.

    Attributes
    ----------
    name : for readers.
    bar, limit : what it should reach, as in `record.Row`.
    now, before : what follows `python`, with CHECKOUT for the folder of the code; nothing where it is not measured.
    repeats : how often it runs at most.
    prepare : makes its input in the folder in which it runs.
    missed : why it takes longer, as far as known, and what to try; shown where it does.
    """

    name: str
    bar: float
    now: tuple[str, ...]
    before: tuple[str, ...]
    repeats: int
    prepare: Callable[[Path], None] = lambda folder: None
    missed: str = ""
    limit: Limit = "seconds"


def two_tasks(folder: Path) -> None:
    """References of the sample under two names, and predictions of one measure: the number of each model."""
    reference = read_reference(ROOT / "pgdl_eval" / "sample" / "digits" / "model_configs.json")
    values = {model: float(model.removeprefix("model_")) for model in reference.models}
    for task in ("one", "two"):
        (folder / "ref" / task).mkdir(parents=True)
        shutil.copy(reference.file, folder / "ref" / task)
        (folder / "res").mkdir(exist_ok=True)
        (folder / "res" / f"{task}.predict").write_text(json.dumps(values))


def fifty_measures(folder: Path) -> None:
    """The same references, and predictions of 50 measures, every fifth of which has ties."""
    two_tasks(folder)
    (models, *_), rng = zip(*json.loads((folder / "res" / "one.predict").read_text()).items(), strict=True), Random(0)
    shutil.rmtree(folder / "res")
    for number in range(50):
        (folder / "res" / f"measure_{number:02d}").mkdir(parents=True)
        for task in ("one", "two"):
            values = {model: round(rng.random(), 1 if number % 5 == 0 else 16) for model in models}
            (folder / "res" / f"measure_{number:02d}" / f"{task}.predict").write_text(json.dumps(values))


def vgg_task(folder: Path, networks: int = 3) -> None:
    """VGG-like networks with random weights, and 50,000 images with coarse and fine detail."""
    rng, sides = np.random.default_rng(0), (32, 32, 3)
    coarse = rng.random((IMAGES, 8, 8, 3), dtype=np.float32).repeat(4, axis=1).repeat(4, axis=2)
    images = coarse + np.float32(0.1) * rng.standard_normal((IMAGES, *sides), dtype=np.float32)
    write_samples(folder / "tasks" / "vgg" / "dataset_1" / "train", images, rng.integers(0, 10, IMAGES), shards=5)
    convolution = {"layer_name": "Conv2D", "kernel_size": 3, "padding": "same", "activation": "relu"}
    layers: list[dict[str, Any]] = []
    for width in (32, 64, 128):
        layers += [{**convolution, "filters": width}] * 2 + [{"layer_name": "MaxPooling2D"}]
    layers += [{"layer_name": "Flatten"}, {"layer_name": "Dense", "units": 128, "activation": "relu"}]
    layers += [{"layer_name": "Dense", "units": 10}]
    config = parse_model_config({"model_config": layers, "input_shape": [*sides]})
    shapes = [shape for layer in config.weight_shapes() for shape in layer.values()]
    for number in range(networks):
        weights = [rng.standard_normal(one) * (2 / np.prod(one[:-1])) ** 0.5 * (len(one) > 1) for one in shapes]
        write_model(folder / "tasks" / "vgg" / f"model_{number}", config, weights)


def competition_task(folder: Path) -> Work:
    """The angle of the kit's 18 models, which lie in this folder."""
    command = ("-m", "pgdl_eval", "ingest", str(folder), "out", "--measure", "angle")
    return Work("the competition's sample task, angle", 3.0, command, command, 3, missed="Imports and reading files.")


INGEST = ("-m", "pgdl_eval", "ingest", SAMPLE, "out", "--measure", "distance", "--measure", "vc_dimension")
TABLE, TABLE_BEFORE = (("-m", "pgdl_eval", "table1", SAMPLE, option, "out") for option in ("--out", "--output"))
SCORE = ("CHECKOUT/pgdl_eval/score.py", "ref", "res", "out")
MAIN_JOB, IMPORT = ("CHECKOUT/pgdl_eval/score.py",), ("-c", "import complexity")
WORKS = (
    Work("`import complexity`", 0.2, IMPORT, IMPORT, 5, missed="Nothing but the interpreter's own start is left."),
    Work(
        "`pvector --help` (before: `python -m pgdl_eval --help`)", 0.5, ("-c", COMMAND_LINE, "--help"),
        ("-m", "pgdl_eval", "--help"), 5, missed="The commands' module imports what one of them needs.",
    ),
    Work(
        "`score`, 1 measure, 2 tasks", 1.0, SCORE, SCORE, 3, two_tasks,
        missed="Half of it is the import of matplotlib and two pictures; `--no-pictures` does without.",
    ),
    Work(
        "`score`, 50 measures, 2 tasks", 8.0, SCORE, SCORE, 3, fifty_measures,
        missed="More than half of it are 100 pictures, most of each its axis and texts; drawing fewer texts next.",
    ),
    Work(
        "the README's main job on the sample", 4.0, MAIN_JOB, MAIN_JOB, 2,
        missed="Imports, forward passes and drawing.",
    ),
    Work("`distance` and `vc_dimension` on the sample", 2.0, INGEST, INGEST, 2, missed="Imports, then reading files."),
    Work(
        "Table 1 on the sample, all rows", 40.0, TABLE, TABLE_BEFORE, 1,
        missed="Gradients: `jacobian_norm` and `sharpness` on PyTorch; larger batches next.",
    ),
)  # fmt: skip


IMAGES = 50_000
ANGLES = ("-m", "pgdl_eval", "ingest", "tasks", "out", "--measure", "angle")
LARGE = (
    Work(
        "three VGG-like networks on 50,000 images, angle", 2.0, ANGLES, ANGLES, 1, vgg_task,
        "Nearly all are forward passes, at the rate of one large convolution.", "times as fast as the peer",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One of the two checkouts, with the Python that runs it."""

    name: str
    python: str
    checkout: Path

    def environment(self) -> dict[str, str]:
        """That of this process, with the checkout's code first."""
        return {**os.environ, "PYTHONPATH": str(self.checkout)}

    def copied(self, folder: Path) -> Side:
        """This side with a copy of the code, compiled as an installation would leave it.

        Raises
        ------
        click.ClickException
            If the Python would run other code all the same.
        """
        target = folder / self.name
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(self.checkout / package, target / package, ignore=ignored)
        subprocess.run([self.python, "-m", "compileall", "-q", target], check=True)
        side = replace(self, checkout=target)
        call = [self.python, "-c", "import complexity; print(complexity.__file__)"]
        done = subprocess.run(call, env=side.environment(), cwd=folder, capture_output=True, text=True, check=True)
        if not Path(done.stdout.strip()).is_relative_to(target):
            raise click.ClickException(f"{self.python} runs {done.stdout.strip()}, not {self.checkout}")
        return side


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder that is there for one run."""
    with tempfile.TemporaryDirectory(prefix="pvector-benchmark-") as folder:
        yield Path(folder)


def one_run(side: Side, work: Work) -> Figures:
    """Seconds and peak memory of one process with those that it began and waited for."""
    words = work.now if side.name == "now" else work.before
    call = [side.python, *(word.replace("CHECKOUT", str(side.checkout)) for word in words)]
    with fresh_folder() as folder:
        work.prepare(folder)
        with (folder / "output.txt").open("w+") as output:
            began = time.perf_counter()
            process = subprocess.Popen(
                call, cwd=folder, env=side.environment(), stdout=output, stderr=subprocess.STDOUT
            )
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                output.seek(0)
                raise click.ClickException(f"{side.name}: {work.name}: status {process.returncode}\n{output.read()}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}


def measure(
    sides: Sequence[Side], works: Sequence[Work], repeats: int, console: Console
) -> list[dict[str, list[Figures]]]:
    """All runs of all works by side, in turn; of several runs of a work the first is not counted."""
    rows = []
    with fresh_folder() as folder:
        copies = [side.copied(folder) for side in sides]
        for work in works:
            runs: dict[str, list[Figures]] = {side.name: [] for side in sides}
            times = min(repeats, work.repeats)
            for number in range(times + (times > 1)):
                for side in copies:
                    if side.name == "before" and not work.before:
                        continue
                    found = one_run(side, work)
                    console.print(f"{work.name}: {side.name}: {found['wall']:.2f} s", markup=False)
                    if number or times == 1:
                        runs[side.name].append(found)
            rows.append(runs)
    return rows


def installation() -> Row:
    """The README's first command on a copy of the tracked files, downloads included."""
    command = "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/python pgdl_eval/score.py"
    with fresh_folder() as folder:
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in files.rstrip("\0").split("\0"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        began = time.perf_counter()
        subprocess.run(command, shell=True, cwd=folder, env=plain, stdout=subprocess.DEVNULL, check=True)
        wall = time.perf_counter() - began
        size = sum(file.lstat().st_blocks * 512 for file in (folder / ".venv").rglob("*")) / 1e6
    work = "fresh machine to the first ranking: installation and main job"
    return Row(work, wall, 60.0, details={"MB on disk": size}, missed="Downloads, and unpacking them.")


def row_of(work: Work, runs: Mapping[str, Sequence[Figures]], before: str) -> Row:
    """Medians, for the document."""

    def median(side: str, name: str) -> float:
        return statistics.median(one[name] for one in runs[side])

    peer = {"peer": f"commit {before}", "peer_seconds": median("before", "wall")} if runs.get("before") else {}
    details = {"CPU-s": median("now", "cpu"), "MB": median("now", "megabytes")}
    return Row(work.name, median("now", "wall"), work.bar, work.limit, details=details, missed=work.missed, **peer)


@click.command()
@click.option("--before", nargs=2, metavar="PYTHON CHECKOUT", help="The other side: its interpreter and its code.")
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True, help="Runs a work at most.")
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER, help="Folder; docs/performance.")
@click.option("--only", multiple=True, help="Works whose names hold this text; repeatable.")
@click.option("--task", type=click.Path(path_type=Path, exists=True), help="Folder of the competition's sample task.")
@click.option("--install", is_flag=True, help="Also the installation, from the network or pip's cache.")
@click.option("--large", is_flag=True, help="Three networks on 50,000 images in their place, for ten minutes.")
def main(
    before: tuple[str, str] | None, repeats: int, out: Path, only: tuple[str, ...], task: Path | None, large: bool,
    install: bool,
) -> None:  # fmt: skip
    """Measure and write main_job.json, or large_job.json; and docs/performance.md, which shows it."""
    sides = [Side("now", sys.executable, ROOT)]
    if before:
        sides.insert(0, Side("before", str(Path(before[0]).absolute()), Path(before[1]).absolute()))
    works = LARGE if large else (*WORKS, *([competition_task(task.absolute())] if task else []))
    works = tuple(work for work in works if not only or any(text in work.name for text in only))
    commits = {side.name: commit(side.checkout) for side in sides}
    recorder = Recorder("large_job" if large else "main_job", {"before": commits["before"]} if before else None)
    found = measure(sides, works, repeats, Console(stderr=True))
    rows = [row_of(work, runs, commits.get("before", "")) for work, runs in zip(works, found, strict=True)]
    recorder.save([*([installation()] if install else []), *rows], out)


if __name__ == "__main__":
    run(main)
