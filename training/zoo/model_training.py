"""One model of a zoo, from its initial weights, or its last checkpoint, to its stop rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from complexity.errors import InputError
from complexity.models.interface import batches
from complexity.models.torch_passes import evaluation_mode
from pgdl_eval.formats.architecture import ModelConfig

from ..data import ImageTensors
from ..data.augmentation import crop_and_flip
from ..machine.checkpoint import resume, save_checkpoint
from ..machine.devices import Device
from ..machine.randomness import generator, stream_seed
from ..paradigms.supervised import classified
from .keras_network import keras_network
from .tasks import ZooTask

CROP = 8  # images are padded by an eighth of their side
EVALUATED_AT_ONCE = 500


@dataclass(frozen=True)
class Evaluated:
    """Means over a set of images in evaluation mode."""

    cross_entropy: float
    accuracy: float


class ModelTraining:
    """A network in training, its optimizer, its own random draws, and how far it is.

    Weight decay is SGD's own, on all parameters: its gradient is the value times the weight.
    On the processor, with as many threads, a training that was stopped and resumed is the same bit for bit. Where its
    last checkpoint is damaged, it goes on from the one before, or from its start, with a warning.

    Parameters
    ----------
    hyperparameters : all of them, those that vary and the constants.
    folder : of its checkpoints.
    flip : whether augmentation mirrors images, which turns a digit into none.

    Attributes
    ----------
    epochs, seconds : of training until now.

    Raises
    ------
    InputError
        If its checkpoint is that of another network.
    """

    def __init__(
        self,
        task: ZooTask,
        config: ModelConfig,
        hyperparameters: Mapping[str, Any],
        seed: int,
        train: ImageTensors,
        device: Device,
        folder: Path,
        *,
        flip: bool = True,
    ) -> None:
        self.task, self.hyperparameters, self.seed = task, hyperparameters, seed
        self.train, self.device, self.folder, self.flip = train, device, folder, flip
        self.network = initial_network(config, seed)
        device.place(self.network)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(),
            hyperparameters["learning_rate"],
            task.momentum,
            weight_decay=hyperparameters["weight_decay"],
        )
        self.epochs, self.seconds = self._resume()

    def begin_epoch(self) -> Tensor:
        """Set the epoch's learning rate and draws; the order of the images."""
        self.epochs += 1
        rate = self.task.learning_rate(self.hyperparameters["learning_rate"], self.epochs)
        self.optimizer.param_groups[0]["lr"] = rate
        self.draws = generator(self.device.torch, self.seed, "order and augmentation", self.epochs)
        return torch.randperm(len(self.train), generator=self.draws, device=self.device.torch)

    @property
    def dropout_seed(self) -> int:
        """The seed of this epoch's dropout."""
        return stream_seed(self.seed, "dropout", self.epochs)

    def images(self, rows: Tensor) -> Tensor:
        """Training images, augmented where the task says so."""
        images = self.train.images[rows]
        if self.task.augmented:
            images = crop_and_flip(images, self.draws, flip=self.flip, padding=images.shape[-1] // CROP)
        return images

    def end_epoch(self, loss: float) -> Evaluated | InputError | None:
        """The training set in evaluation mode, once the stop rule holds or the epochs are over.

        Parameters
        ----------
        loss : of the epoch; an error is returned if it is not finite.
        """
        if not math.isfinite(loss):
            return InputError(f"the loss became {loss} in epoch {self.epochs}")
        return self._reached() or self.at_the_end()

    def at_the_end(self) -> Evaluated | None:
        """The training set in evaluation mode, if the epochs are over."""
        return evaluate(self.network, self.train) if self.epochs >= self.task.stop.max_epochs else None

    def _reached(self) -> Evaluated | None:
        """The whole training set, if it is at the target; it is not looked at before its first tenth is."""
        for rows in (len(self.train) // 10, len(self.train)):
            found = evaluate(self.network, self.train.first(rows))
            if not self.task.stop.reached(found.cross_entropy, found.accuracy):
                return None
        return found

    def save(self) -> None:
        """Write a checkpoint."""
        progress = {"seconds": self.seconds}
        save_checkpoint(self.folder / "checkpoints", self.epochs, self.network, self.optimizer, progress)

    def _resume(self) -> tuple[int, float]:
        """Bring all to the last checkpoint; epochs done and the seconds they took."""
        epochs, progress = resume(self.folder / "checkpoints", self.network, self.optimizer) or (0, {})
        return epochs, float(progress.get("seconds", 0.0))


def initial_network(config: ModelConfig, seed: int) -> nn.Sequential:
    """A model's network before training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "weights"))
        return keras_network(config)


@torch.no_grad()
def evaluate(network: nn.Module, data: ImageTensors) -> Evaluated:
    """Cross-entropy and accuracy of images in evaluation mode."""
    with evaluation_mode(network):
        logits = torch.cat([network(data.images[rows]) for rows in batches(len(data), EVALUATED_AT_ONCE)])
    found = classified(logits, data.labels)
    assert found.correct is not None
    return Evaluated(float(found.mean), int(found.correct) / len(data))
