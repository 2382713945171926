"""The command that says what the measures make of a model and its data."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from ..terminal import console, quiet_option
from .command import data_options


@click.command("check")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@data_options
@click.option("--factory", default="", metavar="MODULE:FUNCTION", help="As for `rank`.")
@click.option("--trust", is_flag=True, help="Let code run that is stored in model files.")
@quiet_option
def check_command(
    models: tuple[str, ...], data: str | None, x: str, y: str, normalize: str, channels_first: bool, factory: str,
    trust: bool, quiet: bool,
) -> None:  # fmt: skip
    """Say which layer of each MODEL is taken and why, whether data fit, and which measures can be computed.

    \b
    pvector check model.onnx --data train.npz
    """
    from complexity.errors import InputError

    from .data.samples import Place, samples_for
    from .models.model_files import find_models
    from .models.options import Options

    sources = find_models(models, Options(factory, trust))
    samples = samples_for(sources, Place(data, x, y, normalize, channels_first, most=1000))
    shown_on, failed = console(quiet=quiet, error=False), False
    for source in sources:
        try:
            for line in advice(source, samples):
                shown_on.print(line, soft_wrap=True)
        except InputError as error:
            console().print(f"error: {error.at(model=source.name)}", soft_wrap=True)
            failed = True
    sys.exit(1 if failed else 0)


def advice(source: Any, samples: Any) -> Iterator[str]:
    """What `complexity.check` says of a model, and what it means for every measure."""
    from dataclasses import replace

    from complexity.advice import check
    from complexity.errors import InputError

    from ..engines import networks_of
    from ..measures import all_measures

    opened = source.open() if source.engine == "" else source
    networks = networks_of(opened)
    engine = source.engine or "onnxruntime"
    network, _ = networks.on(engine)
    found = check(network, samples)
    yield str(replace(found, model=source.name))
    can: list[tuple[str, str, str]] = []
    cannot: list[tuple[str, str, str]] = []
    for name, measure in all_measures().items():
        if "+" in name:
            continue
        why = _lacks(measure, network, samples, [source.engine], found.fine)
        (cannot if why else can).append((name, why, measure.cost))
    if can:
        yield "Measures that can be computed:"
        yield from (f"    {name}: {cost}" for name, _, cost in can)
    if cannot:
        yield "Measures that cannot:"
        yield from (f"    {name}: {why}" for name, why, _ in cannot)
    if not found.fine:
        raise InputError(f"{len(found.problems)} things to mend: {found.problems[0]}")


def _lacks(measure: Any, network: Any, samples: Any, engines: Sequence[str], fine: bool) -> str:
    """Why a measure cannot be computed; empty where it can, as far as can be told without computing it."""
    from complexity.errors import InputError
    from complexity.models import adapt

    from .running.default_measures import lacks

    if not fine and measure.uses_samples:
        return "not before what is to mend is mended"
    if "initial weights" in measure.needs:
        try:
            adapt(network).initial_weights()
        except InputError as error:
            return f"needs the weights before training: {error.problem}"
    return lacks(measure, samples, engines)
