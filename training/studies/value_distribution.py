"""The distribution of a P-vector's values over epochs, smoothed and raw, and its map (Fig. 4, 15, 17/18)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..recipes.recipes import RECIPES
from ..runs.run_folder import CENTERING
from .cohort import Cohort
from .drawing import empty_grid, finish_figure, title
from .headlines import in_words, last_of_each_run
from .layout import Room
from .palette import COLOURS, GREY, group_of, in_order, short
from .panels import finish, grid_of_panels, key
from .study import Study
from .vectors import CONSTANT, RANDOM, Vector, p_vector, random_vectors, shape

PART = "train"
EDGES = np.linspace(-4, 4, 82)  # of values times sqrt(n): all of the constant vector's are 1
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2
MOST_EPOCHS = 12
VALUES_AT_A_TIME = 1024  # few enough for a processor's cache
PANEL = (2.6, 1.7)  # inches: there is a row for each recipe


def densities(u: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smoothed and raw density of the values of a unit vector (n,) times sqrt(n), at `CENTRES`.

    Smoothed: Gaussian kernels with Scott's width, as `scipy.stats.gaussian_kde`, which takes twice as long. Raw: a
    histogram. NaN for an unknown or a constant vector.
    """
    values = np.asarray(u, np.float64) * np.sqrt(len(u))
    if not np.ptp(values) > 0:
        unknown = np.full(len(CENTRES), np.nan)
        return unknown, unknown
    return _smoothed(values), np.histogram(values, EDGES)[0] / len(values) / np.diff(EDGES)


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    width = values.std(ddof=1) * len(values) ** -0.2  # Scott 1992, equation 6.42, in one dimension
    total = np.zeros(len(CENTRES))
    for start in range(0, len(values), VALUES_AT_A_TIME):
        apart = (CENTRES[:, None] - values[start : start + VALUES_AT_A_TIME]) / width
        total += np.exp(apart * apart * -0.5).sum(axis=1)
    return np.asarray(total / (len(values) * width * np.sqrt(2 * np.pi)))


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each recipe (its first seed), some epochs, centring and value: both densities.

    References have no epoch: a random matrix.
    """
    members = cohort.at_least(1)
    parts = []
    for member in {member.recipe: member for member in reversed(members)}.values():
        for epoch in _spread(member.epochs):
            record = member.epoch(epoch)
            for centering in CENTERING:
                place = {**member.facts, "epoch": epoch, "centering": centering}
                parts.append((place, densities(p_vector(record, PART, centering))))
    for centering in CENTERING:
        random, _ = random_vectors(*shape(members[0].trained, PART), centering)
        place = {"recipe": RANDOM, "seed": 0, "epoch": np.nan, "centering": centering}
        parts.append((place, densities(random[:, 0])))
    return _table(parts)


def _spread(epochs: list[int]) -> list[int]:
    """At most `MOST_EPOCHS` of the epochs, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(epochs) - 1, min(MOST_EPOCHS, len(epochs))).round().astype(int))
    return [epochs[position] for position in chosen]


def _table(parts: list[tuple[dict[str, Any], tuple[Vector, Vector]]]) -> pd.DataFrame:
    places = pd.DataFrame([place for place, _ in parts])
    both = {name: np.concatenate([pair[i] for _, pair in parts]) for i, name in enumerate(("smoothed", "raw"))}
    values = pd.DataFrame({"value": np.tile(CENTRES, len(parts)), **both})
    return values.join(places.loc[places.index.repeat(len(CENTRES))].reset_index(drop=True))


def draw(frame: pd.DataFrame) -> Figure:
    """The first and last distribution of one recipe of each paradigm, by centring."""
    recipes = {group_of(name): name for name in sorted(reversed(in_order(frame["recipe"])), key="mlp".__ne__)}
    groups = [group for group in COLOURS if group in recipes]
    figure, panels = grid_of_panels(groups, list(CENTERING))
    for group, row in zip(groups, panels, strict=True):
        for axes, centering in zip(row, CENTERING, strict=True):
            _densities(axes, frame[frame["centering"] == centering], recipes[group], COLOURS[group])
    entries = [("last epoch", "0.1"), ("untrained, dotted", GREY)]
    for group, row in zip(groups, panels, strict=True):
        key(row[-1], [(short(recipes[group]), COLOURS[group]), *entries])
    finish(figure, panels, "value times sqrt(n)", "density", "dashed: the constant vector's value")
    return figure


