"""Combinations a+b of measures, and the stand-in for their rank aggregation where one model comes at a time.

A plug-in sees one model, and no rank among others. So a combination returns a stand-in: each value is turned so that
larger means a larger expected gap, brought to a common scale, weighted and added. The exact aggregation is one of whole
lists, in `pgdl_eval`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..errors import InputError
from ..progress import counted
from .measured import Measured
from .registry import Measure, find
from .settings import unknown_setting

FIRST, LATER = 1.0, 0.05  # weights: "weighted aggregation with a constant weight 0.05" (the paper, on its Table 1)
LOG_SCALE = 25.0  # about the largest log(1 + x) that the unbounded measures of Table 1 reach


@dataclass(frozen=True)
class Combination(Measure):
    """A measure made of others; calling it gives the stand-in, its setting `weights` has one number a component.

    A setting by another name is one of the components, and goes to each that has it.
    """

    components: tuple[Measure, ...]

    def check(self, settings: Mapping[str, Any], *, shared: Sequence[str] = ()) -> None:
        known = {*self.settings, *(name for one in self.components for name in one.settings)}
        for name in settings:
            if name not in known:
                raise unknown_setting(self.name, name, sorted(known), shared)
        super().check({name: value for name, value in settings.items() if name in self.settings})
        for one in self.components:
            one.check(settings_of(one, settings))

    @property
    def dotted_name(self) -> str:
        """The dotted names of the components, joined by "+"."""
        return "+".join(component.dotted_name for component in self.components)


def combination_of(components: Sequence[Measure]) -> Combination:
    """The combination of two measures or more, the first of which has the weight 1 and all others 0.05.

    Raises
    ------
    InputError
        For fewer than two, or one twice.
    """
    names = [component.name for component in components]
    name = "+".join(names)
    if len(set(names)) < max(2, len(names)):
        raise InputError("a combination needs different measures", field=name, expected="two or more", found=names)
    weights = [FIRST] + [LATER] * (len(names) - 1)
    return Combination(
        name=name,
        function=partial(stand_in, tuple(components), weights=weights),
        higher_means="larger gap",
        bounds=_bounds(components, weights),
        needs=frozenset().union(*(component.needs for component in components)),
        packages=tuple(dict.fromkeys(one for component in components for one in component.packages)),
        order_free=all(component.order_free for component in components),
        cost="; ".join(f"{component.name}: {component.cost}" for component in components if component.cost),
        source="Table 1 of the paper; rank aggregation over a list of models, a weighted sum for one model at a time",
        components=tuple(components),
    )


def resolve(name: str) -> Measure:
    """The measure of that name or at `package.module:function`, or the combination of several, joined by "+".

    Raises
    ------
    InputError
        As `find` and `combination_of`.
    """
    parts = [find(part) for part in name.split("+")]
    return parts[0] if len(parts) == 1 else combination_of(parts)


def settings_of(component: Measure, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that a component has."""
    return {name: value for name, value in settings.items() if name in component.settings}


def stand_in(
    components: Sequence[Measure], model: Any, dataset: Any, *, weights: Sequence[float], **settings: Any
) -> Measured:
    """The stand-in of one model; its details hold each component's value and details, and say what it is."""
    parts = counted(components, "measures", len(components))
    values = [component(model, dataset, **settings_of(component, settings)) for component in parts]
    details = {
        "stand_in": "weighted sum for one model; the exact aggregation ranks a whole list",
        "weights": list(weights),
        "components": {
            component.name: {"value": float(value), **value.own_details}
            for component, value in zip(components, values, strict=True)
        },
    }
    return Measured(stand_in_value(components, values, weights), details)


def stand_in_value(components: Sequence[Measure], values: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted sum of the components' values on a common scale.

    Raises
    ------
    InputError
        For another number of weights, or a component without a scale: see `on_common_scale`.
    """
    if len(weights) != len(components):
        raise InputError("bad weights", field="weights", expected=f"{len(components)} numbers", found=weights)
    triples = zip(components, values, weights, strict=True)
    return float(sum(weight * on_common_scale(component, value) for component, value, weight in triples))


def on_common_scale(measure: Measure, value: float) -> float:
    """The value over the length of its declared range, or log(1 + value) / 25 where that is infinite; oriented.

    Raises
    ------
    InputError
        For a measure whose range is infinite and reaches below 0.
    """
    low, high = measure.bounds
    if math.isfinite(high - low):
        return measure.orient(value / (high - low))
    if low < 0:
        raise InputError(
            "no common scale for this measure", field=measure.name, expected="a finite range, or one from 0 on"
        )
    return measure.orient(math.log1p(value) / LOG_SCALE)


def _bounds(components: Sequence[Measure], weights: Sequence[float]) -> tuple[float, float]:
    """The range of the stand-in; infinite where there is none."""
    if any(component.bounds[0] < 0 and not math.isfinite(component.bounds[1]) for component in components):
        return -math.inf, math.inf
    ends = [sorted(on_common_scale(component, end) for end in component.bounds) for component in components]
    low, high = (sum(weight * end[side] for weight, end in zip(weights, ends, strict=True)) for side in (0, 1))
    return low, high
