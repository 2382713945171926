"""P-vectors of each residual block of ResNet-18: angles to features, data and constant vector (Fig. 14/16)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING
from .calibration import beside_untrained, compared
from .cohort import Cohort, Member, Missing, Record
from .drawing import degrees_axis, line_panels
from .headlines import in_words, last_of_each_run, numbers
from .panels import Curves, curve_panels
from .study import Study
from .vectors import RANDOM, Vector, p_vector, random_degrees, to_constant

FEATURES, DATA = "to the features of that epoch", "to the data"
MAIN = (FEATURES, DATA)
NOTE = "from dark to light: from the first block to the last; grey: 90% of permuted rows"


def blocks(record: Record) -> list[str]:
    """The names of the recorded blocks, in the order of the network."""
    found = {name.split("/")[0] for name in record if name.startswith("block_")}
    return sorted(found, key=lambda name: int(name.removeprefix("block_")))


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch, block, centring (of both sides) and quantity, all on the subset's rows.

    References have no epoch: two random matrices as wide as the features.
    """
    recorded = [member for member in cohort.members if blocks(member.untrained)]
    if not recorded:
        raise Missing("needs a finished run that records its residual blocks, such as resnet18")
    rows: list[dict[str, object]] = []
    for member in recorded:
        for epoch in member.epochs:
            record = member.epoch(epoch)
            for block in blocks(record):
                for centering in CENTERING:
                    place = {**member.facts, "epoch": epoch, "block": block, "centering": centering}
                    found = _angles(member, record, p_vector(record, block, centering), centering)
                    rows += [{**place, "quantity": name, **measured} for name, measured in found]
    frame = beside_untrained(pd.DataFrame(rows), ["recipe", "seed", "block", "centering", "quantity"])
    rows = []
    for recipe in dict.fromkeys(member.recipe for member in recorded):
        for centering in CENTERING:
            value = random_degrees(recorded[0].trained, "subset", centering)
            place = {"recipe": recipe, "block": RANDOM, "centering": centering}
            rows.append({**place, "quantity": FEATURES, "degrees": value})
    return pd.concat([frame, pd.DataFrame(rows)])


def _angles(member: Member, record: Record, u: Vector, centering: str) -> Iterator[tuple[str, dict[str, float]]]:
    yield FEATURES, compared(u, p_vector(record, "subset", centering))
    yield "to the well-trained features", compared(u, p_vector(member.trained, "subset", centering))
    yield DATA, compared(u, p_vector(member.data, "subset/raw", centering))
    if centering == "uncentered":  # a centred one stands at 90 degrees
        yield "to the constant vector", {"degrees": to_constant(u)}


def draw(frame: pd.DataFrame) -> Figure:
    """Curves by epoch of the first network, a line for each block: to its features and to the data."""
    shown = frame[frame["quantity"].isin(MAIN) & (frame["recipe"] == frame["recipe"].iloc[0])].dropna(subset=["epoch"])
    names = list(shown["block"].unique())

    def look(block: str) -> dict[str, Any]:
        return {"color": colormaps["cividis"](0.85 * names.index(block) / max(1, len(names) - 1))}

    curves = Curves("epoch", line="block", look=look, name=lambda name: name.replace("_", " "))
    return curve_panels(shown, "quantity", list(MAIN), "centering", curves, NOTE)


def headline(frame: pd.DataFrame) -> str:
    """How far the first and the last block stand from features and data at the end, centred."""
    last = last_of_each_run(frame[(frame["centering"] == "centered") & (frame["recipe"] == frame["recipe"].iloc[0])])
    ends = {"first block": last["block"].iloc[0], "last block": last["block"].iloc[-1]}
    told = []
    for quantity in MAIN:
        found = last[last["quantity"] == quantity]
        told.append(f"{quantity}: {numbers({name: _mean(found, block) for name, block in ends.items()})}")
    return f"{frame['recipe'].iloc[0]}, centered, degrees at the end {in_words(told)}"


def _mean(frame: pd.DataFrame, block: str) -> float:
    return float(frame.loc[frame["block"] == block, "degrees"].mean())


def draw_every(frame: pd.DataFrame) -> Figure:
    """Curves by epoch, a line for each block."""
    shown = frame.assign(network=frame["recipe"] + ", " + frame["centering"])
    return line_panels(shown, x="epoch", row="quantity", column="network", line="block", finish=degrees_axis)


STUDY = Study("layers", "Residual blocks of ResNet-18 by epoch (Fig. 14/16)", compute, draw, headline, draw_every)
