"""Cosines between the P-vectors of all well-trained networks (Fig. 1a-b, 5), beside untrained ones and references."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING
from .calibration import compared, summarized
from .cohort import Cohort, Member, distinct_untrained
from .drawing import matrix_panels
from .headlines import beside_chance, in_words
from .layout import HEAD
from .palette import group_of, in_order
from .study import Study
from .vectors import CONSTANT, RANDOM, Vector, degrees, p_vector, random_vectors, shape

STATES = (("well-trained", "train"), ("well-trained", "test"), ("untrained", "train"))
TRAINED = "well-trained, train"
DATA = "data"
REFERENCES = (DATA, CONSTANT, RANDOM)


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row a pair: what it is of (`matrix`), `centering`, `first`, `second`, their seeds, cosine, degrees, null.

    `untrained` is the angle between the same two networks before training; NaN where they start as the same one.
    Two names are equal where a pair is of two seeds of a recipe, or of the two random matrices.
    """
    members = cohort.at_least(2)
    rows = []
    for state, part in STATES:
        for centering in CENTERING:
            vectors = [*_of_runs(members, state, part, centering), *_references(members[0], part, centering)]
            before = dict(_untrained(members, part, centering))
            for (first, seed, u), (second, other, v) in combinations(vectors, 2):
                found = compared(u, v)
                names = {"first": first, "first_seed": seed, "second": second, "second_seed": other}
                start = _apart(before.get((first, seed), u), before.get((second, other), v))
                measured = {"cosine": np.cos(np.radians(found["degrees"])), **found, "untrained": start}
                rows.append({"matrix": f"{state}, {part}", "centering": centering, **names, **measured})
    frame = pd.DataFrame(rows)
    return frame.assign(effect_of_training=(frame["untrained"] - frame["degrees"]) / frame["untrained"])


def _untrained(members: tuple[Member, ...], part: str, centering: str) -> Iterator[tuple[tuple[str, int], Vector]]:
    for member in members:
        yield (member.recipe, member.seed), p_vector(member.untrained, part, centering)


def _apart(u: Vector, v: Vector) -> float:
    """The angle between two untrained networks; NaN where they are the same one."""
    return np.nan if np.array_equal(u, v) else degrees(u, v)


def _of_runs(members: tuple[Member, ...], state: str, part: str, centering: str) -> Iterator[tuple[str, int, Vector]]:
    if state == "untrained":
        members = tuple(distinct_untrained(members))
    for member in members:
        record = member.trained if state == "well-trained" else member.untrained
        yield member.recipe, member.seed, p_vector(record, part, centering)


def _references(member: Member, part: str, centering: str) -> Iterator[tuple[str, int, Vector]]:
    rows, columns = shape(member.trained, part)
    yield DATA, 0, p_vector(member.data, f"{part}/raw", centering)
    yield CONSTANT, 0, np.ones(rows)
    for seed, vectors in enumerate(random_vectors(rows, columns, centering)):
        yield RANDOM, seed, vectors[:, 0]


def by_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """Means over pairs of runs by paradigms, seeds of one recipe apart, beside chance; see `calibration.summarized`."""
    groups = [frame[side].map(lambda name: group_of(name) or name) for side in ("first", "second")]
    pair = [" - ".join(sorted(both)) for both in zip(*groups, strict=True)]
    seeds = (frame["first"] == frame["second"]) & (frame["first"] != RANDOM)
    named = frame.assign(pair=np.where(seeds, "two seeds of " + frame["first"], pair))
    return summarized(named, ["matrix", "centering", "pair"])


def draw(frame: pd.DataFrame) -> Figure:
    """Matrices of the trained networks' cosines on the training rows, by centring."""
    shown = frame[(frame["matrix"] == TRAINED) & (frame["first"] != RANDOM) & (frame["second"] != RANDOM)]
    return matrix_panels(shown, value="cosine", row="centering", column="matrix", names=_names(shown), head=HEAD)


def draw_every(frame: pd.DataFrame) -> Figure:
    """Matrices of cosines, means over seeds; what is missing on the diagonal has one seed."""
    return matrix_panels(frame, value="cosine", row="matrix", column="centering", names=_names(frame))


def _names(frame: pd.DataFrame) -> list[str]:
    found = {*frame["first"], *frame["second"]}
    return [*in_order(found), *(name for name in REFERENCES if name in found)]


def headline(frame: pd.DataFrame) -> str:
    """The mean angle between trained classifiers, by centring."""
    frame = frame[frame["matrix"] == TRAINED]
    groups = frame[["first", "second"]].map(group_of)
    both = frame[(groups == "supervised").all(axis=1)]
    told = [f"{name} {beside_chance(part)}" for name, part in both.groupby("centering", sort=False)]
    return f"Degrees between trained classifiers: {in_words(told) or 'there are no two'}"


STUDY = Study(
    "well_trained_cosines",
    "100 x cosine between P-vectors (Fig. 1a-b, 5); diagonal: between seeds",
    compute,
    draw,
    headline,
    draw_every,
    by_groups,
)
