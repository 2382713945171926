"""What a ranking is: values, references and facts of each model, and what they amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.measures.registry import Measure

from .consensus import Consensus, consensus, deviations_of

Array = NDArray[np.float64]
NARROW = 0.02  # spectral gap below which a P-vector is called ill-determined


@dataclass(frozen=True)
class Value:
    """What came of a measure for a model: its value, `beside` as of `References`, doubts, seconds."""

    value: float
    beside: Mapping[str, Any]
    details: Mapping[str, Any]
    doubts: Sequence[str]
    seconds: float

    @property
    def spread(self) -> float | None:
        """The standard deviation over samples, by the halves of splits; None where there are none."""
        halves = np.asarray(self.beside.get("halves", ()), np.float64)
        if not halves.size:
            return None
        used = tuple(self.beside["used"])
        return float(np.sqrt(np.mean(deviations_of(halves[:, None, None], [used]) ** 2)))

    def reference(self, name: str) -> float | None:
        """The reference "untrained" or "random"; None where there is none."""
        found = self.beside.get(name)
        return found if isinstance(found, float) else None

    def why_not(self, name: str) -> str:
        """Why there is no such reference, or no "halves"."""
        return str(self.beside.get("why", {}).get(name, ""))


@dataclass(frozen=True)
class Facts:
    """What a model is: see `ranking.values.facts`; None where it could not be found out."""

    parameters: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def training_accuracy(self) -> float | None:
        return self.details.get("training_accuracy")

    @property
    def narrow(self) -> bool:
        """Whether the two largest singular values of the features are so close that a P-vector says little."""
        gap = self.details.get("spectral_gap")
        return gap is not None and gap < NARROW


@dataclass(frozen=True)
class Ranking:
    """Trained models in the order of their expected gaps.

    Attributes
    ----------
    models : all that were given, in that order.
    measures : that were computed.
    values : by model, then by the measure's name; a value that could not be had is not there.
    facts : by model.
    failures : by model, then by measure, or by "" where nothing could be had of it, why.
    ranked : models in the consensus, in the order of its arrays; counted : the measures in it.
    agreed : the consensus; None for fewer than two models or without a measure.
    left_out : measures that were not computed or do not count, and why.
    notes : what to know before the table is read.
    truths, gaps : how consensus and measures stand to the true gaps (`ranking.order.truth.Truth`), and these by model.
    """

    models: Sequence[str]
    measures: Sequence[Measure]
    values: Mapping[str, Mapping[str, Value]]
    facts: Mapping[str, Facts]
    failures: Mapping[str, Mapping[str, str]]
    left_out: Mapping[str, str]
    notes: Sequence[str] = ()
    samples: int = 0
    ranked: Sequence[str] = ()
    counted: Sequence[Measure] = ()
    agreed: Consensus | None = None
    truths: Sequence[Any] = ()
    gaps: Mapping[str, float] = field(default_factory=dict)

    @property
    def best_first(self) -> list[str]:
        """Ranked models by their place, then those that are not ranked."""
        if self.agreed is None:
            return list(self.models)
        order = np.argsort(self.agreed.places, kind="stable")
        ranked = dict.fromkeys(self.ranked[one] for one in order)
        return [*ranked, *(one for one in self.models if one not in ranked)]

    @property
    def seconds(self) -> float:
        return sum(one.seconds for of in self.values.values() for one in of.values())

    def place(self, model: str) -> tuple[float, float, float] | None:
        """Place of a model with its interval; None where it is not ranked."""
        if self.agreed is None or model not in self.ranked:
            return None
        at = list(self.ranked).index(model)
        return tuple(float(one[at]) for one in (self.agreed.places, self.agreed.low, self.agreed.high))  # type: ignore[return-value]


def counted_models(
    models: Sequence[str], measures: Sequence[Measure], values: Mapping[str, Mapping[str, Value]]
) -> tuple[list[str], list[Measure], dict[str, str]]:
    """Which models and measures are in the consensus, and why a measure is not.

    A measure counts where more than half of the models that have any value have one, and where it is not the same for
    all; a model is ranked where it has a value of each measure that counts.
    """
    alive = [one for one in models if values.get(one)]
    counted, why = [], {}
    for measure in measures if alive else ():
        having = [one for one in alive if measure.name in values[one]]
        if 2 * len(having) <= len(alive):
            why[measure.name] = f"has values of {len(having)} of {len(alive)} models"
        elif len(having) > 1 and len({values[one][measure.name].value for one in having}) == 1:
            why[measure.name] = "is the same for all models"
        else:
            counted.append(measure)
    ranked = [one for one in alive if counted and all(measure.name in values[one] for measure in counted)]
    return ranked, counted, why


def agreed_on(
    ranked: Sequence[str], counted: Sequence[Measure], values: Mapping[str, Mapping[str, Value]]
) -> Consensus | None:
    """The consensus of the measures on the models; None for fewer than two models."""
    if len(ranked) < 2 or not counted:
        return None
    table = np.array([[one.orient(values[model][one.name].value) for model in ranked] for one in counted])
    return consensus(table, _deviations(ranked, counted, values))


def _deviations(
    ranked: Sequence[str], counted: Sequence[Measure], values: Mapping[str, Mapping[str, Value]]
) -> Array | None:
    splits = max(
        (len(values[model][one.name].beside.get("halves", ())) for model in ranked for one in counted), default=0
    )
    if not splits:
        return None
    halves = np.full((splits, len(counted), len(ranked), 2), np.nan)
    used: list[tuple[float, float]] = []
    for row, measure in enumerate(counted):
        sign = measure.orient(1.0)
        for column, model in enumerate(ranked):
            pairs = values[model][measure.name].beside.get("halves", ())
            if len(pairs) == splits:
                halves[:, row, column] = sign * np.asarray(pairs)
        used.append(tuple(values[ranked[0]][measure.name].beside.get("used", (0, 0))))
    return deviations_of(halves, used)
