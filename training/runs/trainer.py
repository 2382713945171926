"""A network in training: one epoch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from complexity.errors import InputError

from ..data import ImageSet, ImageTensors, standardization, tensors
from ..machine.devices import Device
from ..machine.progress import Watcher
from ..machine.randomness import generator, stream_seed
from ..networks import Network, make_encoder
from ..paradigms import BatchPreparation, make_paradigm
from ..recipes.settings import Settings
from .first_epoch import FirstEpoch
from .recording import Recorder
from .run_folder import RunFolder

DIGITS = ("mnist", "svhn")  # data sets whose images are not mirrored
STEPS_BETWEEN_LOOKS = 20  # at the loss, which makes a GPU wait


@dataclass
class Trainer:
    """A network with its optimizer, its data and what records it.

    Attributes
    ----------
    forward : the network as a function for training.
    """

    network: Network
    forward: Callable[[Tensor], Any]
    optimizer: torch.optim.Optimizer
    recorder: Recorder
    watcher: Watcher

    @property
    def run(self) -> RunFolder:
        return self.recorder.run

    @property
    def settings(self) -> Settings:
        return self.recorder.settings

    @property
    def iterations(self) -> int:
        """Batches in an epoch; a last one of a single image, which has no batch statistics, is left out."""
        whole, rest = divmod(len(self.recorder.train), self.settings.batch_size)
        return whole + (rest > 1)

    def epoch(self, epoch: int) -> dict[str, Any]:
        """Train for one epoch, the first being 1; what its line of metrics.jsonl says of training."""
        device = self.recorder.device
        first = FirstEpoch(self.recorder, self.network, self.iterations) if epoch == 1 else None
        began = device.clock()
        said = self._steps(epoch, first)
        seconds = device.clock() - began
        recorded = {} if first is None else first.write()
        return {
            "iteration": epoch * self.iterations,
            **said,
            "train_seconds": seconds - sum(recorded.values()),
            **recorded,
        }

    def _steps(self, epoch: int, first: FirstEpoch | None) -> dict[str, Any]:
        """All steps of an epoch; learning rate, loss and accuracy."""
        self.network.train()
        draws = self._generator("augmentation", epoch)
        losses: list[Tensor] = []
        correct: list[Tensor] = []
        batches = self._batches(epoch)
        for step, rows in enumerate(batches):
            done = (epoch - 1) * self.iterations + step
            rate = self._set_learning_rate(done)
            loss, right = self._update(rows, draws)
            losses.append(loss)
            correct += [] if right is None else [right]
            if first is not None or (step + 1) % STEPS_BETWEEN_LOOKS == 0 or step + 1 == len(batches):
                self._look(losses[-STEPS_BETWEEN_LOOKS:], done)
            if first is not None:
                first.after(step + 1)
        return {
            "learning_rate": rate,
            "loss": float(torch.stack(losses).mean()),
            "running_accuracy": float(torch.stack(correct).sum()) / sum(map(len, batches)) if correct else None,
        }

    def _generator(self, purpose: str, epoch: int) -> torch.Generator:
        return generator(self.recorder.device.torch, self.recorder.seed, purpose, epoch)

    def _batches(self, epoch: int) -> list[Tensor]:
        """The rows of each batch, in the random order of an epoch."""
        rows = len(self.recorder.train)
        order = torch.randperm(rows, generator=self._generator("order", epoch), device=self.recorder.device.torch)
        size = self.settings.batch_size
        return [order[start : start + size] for start in range(0, self.iterations * size, size)]

    def _update(self, rows: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """One step of the optimizer; the loss, and how many were classified correctly."""
        train = self.recorder.train
        batch = ImageTensors(train.images[rows], train.labels[rows])
        found = self.recorder.paradigm.loss(self.forward, batch, self.recorder.prepare, draws)
        assert found.loss is not None
        self.optimizer.zero_grad()
        found.loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return found.loss.detach(), found.correct

    def _set_learning_rate(self, done: int) -> float:
        rate = self.settings.optimization.rate(done, self.settings.epochs * self.iterations)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def _look(self, losses: list[Tensor], done: int) -> None:
        """Tell the last losses, and stop at one that is not finite."""
        values = torch.stack(losses).tolist()
        bad = [value for value in values if not math.isfinite(value)]
        if bad:
            raise InputError(f"the loss became {bad[0]}")
        self.watcher.step(done + 1, values[-1])


def make_trainer(
    run: RunFolder, settings: Settings, seed: int, data: ImageSet, device: Device, watcher: Watcher
) -> Trainer:
    """Network, optimizer and data of a run, as they are before the first step."""
    paradigm = make_paradigm(settings.paradigm, settings.paradigm_arguments)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "weights"))
        encoder = make_encoder(settings.network, data.shape, settings.network_arguments)
        network = Network(encoder, paradigm.head(encoder, data.classes))
    device.place(network)
    train, test = tensors(data.train, device.torch), tensors(data.test, device.torch)
    if settings.shuffled_labels:
        shuffle = torch.randperm(len(train), generator=generator(torch.device("cpu"), seed, "shuffled labels"))
        train = ImageTensors(train.images, train.labels[shuffle.to(device.torch)])
    prepare = BatchPreparation(standardization(data.train.inputs, device.torch), flip=data.name not in DIGITS)
    recorder = Recorder(run, settings, seed, device, paradigm, data.classes, train, test, prepare)
    optimizer = settings.optimization.make(network.parameters())
    return Trainer(network, device.forward(network), optimizer, recorder, watcher)
