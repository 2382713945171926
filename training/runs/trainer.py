"""A network in training: one epoch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from complexity.errors import InputError

from ..data import ImageTensors
from ..machine.progress import Watcher
from ..machine.randomness import stream_seed
from ..networks import Network, make_encoder
from .first_epoch import FirstEpoch
from .setup import RunSetup

STEPS_BETWEEN_LOOKS = 20  # at the loss, which makes a GPU wait


@dataclass
class Trainer:
    """A network with its optimizer.

    Attributes
    ----------
    forward : the network as a function for training.
    """

    setup: RunSetup
    network: Network
    forward: Callable[[Tensor], Any]
    optimizer: torch.optim.Optimizer
    watcher: Watcher

    def epoch(self, epoch: int) -> dict[str, Any]:
        """Train for one epoch, the first being 1; what its line of metrics.jsonl says of training."""
        clock = self.setup.device.clock
        first = FirstEpoch(self.setup, self.network) if epoch == 1 else None
        began = clock()
        said = self._steps(epoch, first)
        seconds = clock() - began
        recorded = {} if first is None else first.write()
        return {
            "iteration": epoch * self.setup.iterations,
            **said,
            "train_seconds": seconds - sum(recorded.values()),
            **recorded,
        }

    def _steps(self, epoch: int, first: FirstEpoch | None) -> dict[str, Any]:
        """All steps of an epoch; learning rate, loss and accuracy."""
        self.network.train()
        draws = self.setup.generator("augmentation", epoch)
        losses: list[Tensor] = []
        correct: list[Tensor] = []
        batches = self._batches(epoch)
        for step, rows in enumerate(batches):
            done = (epoch - 1) * self.setup.iterations + step
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

    def _batches(self, epoch: int) -> list[Tensor]:
        """The rows of each batch, in the random order of an epoch."""
        rows, size = len(self.setup.train), self.setup.settings.batch_size
        order = torch.randperm(rows, generator=self.setup.generator("order", epoch), device=self.setup.device.torch)
        return [order[start : start + size] for start in range(0, self.setup.iterations * size, size)]

    def _update(self, rows: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """One step of the optimizer; the loss, and how many were classified correctly."""
        train = self.setup.train
        batch = ImageTensors(train.images[rows], train.labels[rows])
        found = self.setup.paradigm.loss(self.forward, batch, self.setup.prepare, draws)
        loss = found.mean
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach(), found.correct

    def _set_learning_rate(self, done: int) -> float:
        settings = self.setup.settings
        rate = settings.optimization.rate(done, settings.epochs * self.setup.iterations)
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


def make_trainer(setup: RunSetup, watcher: Watcher) -> Trainer:
    """Network and optimizer of a run, as they are before the first step."""
    settings = setup.settings
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(setup.seed, "weights"))
        encoder = make_encoder(settings.network, setup.data.shape, settings.network_arguments)
        network = Network(encoder, setup.paradigm.head(encoder, setup.data.classes))
    setup.device.place(network)
    optimizer = settings.optimization.make(network.parameters())
    return Trainer(setup, network, setup.device.forward(network), optimizer, watcher)
