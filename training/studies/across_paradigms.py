"""Checkpoints of one paradigm against well-trained networks of another, 3 x 3, by epoch (Fig. 6, 12/14)."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING
from .calibration import beside_untrained, compared, summarized, undetermined
from .cohort import GROUPS, SHUFFLED, Cohort, Member, Missing
from .drawing import degrees_axis, line_panels
from .headlines import beside_chance, in_words, last_of_each_run
from .palette import groups_in_order
from .panels import Curves, Papers, curve_panels
from .study import Study, flat_columns
from .vectors import RANDOM, p_vector, random_degrees

PART = "train"
NOTE = "lines: mean over the checkpoints of a paradigm; grey: 90% of permuted rows; dashed grey: the papers"


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch and centring, and each other run as the well-trained one.

    Runs on shuffled labels are a group of their own among the checkpoints. References have no epoch: two random
    matrices.
    """
    groups = defaultdict(list)
    for member in cohort.members:
        if not member.shuffled:
            groups[member.group].append(member)
    if len(groups) < 2:
        raise Missing(f"needs finished runs of two groups of paradigms, found {', '.join(groups) or 'none'}")
    rows = []
    for member in cohort.members:
        for epoch in member.epochs:
            record = member.epoch(epoch)
            for centering in CENTERING:
                u, unknown = p_vector(record, PART, centering), undetermined(member, record, PART, centering)
                place = {**member.facts, "checkpoint": member.group, "epoch": epoch, "centering": centering}
                for group, others in groups.items():
                    for other in others:
                        if other is not member:
                            found = compared(u, p_vector(other.trained, PART, centering))
                            trained = {"well_trained": group, "other": other.recipe, "other_seed": other.seed}
                            noise = unknown or undetermined(other, other.trained, PART, centering)
                            rows.append({**place, **trained, **found, "undetermined": noise})
    frame = beside_untrained(pd.DataFrame(rows), ["recipe", "seed", "centering", "other", "other_seed"])
    return pd.concat([frame, pd.DataFrame(_references(cohort.members[0], list(groups)))])


def _references(member: Member, groups: list[str]) -> list[dict[str, object]]:
    return [
        {
            "recipe": f"{RANDOM}, {centering}",
            "checkpoint": checkpoint,
            "well_trained": group,
            "centering": centering,
            "degrees": random_degrees(member.trained, PART, centering),
        }
        for centering in CENTERING
        for checkpoint in groups
        for group in groups
    ]


def ends(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean angle and deviation of untrained and last networks for each pair of groups and centring.

    Chance, effect and p-value are of the last networks; see `calibration.summarized`.
    """
    known = frame.dropna(subset=["epoch"])
    last = known["epoch"] == known.groupby(["recipe", "seed"])["epoch"].transform("max")
    known = known.assign(state=last.map({True: "last", False: "untrained"}))[last | (known["epoch"] == 0)]
    places = ["centering", "checkpoint", "well_trained"]
    found = known.pivot_table(
        index=places, columns="state", values="degrees", aggfunc=["mean", "std", "count"], sort=False
    )
    last_ones = summarized(known[known["state"] == "last"], places).drop(columns=["degrees", "count", "untrained"])
    return flat_columns(found).reset_index().merge(last_ones, on=places, how="left")


def draw(frame: pd.DataFrame) -> Figure:
    """A row of panels for the paradigm of the well-trained networks, a column for centring; lines: checkpoints'."""
    known = frame.dropna(subset=["epoch"])
    order = groups_in_order(known["well_trained"])
    lines = groups_in_order(known["checkpoint"])
    known = known.sort_values("checkpoint", key=lambda names: names.map(lines.index), kind="stable")
    known = known.assign(to="to " + known["well_trained"]).drop(columns="seed")
    curves = Curves("epoch", line="checkpoint", name=str, papers=Papers((10.0,)))
    return curve_panels(known, "to", [f"to {name}" for name in order], "centering", curves, NOTE)


def headline(frame: pd.DataFrame) -> str:
    """The mean angle of last networks within a paradigm, and from one to another, by centring."""
    last = last_of_each_run(frame)
    last = last[last["checkpoint"] != SHUFFLED]
    same = last["checkpoint"] == last["well_trained"]
    told = []
    for centering in CENTERING:
        chosen = last["centering"] == centering
        within, between = (beside_chance(last[chosen & rows]) for rows in (same, ~same))
        told.append(f"{centering} {within} within a paradigm, {between} across")
    return f"Degrees between trained networks: {in_words(told)}"


def draw_every(frame: pd.DataFrame) -> Figure:
    """A row of panels for the checkpoints' paradigm, a column for the well-trained networks'; lines: centring."""
    order = [*dict.fromkeys(GROUPS.values()), SHUFFLED]
    shown = frame.assign(
        checkpoint="checkpoints: " + frame["checkpoint"],
        to="to well-trained: " + frame["well_trained"],
        line=frame["recipe"].where(frame["epoch"].isna(), frame["centering"]),
        rank=frame["checkpoint"].map(order.index) * len(order) + frame["well_trained"].map(order.index),
    ).sort_values("rank", kind="stable")
    return line_panels(shown, x="epoch", row="checkpoint", column="to", line="line", finish=degrees_axis)


STUDY = Study(
    "across_paradigms",
    "Angles across paradigms by epoch, train (Fig. 6, 12/14)",
    compute,
    draw,
    headline,
    draw_every,
    ends,
)
