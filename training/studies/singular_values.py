"""Singular values and explained variance ratios (Fig. 3), trained and untrained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING, field_of
from .cohort import Cohort
from .drawing import line_panels
from .study import Study
from .vectors import RANDOM, random_singular_values, shape

PART = "train"
FLOOR = 1e-8  # below it there is the rounding of float32 features


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, state, centring and singular value: its number from 1, value, explained variance ratio."""
    rows: list[dict[str, Any]] = []
    members = cohort.at_least(1)
    for member in members:
        for state, record in (("well-trained", member.trained), ("untrained", member.untrained)):
            for centering in CENTERING:
                values = field_of(record, PART, "singular_values", center=CENTERING[centering])
                place = {**member.facts, "state": state, "centering": centering}
                rows += [{**place, **row} for row in _spectrum(values)]
    for centering in CENTERING:
        values = random_singular_values(*shape(members[0].trained, PART), centering)
        for state in ("well-trained", "untrained"):
            place = {"recipe": RANDOM, "seed": 0, "state": state, "centering": centering}
            rows += [{**place, **row} for row in _spectrum(values)]
    return pd.DataFrame(rows)


def _spectrum(values: Any) -> Iterator[dict[str, float]]:
    total = float(np.sum(np.square(values)))
    for number, value in enumerate(map(float, values), start=1):
        ratio = value**2 / total if total > 0 else float("nan")
        yield {"number": number, "singular_value": value, "explained_variance_ratio": ratio}


def draw(frame: pd.DataFrame) -> Figure:
    """Explained variance ratios on logarithmic scales."""
    seen = frame[frame["explained_variance_ratio"] > FLOOR]
    return line_panels(
        seen, x="number", y="explained_variance_ratio", row="state", column="centering", finish=_logarithmic
    )


def _logarithmic(axes: Axes, frame: pd.DataFrame) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(FLOOR, 2)


STUDY = Study("singular_values", "Explained variance ratios of the singular values, train (Fig. 3)", compute, draw)
