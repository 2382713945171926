"""A ranking as a table of pandas."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...face import Listing
from ...report.files import plain
from ..models.model_files import family_of
from ..order.result import Ranking
from .verdict import verdict


class RankTable(Listing):
    """A ranking, best first, a row a model; `attrs` holds what is said of the whole: see `pgdl_eval.rank`."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        return f"{self.attrs.get('verdict', '')}\n{super().__repr__()}"


def frame(ranking: Ranking) -> RankTable:
    """The table of a ranking; its columns are those of `pgdl_eval.rank`."""
    rows = [_row(ranking, model) for model in ranking.best_first]
    table = RankTable(rows)
    agreement = ranking.agreed.agreement if ranking.agreed else None
    table.attrs = {
        "verdict": verdict(ranking),
        "notes": list(ranking.notes),
        "kendall_w": agreement.w if agreement else None,
        "kendall_w_p_value": agreement.p_value if agreement else None,
        "method": ranking.agreed.method if ranking.agreed else None,
        "measures": [one.name for one in ranking.counted],
        "left_out": dict(ranking.left_out),
        "failures": {model: dict(of) for model, of in ranking.failures.items()},
        "samples": ranking.samples,
        "truth": plain(list(ranking.truths)),
    }
    return table


def _row(ranking: Ranking, model: str) -> dict[str, Any]:
    place, low, high = ranking.place(model) or (None, None, None)
    facts, details = (
        ranking.facts.get(model),
        ranking.facts[model].details if model in ranking.facts else {},
    )
    family, epoch = family_of(model)
    row: dict[str, Any] = {"model": model, "place": place, "place_low": low, "place_high": high}
    row |= {"family": family, "epoch": epoch} if epoch is not None else {}
    at = list(ranking.ranked).index(model) if model in ranking.ranked else None
    for number, measure in enumerate(ranking.counted):
        row[f"{measure.name} rank"] = None if at is None or ranking.agreed is None else ranking.agreed.ranks[number, at]
    for measure in ranking.measures:
        found = ranking.values.get(model, {}).get(measure.name)
        row[measure.name] = None if found is None else found.value
        row[f"{measure.name} spread"] = None if found is None else found.spread
        row[f"{measure.name} untrained"] = None if found is None else found.reference("untrained")
        row[f"{measure.name} random"] = None if found is None else found.reference("random")
    row |= {name: details.get(name) for name in ("training_accuracy", "layer", "layer_width", "spectral_gap")}
    if ranking.gaps:
        row["gap"] = ranking.gaps.get(model)
    row["parameters"] = facts.parameters if facts else None
    row["warnings"] = "; ".join(dict.fromkeys(_warnings(ranking, model)))
    row["seconds"] = sum(one.seconds for one in ranking.values.get(model, {}).values())
    return row


def _warnings(ranking: Ranking, model: str) -> list[str]:
    failed = [f"{name}: {why}" if name else why for name, why in ranking.failures.get(model, {}).items()]
    return failed + [doubt for one in ranking.values.get(model, {}).values() for doubt in one.doubts]
