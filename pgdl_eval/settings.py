"""The settings of the chosen measures: their defaults, changed where the caller says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from complexity.errors import InputError
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure

from .combined import aggregation_settings, check_aggregation
from .variants import Variant


def chosen_settings(measures: Sequence[Measure], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """All settings of each measure by its name; those of a combination hold the ones of its components.

    Parameters
    ----------
    measures : the components of a combination are among them.
    given : NAME, for every measure that has such a setting, or MEASURE.NAME, for this one alone.

    Raises
    ------
    InputError
        For a setting that no measure has, and method and weights of a combination that cannot be.
    """
    defaults = {
        one.name: aggregation_settings(one) if isinstance(one, Combination) else one.settings for one in measures
    }
    known = {name for names in defaults.values() for name in names}
    scoped = {f"{measure}.{name}" for measure, names in defaults.items() for name in names}
    unknown = sorted(set(given) - known - scoped)
    if unknown:
        raise InputError(
            "no chosen measure has this setting", field=unknown[0], expected=f"one of {sorted(known)}", found=unknown[0]
        )
    chosen = {
        measure: {name: given.get(f"{measure}.{name}", given.get(name, default)) for name, default in names.items()}
        for measure, names in defaults.items()
    }
    for one in measures:
        if isinstance(one, Variant):
            chosen[one.name] |= one.fixed
        if isinstance(one, Combination):
            check_aggregation(one, chosen[one.name])
            chosen[one.name]["components"] = {part.name: chosen[part.name] for part in one.components}
    return chosen
