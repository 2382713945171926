"""What tables say of an angle beside its degrees: chance, the untrained networks, and whether it is determined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..runs.run_folder import CENTERING, field_of
from .chance import BAND, calibrated, permuted_subspace_degrees
from .cohort import Member, Record
from .determination import error_degrees, is_determined
from .vectors import Vector, degrees, largest_angles

DRAWS = 39  # of permuted subspaces, for which there is no formula


def compared(u: Vector, v: Vector) -> dict[str, float]:
    """The angle between two vectors (n,) and what it would be by chance; see `chance.calibrated`."""
    return calibrated(degrees(u, v), u, v)


def compared_subspaces(u: Vector, v: Vector) -> list[dict[str, float]]:
    """The largest angles between the spans of the first k columns of (n, m), k = 1 to m, and what they are by chance.

    The null is that of `DRAWS` permutations of the rows, always the same, so that p is 1 / (`DRAWS` + 1) at least.
    """
    found = largest_angles(u, v)
    known = int(np.isfinite(found).sum())
    drawn = np.full((DRAWS, len(found)), np.nan)
    if known:
        drawn[:, :known] = permuted_subspace_degrees(u[:, :known], v[:, :known], _orders(len(u)))
    low, chance, high = np.quantile(drawn, (BAND[0], 0.5, BAND[1]), axis=0)
    effect = (chance - found) / chance
    p_value = np.where(np.isfinite(found), (1 + (drawn <= found).sum(axis=0)) / (DRAWS + 1), np.nan)
    columns = {"degrees": found, "chance": chance, "chance_low": low, "chance_high": high, "effect": effect}
    names, values = [*columns, "p_value"], np.stack([*columns.values(), p_value], axis=1)
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]


@lru_cache(maxsize=4)
def _orders(rows: int) -> NDArray[np.integer]:
    """The permutations (`DRAWS`, rows) of the null, always the same."""
    rng = np.random.default_rng(0)
    return np.stack([rng.permutation(rows) for _ in range(DRAWS)])


def beside_untrained(frame: pd.DataFrame, same: Sequence[str], time: str = "epoch") -> pd.DataFrame:
    """A table with what the untrained network of the same architecture has in each row's place.

    Parameters
    ----------
    same : the columns that name a curve.
    time : the column that is 0 before the first step.

    Returns
    -------
    The table with `untrained`, degrees, and `effect_of_training`, how much of the way from there to identity an angle
    is: negative where training led away.
    """
    start = frame[frame[time] == 0].set_index([*same])["degrees"].rename("untrained")
    found = frame.join(start, on=[*same])
    return found.assign(effect_of_training=(found["untrained"] - found["degrees"]) / found["untrained"])


def summarized(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """What the rows of a table say of chance, in groups: means, and of p-values the median and the largest.

    The columns are `degrees` and `count`, `chance`, `effect`, `untrained`, `effect_of_training`, `p_value` (the
    median) and `largest_p_value`.
    """
    groups = frame.dropna(subset=["degrees"]).groupby([*by], sort=False)
    means = groups[["degrees", "chance", "effect", "untrained", "effect_of_training"]].mean()
    p_values = groups["p_value"].agg(["median", "max"]).set_axis(["p_value", "largest_p_value"], axis="columns")
    return means.join(p_values).join(groups.size().rename("count")).reset_index()


def undetermined(member: Member, record: Record, matrix: str, centering: str) -> bool:
    """Whether a recorded P-vector is not determined; see `determination`."""
    center = CENTERING[centering]
    values = field_of(record, matrix, "singular_values", center=center)
    error = field_of(record, matrix, "angle_error", center=center)
    return not is_determined(error_degrees(float(values[0]), float(values[1]), float(error[0]), member.rows(matrix)))
