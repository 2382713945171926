"""The command that ranks one's own models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..ingest import cluster_option, workers_option
from ..runner.progress import model_progress
from ..terminal import console, json_option, quiet_option, settings_option
from .running.request import HALVES, MAX_SAMPLES


def data_options(function: Any) -> Any:
    """Where samples are, and how they come to the models."""
    for option in (
        click.option("--channels-first", is_flag=True, help="Bring images (n, h, w, c) to (n, c, h, w)."),
        click.option("--normalize", default="", metavar="MEAN,STD", help="How inputs were scaled in training; also a "
                     "file .json or .npz with mean and std, one a channel or entry."),
        click.option("--y", default="", help="Name of the labels within the data."),
        click.option("--x", default="", help="Name of the inputs within the data; several separated by commas."),
        click.option("--data", metavar="DATA", help="What the models were trained on: FILE.npz, X.npy,Y.npy, FILE.csv, "
                     "FILE.parquet, a folder of shard_K.tfrecord or of CLASS/*.png, or module:function. A task folder "
                     "brings its own."),
    ):  # fmt: skip
        function = option(function)
    return function


SAID_AT_THE_END = ("failed", "warning")  # of models, once for all measures


@click.command("rank")
@click.argument("models", nargs=-1, required=True)
@data_options
@click.option("--measure", "names", multiple=True, help="A measure as for `ingest`; repeatable. By default those that "
              "can be computed and were worth something before.")  # fmt: skip
@settings_option("A setting of the measures that have it, or as MEASURE.NAME of one; repeatable.")
@click.option(
    "--test", metavar="DATA", help="Samples that were not trained on: the order is held against the true gaps."
)
@click.option("--gaps", type=click.Path(path_type=Path), help="The true gaps: a CSV file with the columns model and "
              "gap, and hyper-parameters; or model_configs.json.")  # fmt: skip
@click.option("--budget", default="", metavar="TIME", help="Take the measures that fit into a time such as 10m.")
@click.option("--factory", default="", metavar="MODULE:FUNCTION", help="Makes the PyTorch module of a file of weights; "
              "also FILE.py:FUNCTION.")  # fmt: skip
@click.option("--trust", is_flag=True, help="Let code run that is stored in model files.")
@click.option("--max-samples", type=click.IntRange(min=2), default=MAX_SAMPLES, show_default=True,
              help="Samples that are drawn at most.")  # fmt: skip
@click.option("--halves", type=click.IntRange(min=0), default=HALVES, show_default=True,
              help="Half-samples that show the spread of each value; an even number.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Of all that is drawn.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("rank_output"), show_default=True,
              help="Keeps values and tables; the same command goes on from there.")  # fmt: skip
@workers_option
@cluster_option
@quiet_option
@json_option
def rank_command(
    models: tuple[str, ...], data: str | None, x: str, y: str, normalize: str, channels_first: bool,
    names: tuple[str, ...], settings: dict[str, Any], test: str | None, gaps: Path | None, budget: str, factory: str,
    trust: bool, max_samples: int, halves: int, seed: int, out: Path, workers: int, cluster: str, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Rank trained MODELS by how well they should generalize, best first, without test data.

    \b
    pvector rank models/ --data train.npz
    """
    from .data.samples import Place, samples_for
    from .models.model_files import find_models
    from .models.options import Options
    from .order.gaps import read_gaps
    from .running.request import Request
    from .running.runs import rank_sources
    from .shown.files import write_files
    from .shown.tables import head, order_table, tail, truth_table, value_table

    sources = find_models(models, Options(factory, trust))
    samples = samples_for(sources, Place(data, x, y, normalize, channels_first, max_samples))
    request = Request(names, settings, max_samples, halves, seed, budget, out, workers, cluster)
    tested = samples_for(sources, Place(test, x, y, normalize, channels_first)) if test else None
    truth = read_gaps(gaps) if gaps else None
    with model_progress(quiet=quiet) as progress:

        def say(text: str) -> None:
            if text.split(" ", 1)[0] not in SAID_AT_THE_END:
                progress.say(text)

        ranking = rank_sources(sources, samples, request, test=tested, gaps=truth, say=say, step=progress.step)
    table = write_files(ranking, out)
    if as_json:
        click.echo(table.to_json(orient="records", indent=1))
    else:
        shown_on = console(quiet=quiet, error=False)
        for text in head(ranking):
            shown_on.print(text)
        if len(ranking.ranked) > 1:
            shown_on.print(order_table(ranking))
        if ranking.truths:
            shown_on.print(truth_table(ranking))
        if any(ranking.values.values()):
            shown_on.print(value_table(ranking))
        for text in tail(ranking):
            shown_on.print(text)
        shown_on.print(f"files: {out}", soft_wrap=True)
    sys.exit(1 if ranking.failures else 0)
