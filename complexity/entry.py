"""The entry point that the starter kit of the competition calls."""

from __future__ import annotations

from typing import Any

from . import submitted
from .measures.arguments import check_arguments
from .measures.combination import resolve
from .measures.measured import Measured


def complexity(
    model: Any,
    dataset: Any = None,
    *more: Any,
    batched: bool | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Measured:
    """The value of the submitted measure: by default the model-data angle in degrees.

    Parameters
    ----------
    model : a Keras model (Keras 2 or 3) or a `torch.nn.Module`.
    dataset : a `tf.data.Dataset` of unbatched (input, label), a pair of arrays, or any iterable of (input, label).
    batched : whether the items of the data set are batches, where it does not say so itself, such as a list or a
        generator of (inputs, labels).
    progress : True for a line on the standard error stream that says how far it is; False for none; None for one after
        two seconds, and on a terminal alone.
    settings : keyword arguments of the measure; the angle has these:

        max_samples : only the first so many samples are used, by default 100,000; None for all.
        layer : "features", the input of the last dense or convolutional layer and the default; "logits"; or the
            name of a layer, for its input ("NAME:output" for its output): see `layers`.
        output : which of several outputs of the network is meant: its name or position.
        center_features, center_data : subtract column means of features or of inputs first; False by default.

    Returns
    -------
    A float with the attribute `details`: settings, numbers of samples, spectral gaps, residuals, error bounds and
    warnings; `print` shows its unit, `to_dict()` is a row for a DataFrame.

    Raises
    ------
    InputError
        For a model or a data set from which the measure cannot be computed, and for settings that it does not take.

    Examples
    --------
    >>> import numpy as np, torch
    >>> images, labels = np.random.default_rng(0).random((100, 8, 8), np.float32), np.arange(100) % 10
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Threshold(0.5, 0), torch.nn.Linear(64, 10))
    >>> degrees = complexity(network, (images, labels))
    >>> print(f"{degrees:.2f} degrees, {degrees.details['samples']} samples")
    4.16 degrees, 100 samples
    """
    check_arguments("complexity(model, data)", model, dataset, more)
    return resolve(submitted.MEASURE)(model, dataset, batched=batched, progress=progress, **settings)
