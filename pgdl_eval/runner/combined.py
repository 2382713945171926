"""Combinations over lists: the exact rank aggregation of the components' values on a task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.combination import stand_in_value

from ..metrics.rank_aggregation import aggregate
from ..sheet import Sheet

Array = NDArray[np.float64]
NAMED = 5  # models that a message names at most


def combine(sheet: Sheet, components: Sequence[Sheet], models: Sequence[str]) -> None:
    """Write the rank of each model: the aggregate of the components' values, larger for a larger expected gap.

    A model for which no component has a value has none here, and is a failure; ranks are those among the others.

    Raises
    ------
    InputError
        If the components have values for different models, or the aggregate cannot be found; no value is left then.
    """
    sheet.values.clear()
    sheet.provenance.aggregation.clear()
    try:
        _aggregate(sheet, components, _models_of_all(components, models))
    except InputError as error:
        sheet.provenance.failures.update(dict.fromkeys(models, str(error)))
        sheet.write()
        raise
    left_out = [model for model in models if model not in sheet.values]
    sheet.provenance.failures.update(dict.fromkeys(left_out, "no component has a value for this model"))
    sheet.write()


def summary(sheet: Sheet) -> str:
    """How the ranks came about, in a line."""
    found, weights = sheet.provenance.aggregation, ", ".join(f"{weight:g}" for weight in sheet.settings["weights"])
    agreement = found["spearman_with_stand_in"]
    return (
        f"{sheet.settings['method']} of {len(sheet.values)} models with weights {weights}, "
        f"{'the only optimum' if found['unique'] else 'one of several optima'}; the plug-in's stand-in agrees "
        f"{'to an unknown degree' if agreement is None else f'to Spearman {agreement:.3f}'}"
    )


def _aggregate(sheet: Sheet, components: Sequence[Sheet], models: Sequence[str]) -> None:
    values = np.array([[component.values[model] for model in models] for component in components], dtype=np.float64)
    signs = np.array([component.measure.orient(1.0) for component in components])
    found = aggregate(signs[:, None] * values, sheet.settings["weights"], sheet.settings["method"])
    sheet.values.update(zip(models, found.ranks.tolist(), strict=True))
    sheet.provenance.seconds = {
        model: sum(component.provenance.seconds.get(model, 0.0) for component in components) for model in models
    }
    sheet.provenance.aggregation = {
        "of": "ranks over the whole list of models, exact; a packaged submission computes a stand-in",
        "distance": found.distance,
        "unique": found.unique,
        "spearman_with_stand_in": _stand_in_agreement(sheet, components, values, found.ranks),
    }


def _stand_in_agreement(sheet: Sheet, components: Sequence[Sheet], values: Array, ranks: Array) -> float | None:
    """Spearman's correlation of the ranks with the plug-in's stand-in; None where either is constant or undefined."""
    from scipy.stats import spearmanr

    measures = [component.measure for component in components]
    try:
        stand_in = [stand_in_value(measures, column, sheet.settings["weights"]) for column in values.T.tolist()]
    except InputError:
        return None
    return float(spearmanr(stand_in, ranks).statistic) if np.ptp(stand_in) > 0 and np.ptp(ranks) > 0 else None


def _models_of_all(components: Sequence[Sheet], models: Sequence[str]) -> list[str]:
    """The models for which every component has a value; the same ones for each, or it is an error."""
    missing = {part.measure.name: [model for model in models if not part.done(model)] for part in components}
    if len({tuple(names) for names in missing.values()}) > 1:
        lacks = [f"{name} has none for {_listed(names)}" for name, names in missing.items() if names]
        raise InputError(f"the components have values for different models: {'; '.join(lacks)}")
    if len(next(iter(missing.values()))) == len(models):
        raise InputError("the components have no values")
    return [model for model in models if all(part.done(model) for part in components)]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
