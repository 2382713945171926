"""`python -m pgdl_eval`: compute measures, package a submission, score predictions."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from complexity.errors import InputError

from .ingest import SECONDS_PER_MODEL, ingest
from .measures import all_measures, find_measure
from .package import package
from .progress import progress_bar
from .score import main as score_command
from .table1 import table1_command
from .variants import read_setting


@click.group()
def commands() -> None:
    """Complexity measures of trained networks: compute them, package them, score them."""


@commands.command("ingest")
@click.argument("input_dir", type=click.Path(path_type=Path))
@click.argument("output_dir", type=click.Path(path_type=Path))
@click.option(
    "--measure",
    "names",
    multiple=True,
    required=True,
    help="A name, package.module:function, NAME[SETTING=VALUE,...] for settings of its own, or several names, "
    'joined by "+", for their combination; repeatable.',
)
@click.option("--task", "tasks", multiple=True, help="Only this task; repeatable.")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), default=SECONDS_PER_MODEL, show_default=True,
              help="Seconds a model; a task has this times its models.")  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE",
              help="A setting of the measures that have it, or as MEASURE.NAME of one; a combination has the settings "
                   "method (mean_rank, footrule, kemeny) and weights. Repeatable.")  # fmt: skip
def ingest_command(
    input_dir: Path,
    output_dir: Path,
    names: tuple[str, ...],
    tasks: tuple[str, ...],
    time_limit: float,
    settings: tuple[str, ...],
) -> None:
    """Compute measures for every model of every task in INPUT_DIR; what is done already is kept."""
    console = Console(stderr=True)
    measures = [find_measure(name) for name in dict.fromkeys(names)]
    with progress_bar(console) as progress:
        outcome = ingest(
            input_dir, output_dir, measures, tasks=tasks, seconds_per_model=time_limit,
            settings=dict(map(read_setting, settings)), say=progress.say, step=progress.step,
        )  # fmt: skip
    console.print(
        f"{outcome.computed} computed, {outcome.skipped} already done, {outcome.exceeded} out of time, "
        f"{len(outcome.failures)} failed; files in {output_dir}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
    sys.exit(1 if outcome.failures else 0)


@commands.command("package")
@click.option("--measure", "name", required=True, help='A registered measure, or several, joined by "+".')
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help="The zip file to write.")
def package_command(name: str, path: Path) -> None:
    """Write a submission for the starter kit that computes one measure."""
    package(name, path)
    click.echo(f"{path}: {name}" + (", its stand-in for one model at a time" if "+" in name else ""))


@commands.command("measures")
def measures_command() -> None:
    """List the registered measures."""
    for name, measure in all_measures().items():
        needs = ", ".join(sorted(measure.needs)) or "nothing more"
        click.echo(f"{name}: higher means a {measure.higher_means}; needs {needs}; {measure.source}")


commands.add_command(score_command, "score")
commands.add_command(table1_command)


def main() -> None:
    """The command line; bad input ends it with one line and status 1."""
    try:
        commands()
    except InputError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
