"""How well the top k singular vectors stand for the features (Tables 2-3, Fig. 22): over checkpoints and over k."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..runs.run_folder import CENTERING, field_of
from .cohort import Cohort, Record
from .drawing import line_panels
from .headlines import group_means, last_of_each_run, numbers
from .panels import Curves, Papers, by_paradigm
from .study import Study, flat_columns
from .vectors import CONSTANT, RANDOM, random_singular_values, shape

PART = "train"
NOTE = "thick: mean; thin: each seed; dashed grey: the papers, more than half"
QUANTITIES = ("explained_variance", "approximation_error")


def explained_variance(values: NDArray[np.float64], k: int) -> float:
    """The sum of the top k squared singular values over that of all."""
    total = float((values**2).sum())
    return float((values[:k] ** 2).sum()) / total if total > 0 else float("nan")


def approximation_error(values: NDArray[np.float64], k: int) -> float:
    """||A - A_k|| / ||A|| in Frobenius' norm, of the best approximation A_k of rank k."""
    total = float((values**2).sum())
    return float(np.sqrt((values[k:] ** 2).sum() / total)) if total > 0 else float("nan")


def share_of_constant(uncentered: NDArray[np.float64], centered: NDArray[np.float64]) -> float:
    """||A^T 1||^2 / (n ||A||^2): what the constant vector explains of uncentred features, from both lists of values.

    Taking the column means out takes just this away.
    """
    total = float((uncentered**2).sum())
    return max(0.0, 1 - float((centered**2).sum()) / total) if total > 0 else float("nan")


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch, centring and k = 1 to 6: explained variance and approximation error.

    The centring `constant vector` is the control: that vector in place of the first P-vector, uncentred.
    """
    rows = []
    members = cohort.at_least(1)
    for member in members:
        for epoch in member.epochs:
            record = member.epoch(epoch)
            for centering in CENTERING:
                values = field_of(record, PART, "singular_values", center=CENTERING[centering])
                k = len(field_of(record, PART, "residual", center=CENTERING[centering]))
                place = {**member.facts, "epoch": epoch, "centering": centering}
                rows += [{**place, **row} for row in _by_k(values, k)]
            rows.append({**member.facts, "epoch": epoch, "centering": CONSTANT, "k": 1, **_of_constant(record)})
    for centering in CENTERING:
        values = random_singular_values(*shape(members[0].trained, PART), centering)
        place = {"recipe": RANDOM, "seed": 0, "centering": centering}
        k = members[0].trained[f"{PART}/{centering}/vectors"].shape[1]
        rows += [{**place, **row} for row in _by_k(values, k)]
    return pd.DataFrame(rows)


def _by_k(values: NDArray[np.float64], most: int) -> Iterator[dict[str, float]]:
    for k in range(1, most + 1):
        measured = {"explained_variance": explained_variance(values, k)}
        yield {"k": k, **measured, "approximation_error": approximation_error(values, k)}


def _of_constant(record: Record) -> dict[str, float]:
    both = (field_of(record, PART, "singular_values", center=center) for center in (False, True))
    share = share_of_constant(*both)
    return {"explained_variance": share, "approximation_error": float(np.sqrt(1 - share))}


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds at the last epoch, a row for each recipe and centring, columns over k."""
    wide = _last(frame).pivot_table(index=["recipe", "centering"], columns="k", values=list(QUANTITIES), sort=False)
    return flat_columns(wide).reset_index()


def _last(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of each run's last epoch, and those of references."""
    last = frame.groupby(["recipe", "seed"])["epoch"].transform("max")
    return frame[frame["epoch"].isna() | (frame["epoch"] == last)]


def draw(frame: pd.DataFrame) -> Figure:
    """What the P-vector and the constant vector explain of the features, by epoch and paradigm."""
    shown = frame[(frame["k"] == 1) & (frame["centering"] != "centered")]
    curves = Curves("epoch", "explained_variance", papers=Papers((0.5,)), limits=(0, 1), y_label="share explained")
    names = {"uncentered": "P-vector"}
    return by_paradigm(shown.assign(vector=shown["centering"].replace(names)), "vector", curves, NOTE)


def headline(frame: pd.DataFrame) -> str:
    """What the P-vector and the constant vector explain at the last epoch, by paradigm."""
    last = last_of_each_run(frame[frame["k"] == 1])
    first, constant = (
        numbers(group_means(last[last["centering"] == name], "explained_variance"), 100, "%")
        for name in ("uncentered", CONSTANT)
    )
    return f"Of the trained networks' features the P-vector explains: {first}; the constant vector: {constant}"


def draw_every(frame: pd.DataFrame) -> Figure:
    """Curves over epochs with k = 1 and over k at the last epoch."""
    over_epochs = frame[frame["k"] == 1].assign(x=lambda one: one["epoch"], over="k = 1, over epochs")
    over_k = _last(frame[frame["centering"] != CONSTANT]).assign(x=lambda one: one["k"], over="last epoch, over k")
    kept = ["recipe", "seed", "centering", "over", "x"]
    both = pd.concat([over_epochs, over_k])
    shown = both.melt(id_vars=kept, value_vars=list(QUANTITIES), var_name="quantity", value_name="share")
    shown["panel"] = shown["centering"] + ", " + shown["over"]
    shown["quantity"] = shown["quantity"].str.replace("_", " ")
    return line_panels(
        shown, x="x", y="share", row="quantity", column="panel", finish=_axes, x_label="epoch or k", share_x="col"
    )


def _axes(axes: Axes, frame: pd.DataFrame) -> None:
    axes.set_ylim(-0.02, 1.02)


STUDY = Study(
    "low_rank",
    "Explained variance and approximation error, train (Tables 2-3, Fig. 22)",
    compute,
    draw,
    headline,
    draw_every,
    table,
)