def _densities(axes: Axes, part: pd.DataFrame, recipe: str, colour: str) -> None:
    one = part[part["recipe"] == recipe]
    for epoch, shade, line in ((one["epoch"].max(), colour, "-"), (one["epoch"].min(), GREY, ":")):
        found = one[one["epoch"] == epoch]
        axes.plot(found["value"], found["smoothed"], linewidth=1.7, color=shade, linestyle=line)
    axes.axvline(1 if part["centering"].iloc[0] == "uncentered" else 0, color="0.6", linestyle="--", linewidth=1)
    axes.set_ylim(bottom=0)


def headline(frame: pd.DataFrame) -> str:
    """Mean and deviation of the last P-vectors' values, by paradigm; all of the constant vector's are 1."""
    last = last_of_each_run(frame[frame["centering"] == "uncentered"])
    told = []
    for group, part in last.groupby(last["recipe"].map(group_of), sort=False):
        weights = part["smoothed"].fillna(0)
        mean = float((weights * part["value"]).sum() / weights.sum()) if weights.sum() else np.nan
        deviation = (
            float(np.sqrt((weights * (part["value"] - mean) ** 2).sum() / weights.sum())) if mean == mean else mean
        )
        told.append(f"{group} {mean:.2f} with deviation {deviation:.2f}")
    return f"Values of the last uncentered P-vectors (the constant vector's are 1): {in_words(told)}"


def draw_every(frame: pd.DataFrame) -> Figure:
    """A row a recipe: the map of densities over epochs, and the first and last distribution; by centring."""
    found = dict(iter(frame.groupby(["recipe", "centering"], sort=False)))
    recipes = [name for name in RECIPES if (name, "centered") in found]
    figure, panels = empty_grid(len(recipes), 2 * len(CENTERING), PANEL)
    for axes, (centering, kind) in zip(panels[0], _columns(), strict=True):
        title(axes, f"{centering}, {kind}")
    for recipe, row in zip(recipes, panels, strict=True):
        row[0].set_ylabel(f"{recipe}\nepoch", fontsize=8)
        for axes, (centering, kind) in zip(row, _columns(), strict=True):
            axes.tick_params(labelsize=8)
            part = found[recipe, centering]
            if kind == "map":
                _map(axes, part)
            else:
                _ends(axes, part, found[RANDOM, centering])
            constant = 1 if centering == "uncentered" else 0
            axes.axvline(constant, color="0.6", linestyle="--", linewidth=1, label=CONSTANT)
    for axes in panels[-1]:
        axes.set_xlabel("value times sqrt(n)", fontsize=8)
    finish_figure(figure, Room(left=0.28, above=0.06, outer_left=0.26, outer_above=0.2))
    return figure


def _columns() -> Iterator[tuple[str, str]]:
    for centering in CENTERING:
        yield from ((centering, "map"), (centering, "first and last"))


def _map(axes: Axes, part: pd.DataFrame) -> None:
    epochs = np.sort(part["epoch"].unique())
    rows = part.sort_values("epoch", kind="stable")["smoothed"].to_numpy().reshape(len(epochs), len(CENTRES))
    extent = (EDGES[0], EDGES[-1], -0.5, len(epochs) - 0.5)
    axes.imshow(rows, cmap="magma", aspect="auto", origin="lower", extent=extent, interpolation="none")
    shown = range(0, len(epochs), max(1, len(epochs) // 4))
    axes.set_yticks(shown, [f"{epochs[row]:.0f}" for row in shown])


def _ends(axes: Axes, part: pd.DataFrame, random: pd.DataFrame) -> None:
    ends = {"untrained": (part["epoch"].min(), "C0"), "last epoch": (part["epoch"].max(), "C3")}
    for name, (epoch, colour) in ends.items():
        one = part[part["epoch"] == epoch]
        axes.plot(one["value"], one["smoothed"], color=colour, label=name, linewidth=1.3)
        axes.stairs(one["raw"], EDGES, color=colour, alpha=0.25, fill=True)
    axes.plot(random["value"], random["smoothed"], color="0.4", linestyle=":", label=RANDOM)
    tallest = max(part["smoothed"].max(), random["smoothed"].max())
    axes.set_ylim(0, 1.15 * tallest if np.isfinite(tallest) else 1)


STUDY = Study(
    "value_distribution",
    "Values of P-vectors over epochs, train (Fig. 4, 15, 17/18)",
    compute,
    draw,
    headline,
    draw_every,
)
