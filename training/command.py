"""The command `pvector`: everything that can be run, on the top floor; each part is loaded when it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pgdl_eval.__main__ import COMMANDS
from pgdl_eval.terminal import LazyGroup, console, progress_bar, quiet_option, run, settings_option

if TYPE_CHECKING:
    from .runs.experiment import Experiment, Place

Function = TypeVar("Function", bound=Callable[..., Any])
FOLDER = click.Path(path_type=Path)
WORKERS = click.IntRange(min=1)

commands = LazyGroup(
    lazy={**COMMANDS, "train": ("training.command:train", "Train networks and zoos, record P-vectors, draw studies.")},
    help="P-vectors of deep networks: measures of generalization, their scores, and the training that shows them.",
)  # fmt: skip


@click.group()
def train() -> None:
    """Train networks by recipe and record the P-vectors of their features."""


def place_options(function: Function) -> Function:
    """Where data are read, what they are trained on, and `--quiet`."""
    for option in (
        quiet_option,
        click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1 ..."),
        click.option("--download", is_flag=True, help="Let torchvision fetch what is missing."),
        click.option("--data-dir", type=FOLDER, default="data", show_default=True, help="Folder of data sets."),
    ):
        function = option(function)
    return function


preset_option = click.option("--preset", default="laptop", show_default=True, help="Size and length.")
out_option = click.option("--out", type=FOLDER, default="runs", show_default=True, help="Folder of runs.")


@train.command("run")
@click.argument("recipe")
@preset_option
@click.option("--seed", default=0, show_default=True, help="The first seed.")
@click.option("--seeds", type=WORKERS, help="How many seeds; the preset's number by default.")
@click.option("--data", "data_name", default="cifar10", show_default=True, help="A data set's name.")
@out_option
@click.option("--workers", type=WORKERS, default=1, show_default=True, help="Seeds that run at once.")
@settings_option("Change a setting, as in optimization.learning_rate=0.1; repeatable.")
@click.option("--tensorboard", is_flag=True, help="Write TensorBoard's files as well; with one worker.")
@place_options
def run_command(
    recipe: str, preset: str, seed: int, seeds: int | None, data_name: str, data_dir: Path, download: bool, out: Path,
    device: str, workers: int, settings: dict[str, Any], tensorboard: bool, quiet: bool,
) -> None:  # fmt: skip
    """Train a RECIPE, or go on with it, in OUT/DATA/RECIPE/seed_S.

    \b
    pvector train run resnet20 --preset laptop --data cifar10 --data-dir data
    """
    from .recipes.presets import PRESETS, settings_of
    from .runs.experiment import Experiment, Place

    settings_of(recipe, preset, settings)  # bad names are said at once
    numbers = range(seed, seed + (seeds or PRESETS[preset].seeds))
    experiments = [Experiment(recipe, preset, data_name, number, settings) for number in numbers]
    place = Place(data_dir, out, device, download)
    if workers > 1:
        _run_many(experiments, place, workers, quiet=quiet)
    else:
        _run_one_by_one(experiments, place, tensorboard=tensorboard, quiet=quiet)


@train.command("all")
@preset_option
@click.option("--data", "names", multiple=True, help="A data set's name; repeatable; by default those of the studies.")
@out_option
@click.option("--workers", type=WORKERS, default=2, show_default=True, help="Runs at once, one thread each.")
@place_options
def all_command(
    preset: str, names: tuple[str, ...], data_dir: Path, download: bool, out: Path, device: str, workers: int,
    quiet: bool,
) -> None:  # fmt: skip
    """Make all runs that the studies need, or go on with them, and say how many hours are left.

    \b
    pvector train all --preset laptop --data-dir data --workers 2
    """
    from .recipes.presets import settings_of
    from .recipes.recipes import RECIPES
    from .runs.experiment import Place
    from .runs.experiments import all_experiments

    settings_of(next(iter(RECIPES)), preset)  # a bad name is said at once
    _run_many(all_experiments(preset, names), Place(data_dir, out, device, download), workers, quiet=quiet)


@train.command("figures")
@click.argument("runs_dir", type=FOLDER)
@click.option("--out", type=FOLDER, default="figures", show_default=True, help="Folder of figures.")
@click.option("--study", help="Draw this one alone; `pvector train studies` lists them.")
@click.option("--data-dir", type=FOLDER, help="Folder of data sets, for the labels of kept runs.")
@quiet_option
def figures_command(runs_dir: Path, out: Path, study: str | None, data_dir: Path | None, quiet: bool) -> None:
    """Draw all studies that the runs below RUNS_DIR allow, and say what is missing.

    \b
    pvector train figures runs --out figures
    """
    from .studies import draw_studies

    for outcome in draw_studies(runs_dir, out, study, data_dir):
        said = f"missing: {outcome.missing}" if outcome.missing else "drawn"
        if not quiet:
            click.echo(f"{' '.join(filter(None, (outcome.cohort, outcome.study)))}: {said}")


@train.command("keep")
@click.argument("runs_dir", type=FOLDER)
@click.argument("out", type=FOLDER)
@quiet_option
def keep_command(runs_dir: Path, out: Path, quiet: bool) -> None:
    """Write what studies need of the finished runs below RUNS_DIR into OUT, about a megabyte a run, without weights.

    `figures` draws from it as from runs; angles then are right to about a degree.

    \b
    pvector train keep runs kept
    """
    from .runs.keeping import keep_runs

    for kept in keep_runs(runs_dir, out):
        said = f"{kept.bytes / 1e6:.2f} MB" if kept.bytes else "not finished, left out"
        if not quiet:
            click.echo(f"{kept.run}: {said}")


@train.command("zoo")
@click.argument("task")
@click.option("--out", type=FOLDER, required=True, help="The task folder that is written.")
@click.option("--scale", default="mini", show_default=True, help="Size of networks and grid: mini, small or full.")
@click.option("--data", "data_name", help="Another image set under the task's grid.")
@click.option("--workers", type=WORKERS, default=2, show_default=True, help="Processes, one thread each.")
@click.option("--seeds", type=WORKERS, default=1, show_default=True, help="Zoos of other seeds: OUT.seed_1, ...")
@click.option("--together", type=WORKERS, help="Models at once in a process; by default 8 on a GPU, 1 else.")
@place_options
def zoo_command(
    task: str, out: Path, scale: str, data_name: str | None, data_dir: Path, download: bool, device: str, workers: int,
    seeds: int, together: int | None, quiet: bool,
) -> None:  # fmt: skip
    """Train the models of a TASK of the competition, or go on with them, and write them as a task folder.

    \b
    pvector train zoo task1 --scale mini --data-dir data --out zoo/task1
    pvector train zoo task1 --seeds 2 --data-dir data --out zoo/task1     and zoo/task1.seed_1
    """
    from .zoo.command import run_zoo
    from .zoo.tasks import zoo_task
    from .zoo.zoo import Zoo

    settings = zoo_task(task, scale)
    zoo = Zoo(task, scale, settings, data_name or settings.data, data_dir, out, device, together, download)
    run_zoo(zoo, workers, console(quiet=quiet), seeds=seeds)


@train.command("recipes")
def recipes_command() -> None:
    """List recipes and presets."""
    from .recipes.presets import PRESETS
    from .recipes.recipes import RECIPES

    for name, recipe in RECIPES.items():
        click.echo(f"{name}: {recipe.paradigm}, {recipe.network}; {recipe.optimization.source}")
    click.echo(f"presets: {', '.join(PRESETS)}")


@train.command("studies")
def studies_command() -> None:
    """List the studies that `figures` draws."""
    from .studies import STUDIES

    for name, study in STUDIES.items():
        click.echo(f"{name}: {study.title}")


@train.command("tasks")
def tasks_command() -> None:
    """List the tasks of the zoo with their scales."""
    from .zoo.tasks import SCALES, TASKS

    for task, scales in TASKS.items():
        for scale in SCALES:
            settings = scales[scale]
            click.echo(f"{task} {scale}: {len(settings.grid())} models, {settings.architecture}, {settings.data}")


def _run_one_by_one(experiments: Sequence[Experiment], place: Place, *, tensorboard: bool, quiet: bool) -> None:
    from .machine.progress import BarWatcher, TensorBoardWatcher
    from .runs.run import train as train_one

    with progress_bar(console(quiet=quiet)) as bar:
        for one in experiments:
            folder = one.folder(place.out).path
            watcher = TensorBoardWatcher(bar, folder / "tensorboard") if tensorboard else BarWatcher(bar)
            train_one(one, place, watcher)
            watcher.say(f"{folder}: done")


def _run_many(experiments: Sequence[Experiment], place: Place, workers: int, *, quiet: bool) -> None:
    """Make runs under one bar; those that fail are named and the others go on; after each, what is left is said."""
    from complexity.errors import InputError

    from .runs.experiments import run_all
    from .runs.remaining import remaining

    failed = 0
    with progress_bar(console(quiet=quiet)) as bar:
        row = bar.add_task("runs", total=len(experiments), state="")
        bar.console.print(remaining(experiments, place.out).words(workers), soft_wrap=True)
        with closing(run_all(experiments, place, workers)) as ended:
            for one, error in ended:
                failed += error is not None
                said = "done" if error is None else f"failed: {error if isinstance(error, InputError) else repr(error)}"
                (console() if quiet and error else bar.console).print(f"{one.name}: {said}", soft_wrap=True)
                bar.console.print(remaining(experiments, place.out).words(workers), soft_wrap=True)
                bar.advance(row)
    if failed:
        raise SystemExit(1)


def main() -> None:
    """The command line `pvector`."""
    run(commands, "pvector")
