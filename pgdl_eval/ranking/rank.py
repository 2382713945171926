"""Trained models ranked by their expected generalization gaps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..sheet import Say
from .data.samples import Place, samples_for
from .models.handed_over import handed_over
from .models.options import Options
from .order.gaps import Gaps, read_gaps
from .running.request import HALVES, MAX_SAMPLES, Request
from .running.runs import rank_sources
from .running.work import Step
from .shown.frame import RankTable, frame


def rank(
    models: Any, data: Any = None, *, measures: Sequence[str] = (), test: Any = None, gaps: Any = None,
    normalize: Any = "", channels_first: bool = False, x: str = "", y: str = "", batched: bool | None = None,
    factory: str = "", trust: bool = False, max_samples: int = MAX_SAMPLES, halves: int = HALVES, seed: int = 0,
    budget: str = "", out: str | os.PathLike[str] | None = None, workers: int = 1, cluster: str = "",
    say: Say = lambda text: None, step: Step = lambda task, model, number, models: None, **settings: Any,
) -> RankTable:  # fmt: skip
    """Rank trained models by how well they should generalize, on the samples that they were trained on.

    Parameters
    ----------
    models : models by name in a dict, a list of models, one model; each a Keras model, a `torch.nn.Module`, an ONNX
        model, or the path of a file, a folder or a task folder, with wildcards. Epochs of a family, as in
        `run1/epoch_3`, get the columns family and epoch.
    data : what they were trained on: a data set as `complexity.complexity` takes it, or a text as
        `pvector rank --data` takes it. None for the task that the models belong to.
    measures : names of measures; by default those that can be computed here, and were worth something before
        (`pgdl_eval.ranking.running.default_measures`).
    test : samples that were not trained on, like `data`; or
    gaps : the true gaps, by name, or a CSV file: the ranking is held against them.
    normalize, channels_first : how inputs are to be scaled, (mean, deviation) or what `--normalize` takes, and whether
        images are to be brought to (n, c, h, w).
    x, y, batched : parts of the data, and whether its items are batches.
    factory, trust : how model files are opened, see `pgdl_eval.ranking.models.options.Options`.
    max_samples : so many samples are drawn at most.
    halves : half-samples that show the spread of each value, an even number; 0 for none.
    seed : of all that is drawn.
    budget : a time such as "10m": of the measures those that fit into it are taken.
    out : a folder that keeps values; a later call goes on from there.
    workers : processes, for models in files alone; or
    cluster : the address of a scheduler of Dask, or "local:N", as for `ingest`.
    say, step : called with messages, and before each model with the name of the run, the model, its number from 0 and
        how many there are.
    settings : of the measures that have them.

    Returns
    -------
    A table, best first: model, its place in the consensus with a 95% interval over samples (`place`, `place_low`,
    `place_high`), the rank by each measure, each measure's value with its `spread` over samples, its value of the
    untrained network (`untrained`) and of random features (`random`), `training_accuracy`, `parameters`, `layer` whose
    input is taken, `layer_width`, `spectral_gap`, `warnings`, `seconds`. Its `attrs` hold the verdict, notes, Kendall's
    W of the measures, what was left out and why, failures by model, and with `test` or `gaps` the truth.

    Raises
    ------
    InputError
        For data or settings that cannot be used, two models of one name, and where no measure can be computed. What is
        wrong with one model stands in the table, and the others are ranked.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from torch.nn import Flatten, Linear, ReLU, Sequential
    >>> images, labels = np.random.default_rng(0).random((60, 1, 8, 8), np.float32), np.arange(60) % 3
    >>> networks = {f"wide {n}": Sequential(Flatten(), Linear(64, n), ReLU(), Linear(n, 3)) for n in (4, 8)}
    >>> table = rank(networks, (images, labels), measures=["angle"], halves=0)
    >>> sorted(table["model"])
    ['wide 4', 'wide 8']
    """
    sources = handed_over(models, Options(factory, trust))
    place = Place(_text(data), x, y, normalize, channels_first, max_samples, batched)
    request = Request(
        measures, settings, max_samples, halves, seed, budget, None if out is None else Path(out), workers, cluster
    )
    tested = None if test is None else samples_for(sources, Place(_text(test), x, y, normalize, channels_first))
    truth = _gaps(gaps)
    samples = samples_for(sources, place)
    return frame(rank_sources(sources, samples, request, test=tested, gaps=truth, say=say, step=step))


def _text(data: Any) -> Any:
    return os.fspath(data) if isinstance(data, os.PathLike) else data


def _gaps(gaps: Any) -> Gaps | None:
    if gaps is None or isinstance(gaps, Gaps):
        return gaps
    if isinstance(gaps, str | os.PathLike):
        return read_gaps(Path(gaps))
    return Gaps({str(name): float(value) for name, value in dict(gaps).items()})


rank.__module__ = __package__.partition(".")[0]  # so that `help` shows the public name
