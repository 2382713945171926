"""Values at a network's layers, and which layers have some, for the measures of features."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from ..errors import InputError
from ..models import TrainedModel, counted_batches, features
from ..models.inputs import LOOKED_AT, Inputs, first_rows, rows_of, take
from ..models.tensors import Array


def values_at(network: TrainedModel, layer: str, inputs: Inputs) -> Array:
    """The values at a layer, one row a sample, batch by batch: (n, d).

    Raises
    ------
    InputError
        For values that are not finite.
    """
    compute = features.layer_output(network, layer)
    parts = [compute(take(inputs, rows)) for rows in counted_batches(rows_of(inputs), features.batch_size(inputs))]
    values = np.concatenate(parts)
    if not np.isfinite(values).all():
        raise InputError("an entry is NaN or infinite", model=network.name, field=layer)
    return values


def with_rows(network: TrainedModel, layers: Sequence[str], inputs: Inputs) -> list[str]:
    """Those of the layers whose input has a row a sample, which is tried with a few samples.

    Raises
    ------
    InputError
        If there are none.
    """
    found = []
    for layer in layers:
        with suppress(InputError):
            network.values_at(layer, first_rows(inputs, LOOKED_AT))
            found.append(layer)
    if not found:
        problem = "none of the last layers is given rows that are samples"
        raise InputError(problem, model=network.name, field="layers", found=", ".join(layers))
    return found


def leaf_layers(network: TrainedModel, inputs: Inputs) -> list[str]:
    """The names of the layers that hold no others, in the order in which they first run."""
    names = list(dict.fromkeys(run.name for run in network.layer_runs(inputs)))
    return [name for name in names if not any(other.startswith((f"{name}.", f"{name}/")) for other in names)]
