"""Writing a task of the competition: models and samples in the layout that `task` reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from complexity.errors import InputError

from .architecture import ModelConfig, write_model_config
from .task import CONFIG, INITIAL_WEIGHTS, WEIGHTS
from .tfrecord import write_shard
from .weights import LayerWeights, write_weights


def write_model(
    folder: Path,
    config: ModelConfig,
    weights: Sequence[NDArray[np.floating]],
    initial_weights: Sequence[NDArray[np.floating]] | None = None,
) -> None:
    """Write config.json, weights.hdf5 and, if given, weights_init.hdf5 of one model.

    Parameters
    ----------
    folder : the model's folder, TASK/model_N; made if it is not there.
    config : the architecture.
    weights, initial_weights : arrays in the order of `model.get_weights()`.

    Raises
    ------
    InputError
        If the weights are not those that the architecture asks for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_model_config(folder / CONFIG, config)
    write_model_weights(folder / WEIGHTS, config, weights)
    if initial_weights is not None:
        write_model_weights(folder / INITIAL_WEIGHTS, config, initial_weights)


def write_model_weights(path: Path, config: ModelConfig, weights: Sequence[NDArray[np.floating]]) -> None:
    """Write arrays in the order of `model.get_weights()` as legacy Keras HDF5."""
    shapes = config.weight_shapes()
    expected = [shape for layer in shapes for shape in layer.values()]
    found = [array.shape for array in weights]
    if found != expected:
        raise InputError("weights of another shape", file=path, expected=expected, found=found)
    arrays = iter(weights)
    layers = []
    for name, layer in zip(layer_names(config), shapes, strict=True):
        names = tuple(f"{name}/{weight}:0" for weight in layer)
        layers.append(LayerWeights(name, names, tuple(np.asarray(next(arrays), np.float32) for _ in names)))
    write_weights(path, layers)


def write_samples(folder: Path, inputs: ArrayLike, labels: ArrayLike, shards: int = 1) -> None:
    """Write samples as shard_0.tfrecord, ..., in their order, in parts as equal as can be.

    Parameters
    ----------
    folder : dataset_1/train or dataset_1/test of a task; made if it is not there.
    inputs : numbers, (n, *shape of one sample).
    labels : integers, (n,).
    shards : the number of files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = zip(np.array_split(np.asarray(inputs), shards), np.array_split(np.asarray(labels), shards), strict=True)
    for number, (part, part_labels) in enumerate(parts):
        write_shard(folder / f"shard_{number}.tfrecord", part, part_labels)


def layer_names(config: ModelConfig) -> list[str]:
    """The layers' names as Keras gives them: their own, or class and number: "dense", "dense_1", ..."""
    counts: Counter[str] = Counter()
    names = []
    for layer in config.layers:
        base = re.sub("(?<=[a-z])(?=[A-Z])", "_", layer.kind).lower()
        names.append(layer.arguments.get("name", f"{base}_{counts[base]}" if counts[base] else base))
        counts[base] += "name" not in layer.arguments
    return names
