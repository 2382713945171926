"""A task of the competition: a folder of trained models and their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from .model_config import ModelConfig, read_model_config
from .tfrecord import read_shards
from .weights import read_weights

IGNORED = (".DS_Store", "__MACOSX")
CONFIG, WEIGHTS, INITIAL_WEIGHTS = "config.json", "weights.hdf5", "weights_init.hdf5"

Weights = list[NDArray[np.floating]]


@dataclass(frozen=True)
class StoredModel:
    """A model as its files hold it.

    Attributes
    ----------
    name, folder : model_N and where it is.
    config : its architecture.
    weights : the arrays of each layer in turn, as `model.get_weights()` gives them.
    initial_weights : the same before training; None where there is no such file.
    """

    name: str
    folder: Path
    config: ModelConfig
    weights: Weights
    initial_weights: Weights | None


@dataclass(frozen=True)
class Task:
    """A task folder; `models` are in the kit's order, which sorts names as text."""

    name: str
    folder: Path
    models: tuple[str, ...]

    @property
    def reference_file(self) -> Path:
        """model_configs.json: hyper-parameters and accuracies of all models."""
        return self.folder / "model_configs.json"

    def training_samples(self) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Inputs (n, ...) and labels (n,) of the training data."""
        return read_shards(self.folder / "dataset_1" / "train")

    def test_samples(self) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Inputs (n, ...) and labels (n,) of the test data."""
        return read_shards(self.folder / "dataset_1" / "test")

    def read_model(self, name: str) -> StoredModel:
        """Read the files of a model and hold them against each other.

        Raises
        ------
        InputError
            If a file is missing or damaged, weights are not finite or do not have the shapes that the configuration
            asks for.
        """
        folder = self.folder / name
        try:
            config = read_model_config(folder / CONFIG)
            try:
                shapes = config.weight_shapes()
            except InputError as error:
                raise error.at(file=folder / CONFIG) from error
            initial = folder / INITIAL_WEIGHTS
            weights = _matching(folder / WEIGHTS, config, shapes)
            initial_weights = _matching(initial, config, shapes) if initial.exists() else None
        except InputError as error:
            raise error.at(model=name) from error
        return StoredModel(name, folder, config, weights, initial_weights)


def find_tasks(input_dir: Path) -> list[Task]:
    """The tasks in a folder, or in its folder `input_data`, or the folder itself where it is a task.

    Raises
    ------
    InputError
        If there is none.
    """
    if not input_dir.is_dir():
        raise InputError("no such folder", file=input_dir)
    if (input_dir / "input_data").is_dir():
        input_dir = input_dir / "input_data"
    folders = [input_dir, *sorted(path for path in input_dir.iterdir() if path.is_dir() and path.name not in IGNORED)]
    tasks = [Task(folder.resolve().name, folder, models) for folder in folders if (models := _models(folder))]
    if not tasks:
        raise InputError("no task in this folder", file=input_dir, expected="TASK/model_N/config.json or weights.hdf5")
    return tasks


def _models(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.glob("model_*") if path.is_dir() and path.name not in IGNORED))


def _matching(path: Path, config: ModelConfig, shapes: Sequence[Sequence[tuple[int, ...]]]) -> Weights:
    """The weights of a file, held against the shapes that the configuration asks for."""
    stored = [layer for layer in read_weights(path) if layer.arrays]
    expected = [(number, layer) for number, layer in enumerate(shapes) if layer]
    if len(stored) != len(expected):
        raise InputError(
            "another number of layers with weights", file=path, expected=len(expected), found=len(stored)
        )
    for (number, layer_shapes), layer in zip(expected, stored, strict=True):
        found = [array.shape for array in layer.arrays]
        if found != list(layer_shapes):
            place = f"{layer.layer} (layer {number}, {config.layers[number].kind})"
            raise InputError("weights of another shape", file=path, field=place, expected=list(layer_shapes), found=found)
    return [array for layer in stored for array in layer.arrays]
