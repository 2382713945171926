"""What of the P-vectors' agreement is the mean, and what the classes: by epoch, of each alone and between runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING, field_of
from .calibration import undetermined
from .cohort import Cohort, Member
from .headlines import group_means, in_words, last_of_each_run, numbers
from .palette import BLUE, SKY, groups_in_order
from .panels import finish, grid_of_panels, name_ends
from .parts import PARTS, Classes
from .study import Study
from .vectors import p_vector

PART = "train"
ITSELF = "itself"
FILLS = (SKY, BLUE, "0.85")


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch, centring and what it is split against: the three parts of |cos|, which they sum to.

    Against `itself` they are the shares of the P-vector's squared length; else against the well-trained P-vector of
    another run, `other` and `other_seed`. `spectral_gap` is the relative one; `undetermined` says whether either vector
    is no certain one.
    """
    members = cohort.at_least(1)
    classes = Classes.of(cohort.labels(PART))
    rows = []
    for member in members:
        for epoch in member.epochs:
            for centering in CENTERING:
                place = {**member.facts, "group": member.group, "epoch": epoch, "centering": centering}
                rows += [{**place, **row} for row in _splits(member, epoch, centering, members, classes)]
    return pd.DataFrame(rows)


def _splits(
    member: Member, epoch: int, centering: str, members: tuple[Member, ...], classes: Classes
) -> list[dict[str, object]]:
    record = member.epoch(epoch)
    u, unknown = p_vector(record, PART, centering), undetermined(member, record, PART, centering)
    gap = float(field_of(record, PART, "spectral_gap", center=CENTERING[centering])[0])
    own = {"against": ITSELF, "spectral_gap": gap, "undetermined": unknown, **classes.split(u, u)}
    rows: list[dict[str, object]] = [own]
    for other in members:
        if other is not member and not other.shuffled:
            noise = unknown or undetermined(other, other.trained, PART, centering)
            parts = classes.split(u, p_vector(other.trained, PART, centering))
            names = {"against": other.group, "other": other.recipe, "other_seed": other.seed}
            rows.append({**names, "spectral_gap": gap, "undetermined": noise, **parts})
    return rows


def ends(frame: pd.DataFrame) -> pd.DataFrame:
    """Means of the parts by recipe, centring and what they are split against, untrained and at the last epoch."""
    last = frame["epoch"] == frame.groupby(["recipe", "seed"])["epoch"].transform("max")
    chosen = frame.assign(state=np.where(last, "last", "untrained"))[last | (frame["epoch"] == 0)]
    by = ["centering", "recipe", "against", "state"]
    return chosen.groupby(by, sort=False)[[*PARTS, "spectral_gap", "undetermined"]].mean().reset_index()


def draw(frame: pd.DataFrame) -> Figure:
    """The shares of the P-vectors themselves, one above the other, by epoch: means over the runs of a paradigm."""
    own = frame[frame["against"] == ITSELF]
    groups = groups_in_order(own["group"])
    figure, panels = grid_of_panels(groups, list(CENTERING))
    for group, row in zip(groups, panels, strict=True):
        for axes, centering in zip(row, CENTERING, strict=True):
            _stacked(axes, own[(own["group"] == group) & (own["centering"] == centering)])
    note = "means over the runs of a paradigm; x: the P-vector of some run is not determined"
    finish(figure, panels, "epoch", "share of the P-vector", note, names=0.6)
    return figure


def _stacked(axes: Axes, part: pd.DataFrame) -> None:
    means = part.groupby("epoch")[[*PARTS]].mean()
    axes.set_ylim(0, 1)
    axes.stackplot(means.index, means.to_numpy(float).T, colors=FILLS, linewidth=0)
    edges = np.concatenate([[0.0], np.cumsum(means.iloc[-1].to_numpy(float))])
    places, named = (edges[1:] + edges[:-1]) / 2, np.diff(edges) > 0.02
    name_ends(
        axes, [(means.index[-1], y, name, "0.1") for y, name, shown in zip(places, PARTS, named, strict=True) if shown]
    )
    noise = part.groupby("epoch")["undetermined"].any()
    marked = noise[noise].index
    axes.plot(marked, np.full(len(marked), 0.95), linestyle="none", marker="x", markersize=4, color="black")
    axes.margins(x=0)


def headline(frame: pd.DataFrame) -> str:
    """What of the last P-vectors is the mean, uncentred, and what the classes, centred, by paradigm."""
    last = last_of_each_run(frame[frame["against"] == ITSELF])
    mean, classes = (
        numbers(group_means(last[last["centering"] == centering], part), 100, "%")
        for centering, part in (("uncentered", "mean"), ("centered", "classes"))
    )
    return in_words(
        [f"Of the trained networks' P-vectors the mean is, uncentered: {mean}", f"the classes, centered: {classes}"]
    )


STUDY = Study(
    "agreement_parts",
    "Mean, classes and the rest of the P-vectors by epoch, train",
    compute,
    draw,
    headline,
    summary=ends,
)
