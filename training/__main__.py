"""`python -m training`: train by recipe, record P-vectors and draw what they show."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from complexity.errors import InputError

from .machine.progress import BarWatcher, TensorBoardWatcher, progress_bar
from .recipes.presets import PRESETS, settings_of
from .recipes.recipes import RECIPES
from .runs.experiment import Experiment, Place
from .runs.experiments import DATA, run_all
from .runs.experiments import all_experiments as matrix
from .runs.run import train

FOLDER = click.Path(path_type=Path)


@click.group()
def commands() -> None:
    """Train networks by recipe and record the P-vectors of their features."""


@commands.command("recipes")
def recipes_command() -> None:
    """List recipes and presets."""
    for name, recipe in RECIPES.items():
        click.echo(f"{name}: {recipe.paradigm}, {recipe.network}; {recipe.optimization.source}")
    click.echo(f"presets: {', '.join(PRESETS)}")


@commands.command("run")
@click.argument("recipe")
@click.option("--preset", default="laptop", show_default=True, help="Size and length.")
@click.option("--seed", default=0, show_default=True, help="The first seed.")
@click.option("--seeds", type=click.IntRange(min=1), help="How many seeds; the preset's number by default.")
@click.option("--data", "data_name", default="cifar10", show_default=True, help="A data set's name.")
@click.option("--data-dir", type=FOLDER, default="data", show_default=True, help="Folder of data sets.")
@click.option("--download", is_flag=True, help="Let torchvision fetch what is missing.")
@click.option("--out", type=FOLDER, default="runs", show_default=True, help="Folder of runs.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1 ...")
@click.option("--workers", type=click.IntRange(min=1), default=1, help="Seeds that run, and share the device, at once.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change a setting; repeatable.")
@click.option("--tensorboard", is_flag=True, help="Write TensorBoard's files as well; with one worker.")
def run_command(
    recipe: str, preset: str, seed: int, seeds: int | None, data_name: str, data_dir: Path, download: bool, out: Path,
    device: str, workers: int, changes: tuple[str, ...], tensorboard: bool,
) -> None:  # fmt: skip
    """Train a RECIPE, or go on with it, in OUT/DATA/RECIPE/seed_S."""
    chosen = dict(map(_setting, changes))
    settings_of(recipe, preset, chosen)  # bad names are said at once
    numbers = range(seed, seed + (seeds or PRESETS[preset].seeds))
    experiments = [Experiment(recipe, preset, data_name, number, chosen) for number in numbers]
    place = Place(data_dir, out, device, download)
    if workers > 1:
        _run_many(experiments, place, workers)
        return
    with progress_bar(Console(stderr=True)) as bar:
        for one in experiments:
            folder = one.folder(out).path
            watcher = TensorBoardWatcher(bar, folder / "tensorboard") if tensorboard else BarWatcher(bar)
            train(one, place, watcher)
            watcher.say(f"{folder}: done")


@commands.command("matrix")
@click.option("--preset", default="laptop", show_default=True, help="Size and length.")
@click.option("--data", "names", multiple=True, default=DATA, show_default=True, help="A data set's name; repeatable.")
@click.option("--data-dir", type=FOLDER, default="data", show_default=True, help="Folder of data sets.")
@click.option("--download", is_flag=True, help="Let torchvision fetch what is missing.")
@click.option("--out", type=FOLDER, default="runs", show_default=True, help="Folder of runs.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1 ...")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="One thread each.")
def matrix_command(
    preset: str, names: tuple[str, ...], data_dir: Path, download: bool, out: Path, device: str, workers: int
) -> None:
    """Make all runs that the studies need, or go on with them."""
    settings_of(next(iter(RECIPES)), preset)  # a bad name is said at once
    _run_many(matrix(preset, names), Place(data_dir, out, device, download), workers)


@commands.command("figures")
@click.argument("runs_dir", type=FOLDER)
@click.option("--out", type=FOLDER, default="figures", show_default=True, help="Folder of figures.")
@click.option("--study", help="Draw this one alone.")
def figures_command(runs_dir: Path, out: Path, study: str | None) -> None:
    """Draw all studies that the runs below RUNS_DIR allow, and say what is missing."""
    from .studies import draw_studies

    for outcome in draw_studies(runs_dir, out, study):
        said = f"missing: {outcome.missing}" if outcome.missing else "drawn"
        click.echo(f"{' '.join(filter(None, (outcome.cohort, outcome.study)))}: {said}")


@commands.command("zoo")
@click.argument("task")
@click.option("--out", type=FOLDER, required=True, help="The task folder that is written.")
@click.option("--scale", default="mini", show_default=True, help="mini, small or full.")
@click.option("--data", "data_name", help="Another image set under the task's grid.")
@click.option("--data-dir", type=FOLDER, default="data", show_default=True, help="Folder of data sets.")
@click.option("--download", is_flag=True, help="Let torchvision fetch what is missing.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1 ...")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="One thread each.")
@click.option(
    "--together", type=click.IntRange(min=1), help="Models at once in a process; by default 8 on a GPU, 1 else."
)
def zoo_command(
    task: str,
    out: Path,
    scale: str,
    data_name: str | None,
    data_dir: Path,
    download: bool,
    device: str,
    workers: int,
    together: int | None,
) -> None:
    """Train the models of a TASK of the competition, or go on with them, and write them as a task folder."""
    from .zoo.command import run_zoo
    from .zoo.tasks import zoo_task
    from .zoo.zoo import Zoo

    settings = zoo_task(task, scale)
    zoo = Zoo(task, scale, settings, data_name or settings.data, data_dir, out, device, together, download)
    run_zoo(zoo, workers, Console(stderr=True))


def _run_many(experiments: Sequence[Experiment], place: Place, workers: int) -> None:
    """Make runs under one bar; those that fail are named and the others go on."""
    failed = 0
    with progress_bar(Console(stderr=True)) as bar:
        row = bar.add_task("runs", total=len(experiments), state="")
        for one, error in run_all(experiments, place, workers):
            failed += error is not None
            said = "done" if error is None else f"failed: {error if isinstance(error, InputError) else repr(error)}"
            bar.console.print(f"{one.name}: {said}", highlight=False, markup=False, soft_wrap=True)
            bar.advance(row)
    if failed:
        sys.exit(1)


def _setting(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        expected = "NAME=VALUE with VALUE as in JSON"
        raise InputError("a setting without a value", field=text, expected=expected) from error


def main() -> None:
    """The command line; bad input ends it with one line and status 1."""
    console = Console(stderr=True, soft_wrap=True)
    try:
        commands()
    except InputError as error:
        console.print(f"error: {error}", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
