"""Kinds of models and data of other packages: rows of `tests/outside/kinds.json`, and their check against a truth."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from reference_angle import reference

from complexity import InputError, InputWarning, complexity

ROWS = 12
LABELS = np.arange(ROWS) % 3
TOKENS = np.random.default_rng(0).integers(3, 50, (ROWS, 6))
MASK = np.where((np.arange(ROWS)[:, None] % 2 == 1) & (np.arange(6) > 3), 0, 1)  # every second sample is shorter
ENCODED = {"input_ids": TOKENS, "attention_mask": MASK}
FILE = Path(__file__).parents[1] / "outside" / "kinds.json"


@dataclass(frozen=True)
class Case:
    """A network, inputs, and the layer whose input is the truth.

    Attributes
    ----------
    make : gives the network.
    inputs : an array, or a dict of arrays.
    layer : its name; None where an error should come.
    settings : of the measure.
    output : the network's output -> the tensor that is meant.
    """

    make: Callable[[], Any]
    inputs: Any
    layer: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    output: Callable[[Any], Any] = lambda found: found


def rows(package: str, part: str) -> dict[str, dict[str, str]]:
    """The rows of a package, "networks" or "data", by their kind."""
    found = [row for row in json.loads(FILE.read_text()) if (row["package"], row["part"]) == (package, part)]
    assert len({row["kind"] for row in found}) == len(found), "a kind has two rows"
    return {row["kind"]: row for row in found}


def check_network(row: Mapping[str, str], case: Case) -> None:
    """A network gives the angles by its definition, with a warning or without, or the error of its row."""
    torch.manual_seed(0)
    network = case.make()
    data = (case.inputs, LABELS)
    if row["comes"] == "error":
        check_error(row, lambda: complexity(network, data, **case.settings))
        return
    features, output = truth(network, case)
    logits = complexity(network, data, layer="logits", **case.settings)
    if row["comes"] == "warning":
        with pytest.warns(InputWarning, match=re.escape(row["words"])):
            found = complexity(network, data, **case.settings)
    else:
        assert row["comes"] == "taken"
        found = complexity(network, data, **case.settings)
    assert found.details["layer_name"] == case.layer
    assert float(found) == pytest.approx(reference(features, side_by_side(case.inputs)), abs=1e-4)
    assert float(logits) == pytest.approx(reference(output, side_by_side(case.inputs)), abs=1e-4)


def check_error(row: Mapping[str, str], compute: Callable[[], Any]) -> None:
    """An error with the words of its row."""
    assert row["comes"] == "error"
    with pytest.raises(InputError) as caught:
        compute()
    assert row["words"] in str(caught.value)


def truth(network: Any, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """What the layer of a case is given, by a hook of its own, and the network's output."""
    given: list[torch.Tensor] = []
    network.eval()

    def note(_: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        given.append((*args, *keywords.values())[0].clone())

    inner = getattr(network, "_orig_mod", network)
    hook = inner.get_submodule(case.layer).register_forward_pre_hook(note, with_kwargs=True)
    try:
        output = case.output(run(inner, case.inputs))
    finally:
        hook.remove()
    return given[-1].float().numpy().reshape(ROWS, -1), output.float().numpy().reshape(ROWS, -1)


def run(network: Any, inputs: Any) -> Any:
    """The output of a network for arrays, without gradients; floats in the network's precision."""
    precision = next(weight.dtype for weight in network.parameters() if weight.is_floating_point())

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array).to(precision) if array.dtype.kind == "f" else torch.tensor(array)

    with torch.no_grad():
        if isinstance(inputs, Mapping):
            return network(**{name: tensor(array) for name, array in inputs.items()})
        return network(tensor(inputs))


def side_by_side(inputs: Any) -> np.ndarray:
    """The inputs as one matrix."""
    parts = inputs.values() if isinstance(inputs, Mapping) else [inputs]
    return np.hstack([np.asarray(part, np.float64).reshape(len(part), -1) for part in parts])
