"""The top k left singular vectors, k = 1 to 6: angles between networks and to the data (Fig. 16/19)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ..runs.run_folder import CENTERING, field_of
from .calibration import compared, compared_subspaces
from .cohort import Cohort, Member, distinct_untrained
from .headlines import in_words, whole
from .palette import BLACK, BLUE, ORANGE, PURPLE
from .panels import Curves, curve_panels
from .study import Study
from .vectors import RANDOM, Vector, random_vectors, shape

PART = "train"
COLOURS = {"two seeds": BLUE, "two recipes": ORANGE, "one on shuffled labels": BLACK, "to the data": PURPLE}
NOTE = "solid: well-trained; dotted: untrained; grey: 90% of permuted rows, over all pairs"
VECTORS, SUBSPACES = "between the k-th vectors", "largest angle between the top-k subspaces"


def compute(cohort: Cohort) -> pd.DataFrame:
    """One row for each pair of networks, k, centring and quantity; `pair` says what kind of pair it is."""
    rows = []
    members = cohort.at_least(2)
    states = {"well-trained": members, "untrained": tuple(distinct_untrained(members))}
    for centering in CENTERING:
        for state, found in states.items():
            for pair, first, second, u, v in _pairs(found, state, centering):
                place = {"centering": centering, "pair": pair, "first": first, "second": second}
                rows += [{**place, **row} for row in _angles(u, v)]
        k = members[0].trained[f"{PART}/{centering}/vectors"].shape[1]
        u, v = random_vectors(*shape(members[0].trained, PART), centering, k)
        place = {"centering": centering, "pair": RANDOM, "first": RANDOM, "second": RANDOM}
        rows += [{**place, **row} for row in _angles(u, v)]
    return pd.DataFrame(rows)


def _pairs(members: tuple[Member, ...], state: str, centering: str) -> Iterator[tuple[str, str, str, Vector, Vector]]:
    """Kind of pair, both names, both bases (n, k)."""
    center = CENTERING[centering]
    records = [member.trained if state == "well-trained" else member.untrained for member in members]
    vectors = [field_of(record, PART, "vectors", center=center) for record in records]
    names = [f"{member.recipe} {member.seed}" for member in members]
    for i, j in combinations(range(len(members)), 2):
        if members[i].shuffled or members[j].shuffled:
            kind = f"{state}, one on shuffled labels"
        elif members[i].recipe == members[j].recipe:
            kind = f"{state}, two seeds"
        else:
            kind = f"{state}, two recipes"
        yield kind, names[i], names[j], vectors[i], vectors[j]
    for member, name, u in zip(members, names, vectors, strict=True):
        if not member.shuffled:
            inputs = field_of(member.data, f"{PART}/raw", "vectors", center=center)
            yield f"{state}, to the data", name, "data", u, inputs


def _angles(u: Vector, v: Vector) -> Iterator[dict[str, object]]:
    """The angles between two bases (n, k), for k = 1, 2, ..."""
    for k, between in enumerate(compared_subspaces(u, v), start=1):
        yield {"k": k, "quantity": VECTORS, **compared(u[:, k - 1], v[:, k - 1])}
        yield {"k": k, "quantity": SUBSPACES, **between}


def means(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean, least and largest degrees by kind of pair, and medians of chance, effect and p-value, a row for each k."""
    grouped = frame.groupby(["quantity", "centering", "pair", "k"], sort=False)
    found = grouped["degrees"].agg(["mean", "min", "max", "count"])
    return found.join(grouped[["chance", "effect", "p_value"]].median().add_prefix("median_")).reset_index()


def draw(frame: pd.DataFrame) -> Figure:
    """Curves over k, a line for each kind of pair, by quantity and centring."""
    shown = frame[frame["pair"] != RANDOM]
    curves = Curves("k", line="pair", look=_look, name=_name)
    return curve_panels(shown, "quantity", [VECTORS, SUBSPACES], "centering", curves, NOTE)


def _look(pair: str) -> dict[str, Any]:
    state, _, kind = pair.partition(", ")
    return {"color": COLOURS[kind], "linestyle": "-" if state == "well-trained" else ":"}


def _name(pair: str) -> str:
    state, _, kind = pair.partition(", ")
    return kind.removeprefix("one on ") if state == "well-trained" else ""


def headline(frame: pd.DataFrame) -> str:
    """Of the largest k: the angle between subspaces of trained networks beside that between their P-vectors."""
    found = frame[frame["pair"].isin(["well-trained, two recipes", "well-trained, two seeds"])]
    k = int(found["k"].max())
    told = []
    for centering in CENTERING:
        chosen = found[found["centering"] == centering]
        vector = chosen[(chosen["k"] == 1) & (chosen["quantity"] == VECTORS)]["degrees"].mean()
        subspace = chosen[(chosen["k"] == k) & (chosen["quantity"] == SUBSPACES)]
        chance = subspace["chance"].mean()
        told.append(
            f"{centering} P-vectors {whole(vector)}, top-{k} subspaces {whole(subspace['degrees'].mean())} at the "
            f"largest (chance {whole(chance)})"
        )
    return f"Degrees between trained networks: {in_words(told)}"


STUDY = Study("top_vectors", "Top k left singular vectors, train (Fig. 16/19)", compute, draw, headline, summary=means)
