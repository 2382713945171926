"""Whole processes beside those of another checkout: `python tests/benchmarks/main_job.py --before PYTHON CHECKOUT`.

Each command runs in a fresh folder and counts with all that it does, imports included; runs of the two checkouts
alternate. Wall and CPU seconds and the peak memory of its largest process are what the system says of it when it ends.
Writes `performance.json` and, made from it alone, `performance.md`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console

from pgdl_eval.formats.reference import read_reference
from pgdl_eval.terminal import run

ROOT = Path(__file__).resolve().parents[2]
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
    bar : wall seconds that it should take at most.
    now, before : what follows `python`, with CHECKOUT for the folder of the code.
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


INGEST = ("-m", "pgdl_eval", "ingest", SAMPLE, "out", "--measure", "distance", "--measure", "vc_dimension")
TABLE = ("-m", "pgdl_eval", "table1", SAMPLE, "--out", "out")
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
        "Table 1 on the sample, all rows", 40.0, TABLE, TABLE, 1,
        missed="Gradients: `jacobian_norm` and `sharpness` on PyTorch; larger batches next.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One of the two checkouts, with the Python that runs it."""

    name: str
    python: str
    checkout: Path

    def commit(self) -> str:
        """The commit of the checkout; a plus says that files differ from it."""

        def git(*words: str) -> str:
            done = subprocess.run(["git", "-C", self.checkout, *words], capture_output=True, text=True, check=True)
            return done.stdout.strip()

        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")

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


def measure(sides: Sequence[Side], works: Sequence[Work], repeats: int, console: Console) -> list[Figures]:
    """All runs of all works, those of the sides in turn; of several runs of a work the first is not counted."""
    rows = []
    with fresh_folder() as folder:
        copies = [side.copied(folder) for side in sides]
        for work in works:
            runs: dict[str, list[Figures]] = {side.name: [] for side in sides}
            times = min(repeats, work.repeats)
            for number in range(times + (times > 1)):
                for side in copies:
                    found = one_run(side, work)
                    console.print(f"{work.name}: {side.name}: {found['wall']:.2f} s", markup=False)
                    if number or times == 1:
                        runs[side.name].append(found)
            rows.append({"work": work.name, "bar": work.bar, "missed": work.missed, "now_command": work.now, **runs})
    return rows


def machine() -> str:
    """The processor, its cores, the system."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    cores, system = len(os.sched_getaffinity(0)), f"{platform.system()}, Python {platform.python_version()}"
    return f"{names[0] if names else platform.machine()}, {cores} cores, {system}"


def document(found: Figures) -> str:
    """The text of performance.md: what performance.json holds, and nothing else."""
    load = " and ".join(f"{one:.1f}" for one in found["load"])
    lines = [
        "# Performance",
        "",
        f"Made by `python tests/benchmarks/main_job.py --before PYTHON CHECKOUT` on {found['date']}; do not edit.",
        "Medians of whole processes, imports included, in turns with those of an earlier commit: wall seconds / CPU",
        "seconds / megabytes of the largest process. The ratio is before over now, of wall and of CPU seconds.",
        "",
        f"* Machine: {found['machine']}; threads (OMP_NUM_THREADS): {found['threads']}.",
        f"* Load of the machine at the beginning and at the end: {load}. {_loaded(found)}",
        f"* Now: {found['commits']['now']}; before: {found['commits'].get('before', 'not measured')}.",
        "",
        "| work | before | now | ratio | bar, s | reached | runs |",
        "|---|---|---|---|---|---|---|",
        *(_row(row) for row in found["rows"]),
        "",
    ]
    missed = [f"* {row['work']}: {row['missed']}" for row in found["rows"] if _median(row["now"], "wall") > row["bar"]]
    if missed:
        lines += ["What misses its bar, and the next idea:", "", *missed, ""]
    commands = [f"python {' '.join(_quoted(word) for word in row['now_command'])}" for row in found["rows"]]
    return "\n".join(
        [*lines, "The commands, with CHECKOUT for the folder of the code:", "", "```bash", *commands, "```", ""]
    )


def _loaded(found: Figures) -> str:
    if max(found["load"]) < 0.5:
        return "The machine was free."
    return "Other work ran beside it: wall seconds are longer than on a free machine, CPU seconds hardly."


def _row(row: Figures) -> str:
    before, now = row.get("before"), row["now"]
    ratio = "-"
    if before:
        ratio = " / ".join(f"{_median(before, one) / _median(now, one):.1f}" for one in ("wall", "cpu"))
    reached = "yes" if _median(now, "wall") <= row["bar"] else "no"
    cells = (
        row["work"],
        _cell(before) if before else "-",
        _cell(now),
        ratio,
        f"{row['bar']:g}",
        reached,
        str(len(now)),
    )
    return f"| {' | '.join(cells)} |"


def _cell(runs: Sequence[Figures]) -> str:
    return f"{_median(runs, 'wall'):.2f} / {_median(runs, 'cpu'):.2f} / {_median(runs, 'megabytes'):.0f}"


def _median(runs: Sequence[Figures], name: str) -> float:
    return statistics.median(one[name] for one in runs)


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


@click.command()
@click.option("--before", nargs=2, metavar="PYTHON CHECKOUT", help="The other side: its interpreter and its code.")
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True, help="Runs a work at most.")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "docs", help="Folder; docs of this checkout.")
@click.option("--only", multiple=True, help="Works whose names hold this text; repeatable.")
def main(before: tuple[str, str] | None, repeats: int, out: Path, only: tuple[str, ...]) -> None:
    """Measure and write performance.json and performance.md."""
    sides = [Side("now", sys.executable, ROOT)]
    if before:
        sides.insert(0, Side("before", str(Path(before[0]).absolute()), Path(before[1]).absolute()))
    works = [work for work in WORKS if not only or any(text in work.name for text in only)]
    commits, load = {side.name: side.commit() for side in sides}, [os.getloadavg()[0]]
    rows = measure(sides, works, repeats, Console(stderr=True))
    load.append(os.getloadavg()[0])
    found = {
        "date": date.today().isoformat(), "machine": machine(), "threads": os.environ.get("OMP_NUM_THREADS", "not set"),
        "load": load, "commits": commits, "rows": rows,
    }  # fmt: skip
    (out / "performance.json").write_text(json.dumps(found, indent=1) + "\n")
    (out / "performance.md").write_text(document(found))


if __name__ == "__main__":
    run(main)
