"""The command that ranks one's own models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..ingest import workers_option
from ..runner.progress import model_progress
from ..terminal import console, json_option, quiet_option, settings_option

HALVES, MAX_SAMPLES = 8, 10_000


@click.command("rank")
@click.argument("models", nargs=-1, required=True)
@click.option("--data", "data", multiple=True, metavar="DATA",
              help="The samples that the models were trained on: FILE.npz.")  # fmt: skip
@click.option("--x", default="", help="Name of the inputs within the data.")
@click.option("--y", default="", help="Name of the labels within the data.")
@click.option("--measure", "names", multiple=True, help="A measure as for `ingest`; repeatable. By default those that "
              "can be computed and were worth something before.")  # fmt: skip
@settings_option("A setting of the measures that have it, or as MEASURE.NAME of one; repeatable.")
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
@quiet_option
@json_option
def rank_command(
    models: tuple[str, ...], data: tuple[str, ...], x: str, y: str, names: tuple[str, ...], settings: dict[str, Any],
    factory: str, trust: bool, max_samples: int, halves: int, seed: int, out: Path, workers: int, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Rank trained MODELS by how well they should generalize, best first, without test data.

    \b
    pvector rank models/ --data train.npz
    """
    from .data_files import read_data
    from .files import write_files
    from .frame import frame
    from .model_files import Options, find_models
    from .rank import Request, rank_sources
    from .tables import head, order_table, tail, value_table

    sources = find_models(models, Options(factory, trust))
    samples = read_data(data, x, y)
    request = Request(names, settings, max_samples, halves, seed, out, workers)
    with model_progress(quiet=quiet) as progress:
        ranking = rank_sources(sources, samples, request, step=progress.step)
    table = frame(ranking)
    write_files(table, out)
    if as_json:
        click.echo(table.to_json(orient="records", indent=1))
    else:
        shown_on = console(quiet=quiet, error=False)
        for text in head(ranking):
            shown_on.print(text)
        if len(ranking.ranked) > 1:
            shown_on.print(order_table(ranking))
        shown_on.print(value_table(ranking))
        for text in tail(ranking):
            shown_on.print(text)
        shown_on.print(f"files: {out}", soft_wrap=True)
    sys.exit(1 if ranking.failures else 0)
