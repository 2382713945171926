"""How a network lies in memory changes neither what it learns nor the order of what is recorded, nor what resumes."""

import pytest
import torch
from torch import nn
from training_runs import experiment

from training.machine.devices import Device, find_device
from training.networks import NETWORKS, Network, make_encoder
from training.runs.evaluation import block_outputs
from training.runs.experiment import Place
from training.runs.run import train

ARGUMENTS = {"wide_resnet28": {"factor": 1, "width": 4}, "autoencoder": {"width": 4, "bottleneck": 8}}
CONVOLUTIONAL = sorted(set(NETWORKS) - {"mlp", "torchvision_resnet50"})


def networks(name: str, dtype: torch.dtype) -> tuple[Network, Network]:
    """Two of equal weights: with channels first in memory, and as a device places it."""
    made = []
    for _ in range(2):
        torch.manual_seed(0)
        encoder = make_encoder(name, (3, 12, 12), ARGUMENTS.get(name, {"width": 4}))
        head = encoder.decoder() if name == "autoencoder" else nn.Linear(encoder.feature_size, 4)
        made.append(Network(encoder, head).to(dtype))
    find_device("cpu").place(made[1])
    return made[0], made[1]


def losses(network: Network, images: torch.Tensor, steps: int) -> list[float]:
    optimizer = torch.optim.SGD(network.parameters(), 0.01, 0.9, weight_decay=1e-4)
    found = []
    for _ in range(steps):
        outputs = network(images)
        wanted = images if outputs.ndim == 4 else torch.arange(len(images)) % 4
        loss = (nn.functional.mse_loss if outputs.ndim == 4 else nn.functional.cross_entropy)(outputs, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_with_channels_last_every_network_learns_the_same_and_gives_the_same_features_in_the_same_order(name):
    images = torch.randn(16, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    first, last = networks(name, torch.float64)
    kernels = [weight for weight in last.parameters() if weight.ndim == 4 and min(weight.shape[1:]) > 1]
    assert kernels
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in kernels)
    first.eval(), last.eval()
    with torch.no_grad():
        torch.testing.assert_close(last.features(images), first.features(images), rtol=1e-9, atol=1e-12)
    blocks = (block_outputs(one, one.encoder.blocks(), images, lambda batch: batch) for one in (first, last))
    for expected, found in zip(*blocks, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    first.train(), last.train()
    assert losses(last, images, 4) == pytest.approx(losses(first, images, 4), rel=1e-6)


def test_in_single_precision_the_losses_differ_by_rounding_alone():
    images = torch.randn(16, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    first, last = networks("resnet20", torch.float32)
    assert losses(last, images, 5) == pytest.approx(losses(first, images, 5), rel=1e-5)


@pytest.mark.parametrize("recipe", ["resnet20", "autoencoder"])
def test_a_run_that_was_begun_with_channels_first_is_resumed(recipe, blobs, tmp_path, monkeypatch):
    small_steps = {"epochs": 2, "optimization.learning_rate": 1e-3}  # larger ones make much of rounding
    one = experiment(recipe, **small_steps)
    whole = train(one, Place(blobs, tmp_path / "whole", "cpu"))
    with monkeypatch.context() as patch:
        patch.setattr(Device, "place", lambda device, network: network.to(device.torch))
        train(one, Place(blobs, tmp_path / "resumed", "cpu"), until=1)
    resumed = train(one, Place(blobs, tmp_path / "resumed", "cpu"))
    assert resumed.finished()
    lines = [run.metrics()[1:] for run in (whole, resumed)]  # nothing was trained before the first
    for before, after in zip(*lines, strict=True):
        assert after["loss"] == pytest.approx(before["loss"], rel=1e-4)
