"""What a network looks like to the measures: its layers as they run, and which one is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .models import adapt
from .models.inputs import LOOKED_AT
from .models.layers import FEATURES
from .samples import read_samples


@dataclass(frozen=True)
class Layer:
    """A layer of a network.

    Attributes
    ----------
    name : as `layer=NAME` takes it; `layer="NAME:output"` is its output.
    kind : its class.
    input_shape, output_shape : of its tensors for a few samples; None where it takes or gives no single tensor.
    runs : how often it runs in a pass.
    default : whether its input is what `layer="features"` takes.
    """

    name: str
    kind: str
    input_shape: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    runs: int
    default: bool


def layers(model: Any, samples: Any, *, batched: bool | None = None, output: str | int | None = None) -> list[Layer]:
    """The layers that run in a network, in order, and which of them the measures take by default.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module`.
    samples : a data set as the measures take it, or an array of inputs (n, ...); the first four samples are used.
    batched : whether the items of the data set are batches, where it does not say so itself.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For a model or samples from which no features can be had at all.

    Examples
    --------
    >>> import numpy as np, torch
    >>> network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    >>> for one in layers(network, np.ones((5, 4), np.float32)):
    ...     print(one.name, one.kind, one.input_shape, one.default)
    0 Linear (4, 4) False
    1 ReLU (4, 8) False
    2 Linear (4, 8) True
    """
    network, inputs = adapt(model, output), read_samples(samples, LOOKED_AT, batched).inputs
    runs = network.layer_runs(inputs)
    try:
        default = network.look(FEATURES, inputs).place.layer
    except InputError:
        default = None
    found: dict[str, Layer] = {}
    for run in runs:
        before = found.get(run.name)
        number = 1 if before is None else before.runs + 1
        shapes = [None if one is None else tuple(one.shape) for one in (run.given, run.returned)]
        found[run.name] = Layer(run.name, run.kind, shapes[0], shapes[1], number, run.name == default)
    return list(found.values())
