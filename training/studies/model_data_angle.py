"""Model against data P-vector by epoch (Fig. 8), under every convention that the papers leave open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .calibration import beside_untrained, compared, summarized, undetermined
from .cohort import Cohort, Member, Record
from .drawing import degrees_axis, line_panels
from .headlines import beside_chance, in_words, last_of_each_run
from .panels import Curves, Papers, by_paradigm
from .study import Study
from .vectors import (
    CONSTANT,
    DATA_CONVENTIONS,
    RANDOM,
    Vector,
    degrees,
    p_vector,
    pair_with_data,
    random_to_data,
    to_constant,
)

# As the network saw its inputs, and which layer: see `run_folder`.
MATRICES = {
    "train": "train",
    "test": "test",
    "augmented": "augmented inputs",
    "batch_statistics": "batch statistics",
    "logits": "logits",
}
MAIN = ("neither centered", "both centered")  # conventions
PAPERS = (50.0, 60.0)  # degrees at the end, on CIFAR
# The papers draw epoch 1 as the largest angle within that epoch.
LARGEST = "subset, epoch 1: its largest"


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each run, epoch, matrix and convention of centring: degrees between model and data.

    References have no epoch: the constant vector and a random matrix against the data, and (as `train`, `test`) only
    where they are defined.
    """
    rows = []
    for member in cohort.at_least(1):
        for epoch in member.epochs:
            record = member.epoch(epoch)
            rows += [{**member.facts, "epoch": epoch, **row} for row in _against_data(record, member, epoch)]
    found = beside_untrained(pd.DataFrame(rows), ["recipe", "seed", "matrix", "convention"])
    return pd.concat([found, pd.DataFrame(_references(cohort.members[0]))])


def _against_data(record: Record, member: Member, epoch: int) -> Iterator[dict[str, Any]]:
    for matrix, name in MATRICES.items():
        if f"{matrix}/uncentered/vectors" in record:
            for convention, (features, *_) in DATA_CONVENTIONS.items():
                found = compared(*pair_with_data(record, member.data, matrix, convention))
                noise = undetermined(member, record, matrix, features)
                yield {"matrix": name, "convention": convention, **found, "undetermined": noise}
    for convention in DATA_CONVENTIONS:
        u, data = pair_with_data(record, member.data, "subset", convention)
        if epoch == 1:
            within = _within_first_epoch(member, convention)
            u = max((one for one in (u, *within) if np.isfinite(one).all()), key=lambda one: degrees(one, data))
        yield {"matrix": LARGEST, "convention": convention, **compared(u, data)}


def _within_first_epoch(member: Member, convention: str) -> Vector:
    """The P-vectors (t, n) after each recorded step; the first record is the untrained network."""
    return p_vector(member.first_epoch, "subset", DATA_CONVENTIONS[convention][0])[1:]


def _references(member: Member) -> Iterator[dict[str, Any]]:
    for part in ("train", "test"):
        for convention, (_, inputs, of_data) in DATA_CONVENTIONS.items():
            data = p_vector(member.data, f"{part}/{inputs}", of_data)
            place = {"matrix": MATRICES[part], "convention": convention}
            random = random_to_data(member.trained, member.data, part, convention)
            yield {"recipe": RANDOM, **place, "degrees": random}
            yield {"recipe": CONSTANT, **place, "degrees": to_constant(data)}


def ends(frame: pd.DataFrame) -> pd.DataFrame:
    """Degrees of each recipe untrained, after the first and after the last epoch, means over seeds.

    Chance, effect and p-value are of the last epoch; see `calibration.summarized`.
    """
    known = frame.dropna(subset=["epoch"]).sort_values("epoch", kind="stable")
    runs = known.groupby(["matrix", "convention", "recipe", "seed"], sort=False)["degrees"]
    points = runs.agg(untrained="first", epoch_1=lambda angles: angles.iloc[min(1, len(angles) - 1)], last="last")
    places = ["matrix", "convention", "recipe"]
    means = points.groupby(places, sort=False).mean().reset_index()
    last_ones = summarized(last_of_each_run(frame), places).drop(columns=["degrees", "count", "untrained"])
    return means.merge(last_ones, on=places, how="left")


def draw(frame: pd.DataFrame) -> Figure:
    """Curves by epoch of the training rows, by paradigm, with both sides as they are and with both centred."""
    shown = frame[(frame["matrix"] == "train") & frame["convention"].isin(MAIN)]
    return by_paradigm(shown, "convention", Curves("epoch", papers=Papers(PAPERS)))


def headline(frame: pd.DataFrame) -> str:
    """The last angle beside chance and the untrained one, by convention."""
    last = last_of_each_run(frame[frame["matrix"] == "train"])
    told = []
    for convention in MAIN:
        told.append(f"{convention} {beside_chance(last[last['convention'] == convention])}")
    return f"Degrees from model to data at the end: {in_words(told)}; the papers say 50 to 60"


def draw_every(frame: pd.DataFrame) -> Figure:
    """Curves by epoch; the untrained network stands at epoch 0."""
    return line_panels(frame, x="epoch", row="matrix", column="convention", finish=degrees_axis)


STUDY = Study(
    "model_data_angle", "Angle between model and data P-vector by epoch, train (Fig. 8)", compute, draw, headline,
    draw_every, ends,
)  # fmt: skip
