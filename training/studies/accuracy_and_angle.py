"""Test accuracy against the model-data angle (Fig. 9, 17/20): the papers' way, and the honest ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import NDArray
from scipy.stats import linregress, permutation_test, rankdata

from pgdl_eval.metrics.correlation import is_constant, spearman

from .calibration import compared
from .cohort import Cohort, Member
from .drawing import finish_figure, grid
from .headlines import in_words
from .layout import Room
from .palette import COLOURS, group_of, groups_in_order, style
from .panels import TEXT, finish, grid_of_panels, key
from .study import Study
from .vectors import CONSTANT, DATA_CONVENTIONS, RANDOM, p_vector, pair_with_data, random_to_data, to_constant

Array = NDArray[np.float64]
RESAMPLES = 9_999
NO_FIT = {"linear_r2": np.nan, "log_log_r2": np.nan}


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch and convention: degrees on the training rows, and both accuracies.

    The convention `constant vector` is the control: the same with the angle to that vector, uncentred. References have
    no epoch and no accuracy: a random matrix instead of the features.
    """
    rows = []
    for member in cohort.at_least(1):
        for line in (line for line in member.run.metrics() if line["epoch"] in member.epochs):
            record = member.epoch(line["epoch"])
            place = {**member.facts, "shuffled": member.shuffled, "epoch": line["epoch"]}
            place |= {name: line[name] for name in ("train_accuracy", "test_accuracy")}
            for name in DATA_CONVENTIONS:
                found = compared(*pair_with_data(record, member.data, "train", name))
                rows.append({**place, "convention": name, **found})
            constant = to_constant(p_vector(record, "train", "uncentered"))
            rows.append({**place, "convention": CONSTANT, "degrees": constant})
    return pd.DataFrame([*rows, *_references(cohort.members[0])])


def _references(member: Member) -> Iterator[dict[str, Any]]:
    for convention in DATA_CONVENTIONS:
        angle = random_to_data(member.trained, member.data, "train", convention)
        yield {"recipe": RANDOM, "shuffled": False, "convention": convention, "degrees": angle}


def correlations(frame: pd.DataFrame) -> pd.DataFrame:
    """Rank correlations and fits, one row a method.

    Methods: `checkpoints of one run` (the papers': as if independent, for each run), `across runs` (at each epoch,
    label-shuffled runs left out), and `given the epoch` (all epochs that these runs share; see `given_epoch`).
    Untrained networks are left out.
    """
    rows: list[dict[str, Any]] = []
    known = frame[(frame["epoch"] > 0) & np.isfinite(frame["degrees"])]
    for convention, part in known.groupby("convention", sort=False):
        for (recipe, seed), run in part.groupby(["recipe", "seed"], sort=False):
            place = {"method": "checkpoints of one run", "recipe": recipe, "seed": seed}
            rows.append({"convention": convention, **place, **_measured(run), **_fits(run)})
        honest = part[~part["shuffled"]]
        for epoch, runs in honest.groupby("epoch"):
            rows.append({"convention": convention, "method": "across runs", "epoch": epoch, **_measured(runs)})
        rows.append({"convention": convention, "method": "given the epoch", **_given_epoch_of(honest)})
    return pd.DataFrame(rows)


def _measured(part: pd.DataFrame) -> dict[str, float]:
    found = spearman(part["degrees"].to_numpy(float), part["test_accuracy"].to_numpy(float))
    return {"count": len(part), "spearman": found.value, "p_value": found.p_value}


def _fits(part: pd.DataFrame) -> dict[str, float]:
    """Explained share of variance of a line, and of a line through both logarithms."""
    x, y = part["degrees"].to_numpy(float), part["test_accuracy"].to_numpy(float)
    if is_constant(x, y) or min(x.min(), y.min()) <= 0:
        return NO_FIT
    line, power = linregress(x, y), linregress(np.log(x), np.log(y))
    return {"linear_r2": float(line.rvalue**2), "log_log_r2": float(power.rvalue**2)}


def _given_epoch_of(part: pd.DataFrame) -> dict[str, float]:
    tables = [part.pivot(index=["recipe", "seed"], columns="epoch", values=v) for v in ("degrees", "test_accuracy")]
    x, y = (table.dropna(axis="columns").to_numpy(float) for table in tables)
    if x.shape != y.shape or len(x) < 3 or x.shape[1] == 0:
        return {"count": len(x), "spearman": np.nan, "p_value": np.nan}
    value, p_value = given_epoch(x, y)
    return {"count": len(x), "spearman": value, "p_value": p_value}


