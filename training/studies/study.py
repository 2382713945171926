"""What a study is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from .cohort import Cohort


@dataclass(frozen=True)
class Study:
    """A table of a cohort's records, and its picture.

    Attributes
    ----------
    name : of its files.
    title : of its figure, with the paper's numbers of the figures that it reproduces.
    compute : records in, table out; raises `cohort.Missing` where the runs do not allow it.
    draw : the table's figure, of eight panels at most.
    headline : what is seen in it, made of the table's numbers.
    every : a second figure with all that the table holds, if the first leaves something out.
    summary : a second table, made of the first, if there is one.
    """

    name: str
    title: str
    compute: Callable[[Cohort], pd.DataFrame]
    draw: Callable[[pd.DataFrame], Figure]
    headline: Callable[[pd.DataFrame], str]
    every: Callable[[pd.DataFrame], Figure] | None = None
    summary: Callable[[pd.DataFrame], pd.DataFrame] | None = None


def flat_columns(table: pd.DataFrame) -> pd.DataFrame:
    """A table with two levels of columns as one with one level, the names joined by an underscore."""
    return table.set_axis(table.columns.map("{0[0]}_{0[1]}".format), axis="columns")
