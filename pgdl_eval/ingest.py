"""The command that computes measures for the models of task folders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .measures import find_measure
from .report.profile import profile_table
from .runner.ingestion import SECONDS_PER_MODEL, ingest
from .runner.isolation import AUTO, KINDS, SECONDS_OF_ONE_MODEL, Limits
from .runner.progress import model_progress
from .submission import opened_submissions
from .terminal import console, quiet_option, settings_option

time_limit_option = click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), default=SECONDS_PER_MODEL, show_default=True,
    help="Seconds a model; a task has this times its models.",
)  # fmt: skip
workers_option = click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True,
    help="Models that are computed at once, each in a process of its own; they share the cores.",
)  # fmt: skip
cluster_option = click.option(
    "--cluster", default="", metavar="ADDRESS",
    help="In place of --workers: the address of a scheduler of Dask, tcp://HOST:PORT, whose workers compute a model "
    "each; or local:N.",
)  # fmt: skip


@click.command("ingest")
@click.argument("input_dir", type=click.Path(path_type=Path))
@click.argument("output_dir", type=click.Path(path_type=Path))
@click.option(
    "--measure", "names", multiple=True,
    help="A name, package.module:function, NAME[SETTING=VALUE,...] for settings of its own, or several names, "
    'joined by "+", for their combination; repeatable.',
)  # fmt: skip
@click.option(
    "--submission",
    "submissions",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER_OR_ZIP",
    help="A submission for the starter kit: its complexity(model, dataset) is computed in a process of its own, under "
    "the name of the folder or zip; repeatable.",
)
@click.option("--task", "tasks", multiple=True, help="Only this task; repeatable.")
@time_limit_option
@settings_option(
    "A setting of the measures that have it, or as MEASURE.NAME of one; a combination has the settings method "
    "(mean_rank, footrule, kemeny) and weights. Repeatable."
)
@workers_option
@cluster_option
@click.option(
    "--model-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=SECONDS_OF_ONE_MODEL,
    show_default=True,
    help="Seconds after which the process of a submission, or of package.module:function, is ended on a model.",
)
@click.option(
    "--memory-limit",
    type=click.FloatRange(min=0.1),
    metavar="GB",
    help="Memory of each such process; half of this machine's by default.",
)
@click.option(
    "--isolation",
    type=click.Choice(KINDS),
    default=AUTO,
    show_default=True,
    help="How such processes are held: bubblewrap (no network, no writes outside a scratch folder), limits of time and "
    "memory alone, or bubblewrap where it works.",
)
@click.option("--profile", is_flag=True, help="Say at the end, for each measure, where time went.")
@quiet_option
def ingest_command(
    input_dir: Path, output_dir: Path, names: tuple[str, ...], tasks: tuple[str, ...], time_limit: float,
    settings: dict[str, Any], workers: int, cluster: str, profile: bool, quiet: bool, submissions: tuple[Path, ...],
    model_limit: float, memory_limit: float | None, isolation: str,
) -> None:  # fmt: skip
    """Compute measures for every model of every task in INPUT_DIR; what is done already is kept.

    \b
    pvector ingest INPUT_DIR OUTPUT_DIR --measure angle --measure distance+angle
    pvector ingest INPUT_DIR OUTPUT_DIR --measure angle --set max_samples=1000
    pvector ingest INPUT_DIR OUTPUT_DIR --measure angle --workers 2 --profile
    pvector ingest INPUT_DIR OUTPUT_DIR --measure angle --cluster tcp://HOST:8786
    pvector ingest INPUT_DIR OUTPUT_DIR --submission submission.zip
    """
    if not names and not submissions:
        raise click.UsageError("give a --measure or a --submission")
    measures = [find_measure(name) for name in dict.fromkeys(names)]
    limits = Limits(model_limit, None if memory_limit is None else int(memory_limit * 1e9), isolation)
    with opened_submissions(submissions) as opened, model_progress(quiet=quiet) as progress:
        outcome = ingest(
            input_dir, output_dir, [*measures, *opened], tasks=tasks, seconds_per_model=time_limit, settings=settings,
            workers=workers, cluster=cluster, profile=profile, limits=limits, say=progress.say, step=progress.step,
        )  # fmt: skip
    if profile:
        console(quiet=quiet).print(profile_table(outcome.profile))
    console(quiet=quiet).print(
        f"{outcome.computed} computed, {outcome.skipped} already done, {outcome.exceeded} out of time, "
        f"{len(outcome.failures)} failed; files in {output_dir}",
        soft_wrap=True,
    )
    sys.exit(1 if outcome.failures else 0)