def given_epoch(angles: Array, accuracies: Array, rng: int = 0) -> tuple[float, float]:
    """Rank correlation across runs given the epoch, and its two-sided p-value.

    Ranks are taken within each epoch, so that what all runs share with time drops out. The test exchanges whole runs:
    the curve of accuracies of one against the curve of angles of another. It is valid however strongly the epochs of a
    run depend on each other; with r runs p cannot be smaller than about 2 / r!.

    Parameters
    ----------
    angles, accuracies : (r, t) of r runs at t epochs.
    rng : seed of the permutations, where there are too many to try all.

    Returns
    -------
    Correlation and p-value; NaN where either is the same for all runs.
    """
    x, y = (rankdata(values, axis=0) for values in (angles, accuracies))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    scale = float(np.sqrt((x**2).sum() * (y**2).sum()))
    if scale == 0:
        return np.nan, np.nan

    products = x @ y.T / scale  # of the curves of each run with those of each other

    def statistic(order: Array, axis: int) -> Array:
        paired = np.moveaxis(order, axis, -1).astype(int)
        return np.asarray(products[np.arange(len(x)), paired].sum(axis=-1))

    found = permutation_test(
        (np.arange(len(x)),), statistic, permutation_type="pairings", n_resamples=RESAMPLES, vectorized=True,
        rng=np.random.default_rng(rng),
    )  # fmt: skip
    return float(found.statistic), float(found.pvalue)


def draw(frame: pd.DataFrame) -> Figure:
    """Each run's checkpoints on linear scales, by convention; ring: untrained, large point: the last epoch."""
    known = frame.dropna(subset=["epoch"])
    figure, panels = grid_of_panels(list(DATA_CONVENTIONS)[::2], [0, 1], height=2.2)
    for axes, convention in zip(panels.flat, DATA_CONVENTIONS, strict=True):
        axes.set_title(convention, fontsize=TEXT, loc="left", y=1.0)
        part = known[known["convention"] == convention]
        for (recipe, _), run in part.groupby(["recipe", "seed"], sort=False):
            _path(axes, run, str(recipe))
        axes.set_xlim(0, 91)
    groups = groups_in_order(known["recipe"].map(group_of))
    key(panels[0, -1], [(group, COLOURS[group]) for group in groups])
    note = "lines: the checkpoints of a run; ring: untrained; large point: the last epoch"
    finish(figure, panels, "degrees between model and data", "test accuracy", note)
    return figure


def headline(frame: pd.DataFrame) -> str:
    """The rank correlation of angle and accuracy across runs, given the epoch, by convention."""
    found = correlations(frame).query("method == 'given the epoch'").set_index("convention")
    told = [
        f"{name} {row['spearman']:+.2f} (p {max(row['p_value'], 0.001):.2g})" if np.isfinite(row["spearman"]) else ""
        for name, row in found.iterrows()
    ]
    known = in_words(told) or "too few runs to tell"
    return f"Spearman's correlation of angle and accuracy across runs, given the epoch: {known}"


def draw_every(frame: pd.DataFrame) -> Figure:
    """Checkpoints, joined by run, on linear and logarithmic scales; ring: untrained, large point: the last epoch."""
    scales = pd.concat([frame.assign(scale=scale) for scale in ("linear", "log-log")])
    figure, panels = grid(scales, "convention", "scale", share_x="none")
    for axes, part in panels:
        references = part["epoch"].isna()
        for (recipe, _), run in part[~references].groupby(["recipe", "seed"], sort=False):
            _path(axes, run, str(recipe))
        for angle in part.loc[references, "degrees"]:
            axes.axvline(angle, label=RANDOM, linewidth=1.2, **style(RANDOM))
        if part["scale"].iloc[0] == "log-log":
            _logarithmic(axes)
        axes.grid(alpha=0.25)
        axes.set_xlabel("degrees", fontsize=8)
    finish_figure(figure, Room(left=0.4, below=0.4, outer_below=0), "test accuracy")
    return figure


def _path(axes: Axes, run: pd.DataFrame, recipe: str) -> None:
    """One run's checkpoints."""
    look = style(recipe)
    axes.plot(run["degrees"], run["test_accuracy"], linewidth=0.6, marker=".", markersize=3, label=recipe, **look)
    first, last = run.iloc[:1], run.iloc[-1:]
    axes.plot(first["degrees"], first["test_accuracy"], marker="o", markersize=5, markerfacecolor="none", **look)
    axes.plot(last["degrees"], last["test_accuracy"], marker="o", markersize=5, **look)


def _logarithmic(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):  # "60" takes less room than "6 x 10^1"
        axis.set_major_formatter(LogFormatter())
        axis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.5)))
    axes.tick_params(which="both", labelsize=8)


STUDY = Study(
    "accuracy_and_angle",
    "Test accuracy against the model-data angle (Fig. 9, 17/20)",
    compute,
    draw,
    headline,
    draw_every,
    correlations,
)
