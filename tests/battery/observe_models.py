"""What comes of a kind of model: the angle beside its truth, and every measure."""

from __future__ import annotations

import contextlib
import math
import warnings
from typing import Any

import numpy as np
from kinds.kind import REFUSED, Built
from outcome import outcome
from reference_angle import reference

from complexity import InputWarning
from complexity.models import adapt
from pgdl_eval import compute
from pgdl_eval.measures import all_measures

FEWER = {"sharpness": {"steps": 2, "halvings": 4}}  # so that the battery takes seconds
VALUE = "a value"


def observe_model(built: Built) -> dict[str, Any]:
    """What came of a kind: how it went, with which words, and by how many degrees it misses the truth."""
    before = copies(built.inputs)
    labels = labels_of(built)
    found: dict[str, Any] = {"errors": {}, "measures": {}, "unchanged": True}
    found |= outcome(lambda: compute("angle", built.model, (built.inputs, labels), **built.settings))
    value = found.pop("value", None)
    if value is not None:
        found["layer"] = value.details.get("layer_name", "")
        found["errors"] = errors(built, float(value))
        weights = adapt(built.model).weights()
        found["measures"] = measures(built, labels)
        found["unchanged"] = same(weights, adapt(built.model).weights())
    found["unchanged"] &= same(before, parts(built.inputs))
    return found


def errors(built: Built, value: float) -> dict[str, float]:
    """Degrees by which the angles of features and logits miss those of the truth."""
    inputs, found = matrix(built.inputs), {}
    if built.features is not None:
        found["features"] = abs(value - reference(built.features, inputs)) / built.rounding
    if built.logits is not None:
        settings = {name: setting for name, setting in built.settings.items() if name != "layer"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputWarning)
            logits = compute("angle", built.model, (built.inputs, None), **settings, layer="logits")
        found["logits"] = abs(logits - reference(built.logits, inputs)) / built.rounding
    return found


def measures(built: Built, labels: Any) -> dict[str, str]:
    """For each measure: "a value", or the words by which it was refused."""
    with contextlib.suppress(AttributeError):  # a graph carries none
        built.model.initial_weights = [array / 2 for array in adapt(built.model).weights()]
    return {name: measured(name, built, labels) for name in all_measures()}


def measured(name: str, built: Built, labels: Any) -> str:
    measure = all_measures()[name]
    taken = {key for one in (measure, *getattr(measure, "components", ())) for key in one.settings}
    settings = FEWER.get(name, {}) | {key: value for key, value in built.settings.items() if key in taken}
    came = outcome(lambda: compute(name, built.model, (built.inputs, labels), **settings))
    if "value" not in came:
        return came["problem"] if came["comes"] == REFUSED else f"{came['comes']}: {came['words']}"
    return VALUE if math.isfinite(came["value"]) else f"not finite: {came['value']}"


def labels_of(built: Built) -> Any:
    """The classes that the model gives, where there are several; else numbers that repeat."""
    rows = len(matrix(built.inputs))
    if built.logits is not None:
        logits = np.asarray(built.logits).reshape(rows, -1)
        classes = (logits - logits.mean(axis=0)).argmax(axis=1)
        if len(set(classes)) > 1:
            return classes
    return np.arange(rows) % 3


def parts(inputs: Any) -> list[Any]:
    if isinstance(inputs, dict):
        return list(inputs.values())
    return list(inputs) if isinstance(inputs, tuple) else [inputs]


def matrix(inputs: Any) -> Any:
    return np.hstack([part.reshape(len(part), -1) for part in parts(inputs)])


def copies(inputs: Any) -> list[Any]:
    return [part.copy() for part in parts(inputs)]


def same(before: list[Any], after: list[Any]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
