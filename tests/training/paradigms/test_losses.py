"""The losses are their formulas, and one batch's loss serves training and evaluation."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.data import ImageTensors, Standardization
from training.paradigms import PARADIGMS, BatchPreparation, make_paradigm
from training.paradigms.contrastive import contrastive_losses


def test_the_contrastive_loss_is_its_formula():
    rng = np.random.default_rng(0)
    labels, temperature = np.array([0, 1, 0, 2]), 0.3
    views = rng.standard_normal((2, 4, 5))
    z = views.reshape(8, 5) / np.linalg.norm(views.reshape(8, 5), axis=1, keepdims=True)
    twice = np.tile(labels, 2)
    terms = []
    for i in range(8):
        others = [a for a in range(8) if a != i]
        total = sum(np.exp(z[i] @ z[a] / temperature) for a in others)
        positives = [p for p in others if twice[p] == twice[i]]
        terms.append(-np.mean([np.log(np.exp(z[i] @ z[p] / temperature) / total) for p in positives]))
    found = contrastive_losses(torch.tensor(views), torch.tensor(labels), temperature)
    assert found.numpy() == pytest.approx(np.array(terms), rel=1e-5)
    assert float(found.mean()) == pytest.approx(np.mean(terms), rel=1e-5)


@pytest.fixture
def batch() -> ImageTensors:
    """Eleven images of 5 pixels a side, so that no division is exact."""
    draws = torch.Generator().manual_seed(0)
    images = torch.randint(256, (11, 3, 5, 5), dtype=torch.uint8, generator=draws)
    return ImageTensors(images, torch.arange(11) % 4)


@pytest.mark.parametrize(
    ("name", "peer"), [("supervised", functional.cross_entropy), ("reconstruction", functional.mse_loss)]
)
def test_mean_and_sum_of_a_batchs_loss_are_those_of_pytorch_bit_by_bit(batch, name, peer):
    outputs = torch.randn(11, 3, 5, 5, generator=torch.Generator().manual_seed(1))
    outputs = (outputs[:, 0, 0] if name == "supervised" else outputs).requires_grad_()
    target = batch.labels if name == "supervised" else batch.images.float()
    found = make_paradigm(name, {}).evaluate(outputs, batch.images.float(), batch.labels)
    assert torch.equal(found.mean, peer(outputs, target))
    assert torch.equal(found.sum, peer(outputs, target, reduction="sum") / (1 if name == "supervised" else 75))
    ours, theirs = (torch.autograd.grad(loss, outputs)[0] for loss in (found.mean, peer(outputs, target)))
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", sorted(PARADIGMS))
def test_the_loss_in_training_counts_every_row_once(batch, name):
    prepare = BatchPreparation(Standardization(torch.zeros(3, 1, 1), torch.ones(3, 1, 1)), flip=True)
    seen = []

    def forward(inputs):
        seen.append(inputs)
        return inputs if name == "reconstruction" else inputs.flatten(1)

    found = make_paradigm(name, {}).loss(forward, batch, prepare, torch.Generator().manual_seed(0))
    assert found.rows == 11
    assert sum(map(len, seen)) == (22 if name in ("simclr", "supcon") else 11)
    assert float(found.mean) == pytest.approx(float(found.sum) / 11, rel=1e-6)
    assert (found.correct is None) == (name != "supervised")
