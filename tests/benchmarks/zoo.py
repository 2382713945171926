"""A step of training of a zoo's models: one by one, through torch.func, and side by side; on one device in one run.

    python tests/benchmarks/zoo.py [TASK] [--scale small] [--device auto] [--steps 20]

A line for each group of models that `python -m training zoo TASK` trains together on a GPU: milliseconds a step for the
whole group, the median of five runs in turn. The last line is the longest that the grid can take in one process: all
epochs of all models.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn.functional import cross_entropy

from training.machine.devices import Device, find_device
from training.zoo.architectures import ARCHITECTURES
from training.zoo.model_training import initial_network
from training.zoo.side_by_side import Alone, SideBySide
from training.zoo.tasks import ZooTask, zoo_task
from training.zoo.zoo import EACH_ITS_OWN, TOGETHER, Zoo, groups

ROUTES = "one by one", "torch.func", "side by side"
CLASSES, RUNS = 10, 5
Step = Callable[[], None]


class Group:
    """Models that are trained together, on random images."""

    def __init__(self, task: ZooTask, settings: Sequence[dict[str, Any]], device: torch.device) -> None:
        self.task, self.settings, self.device = task, [{**task.constants, **one} for one in settings], device
        self.batch_size = self.settings[0]["batch_size"]
        side = task.image_side or 32
        self.shape = (side, side, 1 if task.data == "fashion_mnist" else 3)
        images = torch.rand(len(settings), self.batch_size, *self.shape, device=device)
        self.images = images.permute(0, 1, 4, 2, 3)
        self.labels = torch.randint(CLASSES, (len(settings), self.batch_size), device=device)

    def networks(self) -> list[nn.Sequential]:
        """The networks at their beginning."""
        configs = [ARCHITECTURES[self.task.architecture](one, self.shape, CLASSES) for one in self.settings]
        found = [initial_network(config, seed) for seed, config in enumerate(configs)]
        return [network.to(self.device).train() for network in found]

    def optimizers(self, networks: Sequence[nn.Sequential]) -> list[torch.optim.SGD]:
        """SGD as the zoo has it."""
        return [
            torch.optim.SGD(network.parameters(), one["learning_rate"], 0.9, weight_decay=one["weight_decay"])
            for network, one in zip(networks, self.settings, strict=True)
        ]

    def one_by_one(self) -> Step:
        """Each model by itself."""
        networks = self.networks()
        optimizers, alone = self.optimizers(networks), [Alone(network) for network in networks]

        def step() -> None:
            for one, optimizer, images, labels in zip(alone, optimizers, self.images, self.labels, strict=True):
                one.backward(cross_entropy(one([images])[0], labels))
                optimizer.step()

        return step

    def side_by_side(self) -> Step:
        """All as one network."""
        networks = self.networks()
        optimizers, together = self.optimizers(networks), SideBySide(networks)
        together.begin_epoch(range(len(networks)))

        def step() -> None:
            logits = together(list(self.images))
            losses = cross_entropy(logits.flatten(0, 1), self.labels.flatten(), reduction="none")
            together.backward(losses.view(self.labels.shape).mean(dim=1).sum())
            for optimizer in optimizers:
                optimizer.step()

        return step

    def torch_func(self) -> Step:
        """The way of PyTorch's documentation; one rate of dropout for all, batch normalization without its averages."""
        networks = self.networks()
        for network in networks:
            for module in network:
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean = module.running_var = module.num_batches_tracked = None
        stacked, buffers = stack_module_state(networks)
        rates, decays = [
            torch.tensor([one[name] for one in self.settings], device=self.device) for name in EACH_ITS_OWN[1:]
        ]

        def loss(parameters: Any, images: Tensor, labels: Tensor) -> Tensor:
            return cross_entropy(functional_call(networks[-1], (parameters, buffers), (images,)), labels)

        gradients = vmap(grad(loss), randomness="different")
        values = {name: tensor.detach() for name, tensor in stacked.items()}
        momenta = [torch.zeros_like(tensor) for tensor in values.values()]

        def step() -> None:
            found = gradients(values, self.images, self.labels)
            for (name, value), momentum in zip(values.items(), momenta, strict=True):
                shape = (-1, *[1] * (value.dim() - 1))
                momentum.mul_(0.9).add_(torch.addcmul(found[name], decays.view(shape), value))
                value.addcmul_(rates.view(shape), momentum, value=-1)

        return step


def milliseconds(routes: Sequence[Step], device: Device, steps: int) -> list[float]:
    """Of one step of each route; the routes are run in turn."""
    times: list[list[float]] = [[] for _ in routes]
    for run in range(RUNS + 1):
        for step, found in zip(routes, times, strict=True):
            began = device.clock()
            for _ in range(steps if run else 3):
                step()
            if run:  # the first warms up
                found.append((device.clock() - began) / steps * 1e3)
    return [median(found) for found in times]


@click.command()
@click.argument("task", default="task1")
@click.option("--scale", default="small", show_default=True)
@click.option("--device", "device_name", default="auto", show_default=True)
@click.option("--steps", default=20, show_default=True, help="Steps a run.")
@click.option("--threads", default=1, show_default=True, help="Of the processor.")
def main(task: str, scale: str, device_name: str, steps: int, threads: int) -> None:
    """Measure and print."""
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False
    device, settings = find_device(device_name), zoo_task(task, scale)
    torch.backends.cudnn.benchmark = device.fast
    zoo = Zoo(task, scale, settings, settings.data, Path(), Path(), together=TOGETHER)
    grid = settings.grid()
    table = Table("models", "shared settings", *ROUTES, "torch.func / side by side", "one by one / side by side")
    rows, totals = settings.train_limit or 50_000, [0.0] * len(ROUTES)
    for numbers in groups(zoo, range(len(grid)), device):
        group = Group(settings, [grid[number] for number in numbers], device.torch)
        found = milliseconds([group.one_by_one(), group.torch_func(), group.side_by_side()], device, steps)
        shared = {name: value for name, value in grid[numbers[0]].items() if name not in EACH_ITS_OWN}
        said = ", ".join(f"{name} {value}" for name, value in shared.items())
        ratios = (f"{one / found[2]:.2f}" for one in (found[1], found[0]))
        table.add_row(str(len(numbers)), said, *(f"{one:.2f}" for one in found), *ratios)
        all_steps = -(-rows // group.batch_size) * settings.stop.max_epochs
        totals = [total + one * all_steps for total, one in zip(totals, found, strict=True)]
    table.add_section()
    ratios = (f"{totals[i] / totals[2]:.2f}" for i in (1, 0))
    table.add_row(str(len(grid)), "all epochs of all, minutes", *(f"{one / 6e4:.1f}" for one in totals), *ratios)
    began = time.strftime("%Y-%m-%d")
    Console(width=160).print(f"{task} {scale}, milliseconds a step, {device.describe()['name']}, {began}", table)


if __name__ == "__main__":
    main()
