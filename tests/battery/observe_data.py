"""What comes of a kind of data: the samples that are read, and the angle beside that of plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from kinds import data_labels
from kinds.data_parts import Data
from kinds.kind import ROUNDING, Kind
from outcome import outcome

from complexity.samples import Samples, read_samples
from pgdl_eval import compute


class Network(torch.nn.Module):
    """A small network for samples of any shape, one array or several."""

    def __init__(self, inputs: Any) -> None:
        super().__init__()
        torch.manual_seed(0)
        widths = [part[0].size for part in parts(inputs)]
        self.body, self.head = torch.nn.Linear(sum(widths), 8), torch.nn.Linear(8, 3)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        flat = [part.flatten(1).to(self.head.weight.dtype) for part in (*inputs, *named.values())]
        return self.head(torch.tanh(self.body(torch.cat(flat, dim=1))))


def observe_data(kind: Kind) -> dict[str, Any]:
    """What came of it: how it went, with which words; whether samples and labels are right; the angle's error."""
    found: dict[str, Any] = {"errors": {}, "unchanged": True}
    found |= outcome(lambda: read(kind, kind.make()))
    samples = found.pop("value", None)
    if samples is not None:
        truth = kind.make()
        found["unchanged"] = right(samples, truth)
        found["errors"] = {"angle": difference(kind.make(), truth.inputs) / ROUNDING}
    if kind.group == data_labels.kinds.group:  # whatever the labels are, measures that need none do not look at them
        found["errors"] = {"angle": difference(kind.make(), data_labels.INPUTS) / ROUNDING}
    return found


def read(kind: Kind, data: Data) -> Samples:
    samples = read_samples(data.data, batched=data.batched)
    if kind.group == data_labels.kinds.group:
        samples.class_numbers()
    return samples


def right(samples: Samples, truth: Data) -> bool:
    """Whether these are the samples that the data set should give, in the same form; integers as integers."""
    same = type(samples.inputs) is type(truth.inputs) and all(
        np.array_equal(one, other) and one.dtype.kind == other.dtype.kind
        for one, other in zip(parts(samples.inputs), parts(truth.inputs), strict=True)
    )
    if truth.labels is None:
        return same and samples.labels is None
    return same and np.array_equal(samples.class_numbers(), truth.labels)


def difference(data: Data, inputs: Any) -> float:
    """Degrees between the angle of a data set and that of plain arrays."""
    network = Network(inputs)
    given = data.data if data.batched is None else read_samples(data.data, batched=data.batched)
    return abs(compute("angle", network, given) - compute("angle", network, (inputs, None)))


def parts(inputs: Any) -> list[Any]:
    if isinstance(inputs, dict):
        return list(inputs.values())
    return list(inputs) if isinstance(inputs, tuple) else [inputs]
