"""The angle of each checkpoint to its own well-trained P-vector, by epoch (Fig. 1c-h, 10)."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING
from .calibration import beside_untrained, compared, summarized, undetermined
from .cohort import Cohort
from .drawing import degrees_axis, line_panels
from .headlines import in_words, whole
from .panels import Curves, by_paradigm
from .study import Study
from .vectors import RANDOM, p_vector, random_degrees, to_constant

PARTS = ("train", "test")
OWN = "to its own last P-vector"


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch, part and centring: degrees to the last P-vector and to the constant vector.

    References have no epoch: the angle between two random matrices.
    """
    rows = []
    for member in cohort.at_least(1):
        for epoch in member.epochs:
            record = member.epoch(epoch)
            for part in PARTS:
                for centering in CENTERING:
                    u = p_vector(record, part, centering)
                    noise = any(undetermined(member, one, part, centering) for one in (record, member.trained))
                    place = {**member.facts, "epoch": epoch, "centering": centering, "undetermined": noise}
                    own = compared(u, p_vector(member.trained, part, centering))
                    rows.append({**place, "quantity": f"{part}: {OWN}", **own})
                    if centering == "uncentered":  # a centred one stands at 90 degrees
                        constant = {"quantity": f"{part}: to the constant vector", "degrees": to_constant(u)}
                        rows.append({**place, **constant})
    frame = beside_untrained(pd.DataFrame(rows), ["recipe", "seed", "centering", "quantity"])
    rows = []
    for part in PARTS:
        for centering in CENTERING:
            angle = random_degrees(cohort.members[0].trained, part, centering)
            place = {"recipe": RANDOM, "centering": centering, "quantity": f"{part}: {OWN}"}
            rows.append({**place, "degrees": angle})
    return pd.concat([frame, pd.DataFrame(rows)])


def by_epoch(frame: pd.DataFrame) -> pd.DataFrame:
    """Means over all runs at each epoch, by quantity and centring, beside chance; see `calibration.summarized`."""
    known = frame[frame["quantity"].str.endswith(OWN)].dropna(subset=["epoch"])
    return summarized(known, ["quantity", "centering", "epoch"])


def draw(frame: pd.DataFrame) -> Figure:
    """Curves by epoch of the training rows, by paradigm and centring."""
    shown = frame[frame["quantity"] == f"train: {OWN}"]
    return by_paradigm(shown, "centering", Curves("epoch"))


def headline(frame: pd.DataFrame) -> str:
    """How far the untrained network and that of half of the epochs stand from the last."""
    known = frame[frame["quantity"] == f"train: {OWN}"].dropna(subset=["epoch"])
    half = known["epoch"] == known.groupby(["recipe", "seed"])["epoch"].transform("max") // 2
    told = []
    for centering in CENTERING:
        chosen = known[known["centering"] == centering]
        start, middle = (chosen.loc[rows, "degrees"].mean() for rows in (chosen["epoch"] == 0, half))
        chance = chosen["chance"].mean()
        told.append(f"{centering} from {whole(start)} over {whole(middle)} half-way (chance {whole(chance)})")
    return f"Degrees to a network's own last P-vector: {in_words(told)}"


def draw_every(frame: pd.DataFrame) -> Figure:
    """Curves by epoch; the untrained network stands at epoch 0."""
    frame = frame.sort_values("quantity", kind="stable", key=lambda names: names.str.contains("constant"))
    return line_panels(frame, x="epoch", row="quantity", column="centering", finish=degrees_axis)


STUDY = Study(
    "own_convergence",
    "Angle of each checkpoint to its own well-trained P-vector (Fig. 1c-h, 10)",
    compute,
    draw,
    headline,
    draw_every,
    by_epoch,
)
