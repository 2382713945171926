"""The entry point that the starter kit of the competition calls."""

from __future__ import annotations

from typing import Any

from . import submitted
from .measures.combination import resolve


def complexity(model: Any, dataset: Any, **settings: Any) -> float:
    """The value of the submitted measure: by default the model-data angle in degrees.

    Parameters
    ----------
    model : a Keras model (Keras 2 or 3) or a `torch.nn.Module`.
    dataset : a `tf.data.Dataset` of unbatched (input, label), a pair of arrays, or any iterable of (input, label).
    settings : keyword arguments of the measure; for the angle `max_samples`, `center_features`, `center_data`.

    Raises
    ------
    InputError
        For a model or a data set from which the measure cannot be computed.
    """
    return resolve(submitted.MEASURE)(model, dataset, **settings)
