"""What of the P-vectors' agreement is the mean, and what the classes: by epoch, of each alone and between runs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..runs.run_folder import CENTERING, field_of
from .calibration import undetermined
from .cohort import Cohort, Member
from .parts import PARTS, Classes
from .vectors import p_vector

PART = "train"
ITSELF = "itself"


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch, centring and what it is split against: the three parts of |cos|, which they sum to.

    Against `itself` they are the shares of the P-vector's squared length; else against the well-trained P-vector of
    another run, `other` and `other_seed`. `spectral_gap` is the relative one; `undetermined` says whether either vector
    is no certain one.
    """
    members = cohort.at_least(1)
    classes = Classes.of(members[0].data[f"{PART}/labels"])
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
