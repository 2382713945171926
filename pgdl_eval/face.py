"""Measures by name, for those who work in Python."""

from __future__ import annotations

from typing import Any

import pandas as pd

from complexity.errors import InputError
from complexity.measures.arguments import check_arguments
from complexity.measures.measured import Measured

from .measures import all_measures, find_measure


class Listing(pd.DataFrame):
    """A table that is shown with all its columns, in blocks as wide as the terminal."""

    def __repr__(self) -> str:
        with pd.option_context("display.max_columns", None, "display.max_rows", None, "display.max_colwidth", 60):
            return super().__repr__()


def list_measures() -> pd.DataFrame:
    """All measures that are installed, the paper's combinations included, one a row.

    Returns
    -------
    A table with the columns name, direction (what a larger value means), needs (beside a model and its inputs), unit,
    bounds (least and largest value), cost (in words) and source; what is not known is an empty word.

    Examples
    --------
    >>> table = list_measures().set_index("name")
    >>> print(table.loc["angle", ["direction", "unit", "bounds"]].to_string())
    direction    larger expected gap
    unit                     degrees
    bounds               (0.0, 90.0)
    """
    rows = [
        {
            "name": name,
            "direction": one.gap_if_larger,
            "needs": one.needs_in_words,
            "unit": one.unit,
            "bounds": one.bounds,
            "cost": one.cost,
            "source": one.source,
        }
        for name, one in all_measures().items()
    ]
    return Listing(rows)


def compute(
    name: str,
    model: Any,
    data: Any = None,
    *more: Any,
    batched: bool | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Measured:
    """The value of a measure for a trained model and the data that it was trained on.

    Parameters
    ----------
    name : one of `list_measures`; "NAME[SETTING=VALUE,...]" for a variant, "a+b" for a combination, which gives its
        stand-in for one model, or "package.module:function" for a measure of one's own.
    model : a Keras model (Keras 2 or 3) or a `torch.nn.Module`.
    data : a pair of arrays (inputs, labels), a loader, or what else `complexity.complexity` takes.
    batched, progress : see `complexity.complexity`.
    settings : keyword arguments of the measure; those of a combination's components go to each that has them.

    Returns
    -------
    A float with its unit, and with details that say how it was obtained.

    Raises
    ------
    InputError
        For an unknown measure, settings that it does not take, and a model or data from which it cannot be computed.

    Examples
    --------
    >>> import numpy as np, torch
    >>> images, labels = np.random.default_rng(0).random((100, 8, 8), np.float32), np.arange(100) % 10
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Threshold(0.5, 0), torch.nn.Linear(64, 10))
    >>> value = compute("angle", network, (images, labels), max_samples=50)
    >>> print(f"{value:.2f} {value.details['unit']} of {value.details['samples']} samples")
    4.02 degrees of 50 samples
    """
    _check_name(name)
    measure = find_measure(name)
    check_arguments(f"compute({name!r}, model, data)", model, data, more)
    return measure(model, data, batched=batched, progress=progress, **settings)


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        expected = "compute(NAME, model, data) with a name of list_measures(), or package.module:function"
        found = type(name).__name__
        raise InputError("the name of a measure comes first", field="name", expected=expected, found=found)


for _function in (compute, list_measures):
    _function.__module__ = __package__  # so that `help` shows the public name
