"""Models that are trained together end as they would alone, whatever becomes of the others."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from zoos import files_of, make_here, tiny_zoo

from complexity.errors import InputWarning
from training.machine.devices import Device
from training.zoo.architectures import ARCHITECTURES
from training.zoo.model_training import initial_network
from training.zoo.side_by_side import SideBySide
from training.zoo.tasks import TASKS, StopRule, zoo_task
from training.zoo.zoo import EACH_ITS_OWN, Zoo, groups, make_models, make_zoo

AXES = {"dropout": (0.0, 0.5), "weight_decay": (0.0, 0.01)}


@pytest.mark.parametrize("name", ["task1", "task9"])
def test_side_by_side_each_network_is_trained_as_alone(name):
    task = zoo_task(name, "mini")
    sets: list[list] = [[], []]
    for seed, dropout in enumerate((0.0, 0.5, 0.3)):
        values = {**task.constants, **task.grid()[-1], "dropout": dropout}
        config = ARCHITECTURES[task.architecture](values, (8, 8, 3), 10)
        for networks in sets:
            network = initial_network(config, seed).double().train()
            settings = {"lr": 0.01 * (seed + 1), "momentum": 0.9, "weight_decay": 0.01 * seed}
            networks.append((network, torch.optim.SGD(network.parameters(), **settings)))
    together = SideBySide([network for network, _ in sets[0]])
    draws = torch.Generator().manual_seed(0)
    for step in range(4):
        images = torch.randn(3, 9, 3, 8, 8, dtype=torch.double, generator=draws)
        labels = torch.randint(10, (3, 9), generator=draws)
        seeds = [10 * step + number for number in range(3)]
        together.begin_epoch(seeds)
        logits = together(list(images))
        together.backward(sum(cross_entropy(one, label) for one, label in zip(logits, labels, strict=True)))
        for _, optimizer in sets[0]:
            optimizer.step()
        for number, (network, optimizer) in enumerate(sets[1]):
            torch.manual_seed(seeds[number])
            alone = network(images[number])
            torch.testing.assert_close(logits[number], alone, rtol=0, atol=1e-12)
            optimizer.zero_grad()
            cross_entropy(alone, labels[number]).backward()
            optimizer.step()
    for (ours, _), (theirs, _) in zip(*sets, strict=True):
        for key, tensor in theirs.state_dict().items():
            if key.split(".")[-1] != "num_batches_tracked":
                torch.testing.assert_close(ours.state_dict()[key], tensor, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["task1", "task9"])
def test_a_zoo_made_together_is_that_made_one_by_one(stripes, tmp_path, in_this_process, name):
    # Alone, images lie in memory with channels last and so get other masks of dropout; those are compared above.
    axes = AXES if name == "task1" else {"weight_decay": (0.0, 0.01), "learning_rate": (0.05, 0.01), "dropout": (0.0,)}
    changes = {"axes": axes, "stop": StopRule("accuracy", 0.8, 30)}
    zoos = [tiny_zoo(stripes, tmp_path / str(n), name, n, **changes) for n in (1, 3)]
    for zoo in zoos:
        make_here(zoo)
    alone, together = ([zoo.folder.read_training(model) for model in zoo.models] for zoo in zoos)
    assert len({training.epochs for training in alone}) > 1  # they leave the others at different times
    for one, other in zip(alone, together, strict=True):
        assert one.hyperparameters == other.hyperparameters
        assert (one.epochs, one.train_accuracy, one.test_accuracy) == (
            other.epochs,
            other.train_accuracy,
            other.test_accuracy,
        )
        assert other.cross_entropy == pytest.approx(one.cross_entropy, rel=1e-4)


def test_a_zoo_made_together_goes_on_where_it_stopped(stripes, tmp_path, in_this_process):
    straight, stopped = (tiny_zoo(stripes, tmp_path / name, together=4, axes=AXES) for name in ("straight", "stopped"))
    make_here(straight)
    for epoch in (2, 5):
        assert make_models(stopped, range(4), until=epoch) == {}
    make_here(stopped)
    assert files_of(stopped.out) == files_of(straight.out)


def test_what_goes_wrong_with_one_is_no_matter_to_the_others(stripes, tmp_path, in_this_process):
    rates = {"learning_rate": (0.01, 1e12, 0.02, 0.005)}
    zoos = [tiny_zoo(stripes, tmp_path / str(n), together=n, axes=rates) for n in (1, 4)]
    assert make_models(zoos[1], range(4), until=2).keys() == {1}
    damaged = next(zoos[1].folder.unfinished("model_3").rglob("optimizer.pt"))
    damaged.write_bytes(b"no checkpoint")
    with pytest.warns(InputWarning, match=f"{damaged}: not what was written .*; training goes on from its start"):
        ended = {model: error for model, _, error in make_zoo(zoos[1], 1)}
    assert [model for model, error in ended.items() if error is None] == ["model_0", "model_2", "model_3"]
    assert "the loss became nan in epoch 1" in str(ended["model_1"])
    for model in ("model_0", "model_2", "model_3"):
        make_models(zoos[0], [int(model[-1])])
        alone, together = (zoo.folder.read_training(model) for zoo in zoos)
        assert (alone.epochs, alone.train_accuracy) == (together.epochs, together.train_accuracy)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_gpu_trains_all_of_one_architecture_and_batch_size_at_once(name):
    task = zoo_task(name, "small")
    zoo = Zoo(name, "small", task, task.data, Path(), Path())
    numbers = range(len(task.grid()))
    found = groups(zoo, numbers, Device(torch.device("cuda")))
    assert sorted(number for group in found for number in group) == list(numbers)
    grid = task.grid()
    shared = [axis for axis in task.axes if axis not in EACH_ITS_OWN]
    for group in found:
        assert len({tuple(grid[number][axis] for axis in shared) for number in group}) == 1
    assert len(found) == np.prod([len(task.axes[axis]) for axis in shared])
    sizes = [grid[group[0]]["batch_size"] for group in found]
    assert sizes == sorted(sizes)
    assert {len(group) for group in groups(zoo, numbers, Device(torch.device("cpu")))} == {1}


KILLED_AXES = {"dropout": [0.0, 0.5], "batch_size": [2, 4]}
SCRIPT = """
import json
import sys
from pathlib import Path

from zoos import tiny_zoo

from training.zoo.zoo import make_zoo

if __name__ == "__main__":
    data, out, axes = sys.argv[1:]
    list(make_zoo(tiny_zoo(Path(data), Path(out), axes=json.loads(axes)), 2))
"""


def test_a_zoo_whose_processes_are_killed_goes_on(stripes, tmp_path, in_this_process):
    straight, killed = (tiny_zoo(stripes, tmp_path / name, axes=KILLED_AXES) for name in ("straight", "killed"))
    make_here(straight)
    script, tests = tmp_path / "make.py", Path(__file__).resolve().parents[2]
    script.write_text(SCRIPT)
    paths = os.pathsep.join([str(tests.parent), str(tests / "support"), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, str(script), str(stripes), str(killed.out), json.dumps(KILLED_AXES)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths})
    while not list(killed.out.glob("model_*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert len(list(killed.out.glob("model_*"))) < len(killed.models)
    make_here(killed)
    assert files_of(killed.out) == files_of(straight.out)
