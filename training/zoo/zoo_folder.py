"""The folder that a zoo leaves behind: a task of the competition, and beside it what is said of each model's training.

OUT/model_N/{config.json, weights.hdf5, weights_init.hdf5}    as the competition has them; whole or not there
OUT/model_N/training.json    hyper-parameters, seconds, epochs, cross-entropy, accuracies, whether at the target
OUT/dataset_1/{train,test}/  images and labels
OUT/model_configs.json       of the finished models, once none is under way
OUT/zoo.json                 what was made: task, scale, grid, seed, data, code, device, versions
OUT/zoo_status.json          every model's training.json, and why the failed ones failed
OUT/unfinished/model_N/      checkpoints of a model under way
OUT/unfinished/lock          held by the command that is at work
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pgdl_eval.formats.architecture import ModelConfig
from pgdl_eval.formats.atomic import place_folder, write_json
from pgdl_eval.formats.folder_lock import locked
from pgdl_eval.formats.json_files import read_json
from pgdl_eval.formats.reference import write_reference
from pgdl_eval.formats.task import REFERENCE, TEST, TRAIN
from pgdl_eval.formats.task_writer import write_model, write_samples

from ..machine.folder import claim
from .images import ZooImages

FORMAT, VERSION = "model zoo", 1
# What makes two zoos the same; the rest tells where it was made.
IDENTITY = ("format", "version", "task", "scale", "seed", "settings", "data")
TRAINING_SHARDS, TEST_SHARDS = 4, 2


@dataclass(frozen=True)
class TrainedModel:
    """What training.json says of a finished model.

    Attributes
    ----------
    hyperparameters : those that vary and the constants.
    seconds, epochs : of its training, over all sessions.
    cross_entropy, train_accuracy, test_accuracy : in evaluation mode, of the final weights.
    target_reached : whether the stop rule held, or the last epoch ended it.
    environment : code, device and versions of the session that finished it.
    """

    hyperparameters: Mapping[str, Any]
    seed: int
    seconds: float
    epochs: int
    cross_entropy: float
    train_accuracy: float
    test_accuracy: float
    target_reached: bool
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class ZooFolder:
    """A zoo as it lies on the disk, finished or not."""

    path: Path

    def claim(self, content: Mapping[str, Any]) -> None:
        """Write zoo.json of a new zoo; in the folder of an earlier one, see that it is the same.

        Raises
        ------
        InputError
            Naming the first field that differs.
        """
        file, content = self.path / "zoo.json", {"format": FORMAT, "version": VERSION, **content}
        claim(file, content, IDENTITY, lambda: read_json(file), "another zoo")

    def locked(self) -> AbstractContextManager[None]:
        """Keep other commands out, as `folder_lock.locked` does."""
        return locked(self.path, file=self.path / "unfinished" / "lock")

    def write_images(self, images: ZooImages) -> None:
        """Write the tfrecords, if they are not there."""
        for part, samples, shards in ((TRAIN, images.train, TRAINING_SHARDS), (TEST, images.test, TEST_SHARDS)):
            folder = self.path / part
            if folder.exists():
                continue
            draft = self.path / "unfinished" / part.name
            shutil.rmtree(draft, ignore_errors=True)
            write_samples(draft, samples.inputs, samples.class_numbers(), shards)
            place_folder(draft, folder)

    def unfinished(self, model: str) -> Path:
        """Where the checkpoints of a model lie."""
        return self.path / "unfinished" / model

    def finished(self, model: str) -> bool:
        """Whether the model is trained and written."""
        return (self.path / model).exists()

    def write_model(
        self,
        model: str,
        config: ModelConfig,
        weights: Sequence[NDArray[np.float32]],
        initial_weights: Sequence[NDArray[np.float32]],
        training: TrainedModel,
    ) -> None:
        """Write all files of a finished model, whole or not at all, and remove its checkpoints."""
        draft = self.unfinished(model) / "finished"
        shutil.rmtree(draft, ignore_errors=True)
        write_model(draft, config, weights, initial_weights)
        write_json(draft / "training.json", asdict(training))
        place_folder(draft, self.path / model)
        shutil.rmtree(self.unfinished(model))

    def read_training(self, model: str) -> TrainedModel:
        """What training.json says of a finished model."""
        return TrainedModel(**read_json(self.path / model / "training.json"))

    def write_reference(self, axes: Sequence[str], failures: Mapping[str, str], models: Sequence[str]) -> None:
        """Write model_configs.json of the finished models among these, and zoo_status.json."""
        finished = {model: self.read_training(model) for model in models if self.finished(model)}
        status = {model: asdict(training) for model, training in finished.items()}
        write_json(self.path / "zoo_status.json", {"models": status, "failures": dict(failures)})
        if finished:
            write_reference(
                self.path / REFERENCE,
                list(finished),
                {axis: [training.hyperparameters[axis] for training in finished.values()] for axis in axes},
                [training.train_accuracy for training in finished.values()],
                [training.test_accuracy for training in finished.values()],
            )
        for over in map(self.unfinished, finished) if failures else (self.path / "unfinished",):
            shutil.rmtree(over, ignore_errors=True)
