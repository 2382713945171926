"""The first epoch by iteration: angles to the well-trained, the data and the constant vector (Fig. 7, 11, 13/15)."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING
from .calibration import beside_untrained, compared
from .cohort import Cohort, Member
from .drawing import degrees_axis, line_panels
from .headlines import in_words, whole
from .panels import Curves, by_paradigm
from .study import Study
from .vectors import RANDOM, Vector, p_vector, random_degrees, to_constant

OWN = "to its own last P-vector"


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, recorded iteration, centring (of both sides) and quantity, all on the subset's rows.

    References have no iteration: the angle between two random matrices.
    """
    rows = []
    for member in cohort.at_least(1):
        record = member.first_epoch
        for centering in CENTERING:
            vectors = p_vector(record, "subset", centering)  # (t, n)
            for iteration, u in zip(record["iterations"], vectors, strict=True):
                place = {**member.facts, "iteration": int(iteration), "centering": centering}
                rows += [{**place, "quantity": name, **found} for name, found in _angles(member, u, centering)]
    frame = beside_untrained(pd.DataFrame(rows), ["recipe", "seed", "centering", "quantity"], "iteration")
    rows = []
    for centering in CENTERING:
        value = random_degrees(cohort.members[0].trained, "subset", centering)
        rows.append({"recipe": RANDOM, "centering": centering, "quantity": OWN, "degrees": value})
    return pd.concat([frame, pd.DataFrame(rows)])


def _angles(member: Member, u: Vector, centering: str) -> Iterator[tuple[str, dict[str, float]]]:
    yield OWN, compared(u, p_vector(member.trained, "subset", centering))
    yield "to the data", compared(u, p_vector(member.data, "subset/raw", centering))
    if centering == "uncentered":  # centred, the first is nearly that of the data, the second 90 degrees
        yield "to the standardized data", compared(u, p_vector(member.data, "subset/standardized", centering))
        yield "to the constant vector", {"degrees": to_constant(u)}


def largest(frame: pd.DataFrame) -> pd.DataFrame:
    """Largest angle within the epoch, which the papers draw as the point of epoch 1, beside the first and the last.

    Chance, effect and p-value are of the last.
    """
    known = frame.dropna(subset=["iteration"]).sort_values("iteration", kind="stable")
    grouped = known.groupby(["recipe", "seed", "centering", "quantity"], sort=False)
    found = grouped["degrees"].agg(untrained="first", largest="max", end="last")
    return pd.concat([found, grouped[["chance", "effect", "p_value"]].last()], axis="columns").reset_index()


def draw(frame: pd.DataFrame) -> Figure:
    """Curves by iteration of the angle to the own last P-vector, by paradigm and centring."""
    return by_paradigm(frame[frame["quantity"] == OWN], "centering", Curves("iteration", symlog_x=True))


def headline(frame: pd.DataFrame) -> str:
    """From where to where the angle to the own last P-vector goes within the epoch, and its largest."""
    found = largest(frame[frame["quantity"] == OWN])
    told = []
    for centering in CENTERING:
        mean = found[found["centering"] == centering][["untrained", "largest", "end"]].mean()
        told.append(f"{centering} from {whole(mean.iloc[0])} to {whole(mean.iloc[2])}, at most {whole(mean.iloc[1])}")
    return f"Degrees to a network's own last P-vector within the first epoch: {in_words(told)}"


def draw_every(frame: pd.DataFrame) -> Figure:
    """Curves by iteration; the untrained network stands at 0."""
    return line_panels(frame, x="iteration", row="quantity", column="centering", finish=_axes)


def _axes(axes: Axes, frame: pd.DataFrame) -> None:
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    degrees_axis(axes, frame)


STUDY = Study(
    "within_first_epoch", "Within the first epoch, by iteration, subset (Fig. 7, 11, 13/15)", compute, draw,
    headline, draw_every, largest,
)  # fmt: skip
