"""Singular values and explained variance ratios (Fig. 3), trained and untrained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING, field_of
from .cohort import Cohort
from .headlines import group_means, numbers
from .panels import Curves, Papers, by_paradigm
from .study import Study
from .vectors import RANDOM, random_singular_values, shape

PART = "train"
PAPERS = (0.5, 0.1)  # the first explains more, the second less
NOTE = "thick: mean; thin: each seed; dashed grey: the papers (the first above 0.5, the second below 0.1)"
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
    """Explained variance ratios of the well-trained networks on logarithmic scales, by paradigm and centring."""
    seen = frame[(frame["explained_variance_ratio"] > FLOOR) & (frame["state"] == "well-trained")]
    curves = Curves(
        "number", "explained_variance_ratio", papers=Papers(PAPERS), limits=(1e-5, 1.5), log=True,
        x_label="number of the singular value", y_label="explained variance ratio",
    )  # fmt: skip
    return by_paradigm(seen, "centering", curves, NOTE)


def headline(frame: pd.DataFrame) -> str:
    """What the first and the second singular value explain of well-trained networks, by paradigm, uncentred."""
    trained = frame[(frame["state"] == "well-trained") & (frame["centering"] == "uncentered")]
    first, second = (
        numbers(group_means(trained[trained["number"] == number], "explained_variance_ratio"), 100, "%")
        for number in (1, 2)
    )
    return f"Uncentered, the first singular value explains: {first}; the second: {second} (papers: over 50%, below 10%)"


STUDY = Study(
    "singular_values", "Explained variance ratios of the singular values, train (Fig. 3)", compute, draw, headline
)
