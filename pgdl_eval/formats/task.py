"""A task of the competition: a folder of trained models and their data."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError, warn

from .architecture import ModelConfig, read_model_config
from .file_names import folder_name
from .layers import Shape
from .portable import Portable
from .reference import IGNORED as IGNORED
from .reference import REFERENCE as REFERENCE
from .tfrecord import read_shards
from .weights import LayerShapes, read_weights

CONFIG, WEIGHTS, INITIAL_WEIGHTS = "config.json", "weights.hdf5", "weights_init.hdf5"
TRAIN, TEST = Path("dataset_1", "train"), Path("dataset_1", "test")

Weights = list[NDArray[np.float32]]
_WEIGHT = re.compile(r"(_\d+)?(:\d+)?$")  # what Keras puts behind a weight's kind


@dataclass(frozen=True)
class StoredModel:
    """A model as its files hold it.

    Attributes
    ----------
    name, folder : model_N, and where it is.
    config : its architecture.
    weights : the arrays of each layer in turn, as `model.get_weights()` gives them.
    initial_weights : the arrays of each layer before training; None where there is no such file.
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
        """model_configs.json: in the folder itself, or under `reference_data` beside `input_data`."""
        inside = self.folder / REFERENCE
        apart = self.folder.parent.parent / "reference_data" / self.name / REFERENCE
        return apart if apart.exists() and not inside.exists() else inside

    def training_samples(self) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Inputs (n, ...) and labels (n,) of the training data; see `read_shards`."""
        return read_shards(self.folder / TRAIN)

    def test_samples(self) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Inputs (n, ...) and labels (n,) of the test data; see `read_shards`."""
        return read_shards(self.folder / TEST)

    def place(self, model: str) -> str:
        """The folder of a model, for messages."""
        return str(self.folder / model)

    def read_model(self, name: str) -> StoredModel:
        """Read the files of a model and hold them against each other.

        Raises
        ------
        InputError
            If a file is missing or damaged, or weights are not finite or not of the shapes that the configuration
            asks for. Only the initial weights may be absent.
        """
        folder = self.folder / name
        try:
            config = read_model_config(folder / CONFIG)
            initial = folder / INITIAL_WEIGHTS
            weights = read_model_weights(folder / WEIGHTS, config)
            initial_weights = read_model_weights(initial, config) if initial.exists() else None
        except InputError as error:
            raise error.at(model=name) from error
        return StoredModel(name, folder, config, weights, initial_weights)

    def portable(self, model: str, identity: Mapping[str, str]) -> Portable:
        """A model as plain data, with what tells its files."""
        folder = self.folder / model
        return Portable(_alone, {"name": self.name}, os.path.abspath(folder), str(folder), identity)


def has_models(input_dir: Path) -> bool:
    """Whether `find_tasks` finds models there, rather than predictions alone or nothing."""
    inside = input_dir / "input_data" if (input_dir / "input_data").is_dir() else input_dir
    return inside.is_dir() and any(_models(folder) for folder in (inside, *inside.iterdir()) if folder.is_dir())


def find_tasks(input_dir: Path) -> list[Task]:
    """The tasks in a folder, or in its folder `input_data`, sorted by name; or the folder itself where it is a task.

    Raises
    ------
    InputError
        If there is none.
    """
    if not input_dir.is_dir():
        raise InputError("no such folder", file=input_dir)
    if (input_dir / "input_data").is_dir():
        input_dir = input_dir / "input_data"
    if _models(input_dir):
        return [_task(input_dir)]
    folders = sorted(path for path in input_dir.iterdir() if path.is_dir() and not _ignored(path))
    tasks = [_task(folder) for folder in folders if _models(folder)]
    if not tasks:
        raise InputError("no task in this folder", file=input_dir, expected="TASK/model_N/config.json")
    for folder in folders:
        if (folder / TRAIN).is_dir() and not _models(folder):
            warn(f"{folder}: samples, but no model_N: not a task")
    return tasks


def read_model_weights(path: Path, config: ModelConfig) -> Weights:
    """The weights of a file, flat, in Keras' order; shapes and names follow from the configuration.

    They are compared before any array is read.
    """
    numbered = zip(config.layers, config.weight_shapes(), strict=True)
    expected = [(f"layer {i}, {layer.kind}", shapes) for i, (layer, shapes) in enumerate(numbered) if shapes]

    def check(layers: Sequence[LayerShapes]) -> None:
        stored = [layer for layer in layers if layer.names]
        if len(stored) != len(expected):
            problem = "another number of layers with weights than in config.json"
            raise InputError(problem, field="layer_names", expected=len(expected), found=len(stored))
        for layer, (place, shapes) in zip(stored, expected, strict=True):
            _check_shapes(layer, place, list(shapes.items()))

    return [array for layer in read_weights(path, check) for array in layer.arrays]


def _check_shapes(layer: LayerShapes, place: str, expected: Sequence[tuple[str, Shape]]) -> None:
    wanted = [name for name, _ in expected]
    if len(layer.names) != len(expected):
        found = ", ".join(layer.names)
        raise InputError(f"other weights ({place})", field=layer.layer, expected=", ".join(wanted), found=found)
    for name, found_shape, (_, shape) in zip(layer.names, layer.shapes, expected, strict=True):
        if found_shape != shape:
            raise InputError(f"weights of another shape ({place})", field=name, expected=shape, found=found_shape)
    kinds = [_WEIGHT.sub("", name.rpartition("/")[2]) for name in layer.names]
    if kinds != wanted and sorted(kinds) == sorted(wanted):
        # Keras takes them as they come; with the same shapes another order would be another network.
        raise InputError(f"weights in another order ({place})", field=layer.layer, expected=wanted, found=kinds)


def _alone(folder: Path, name: str) -> Task:
    """The task of this name with the model in this folder alone."""
    return Task(name, folder.parent, (folder.name,))


def _task(folder: Path) -> Task:
    return Task(folder_name(folder), folder, _models(folder))


def _models(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.glob("model_*") if path.is_dir() and not _ignored(path)))


def _ignored(path: Path) -> bool:
    return any(name in path.name for name in IGNORED)
