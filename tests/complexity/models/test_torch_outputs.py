"""Rows of the output of a PyTorch network, networks without a head, and errors for integers that are not taken."""

import numpy as np
import pytest
import torch
from reference_angle import reference
from torch import nn

from complexity import InputError, InputWarning, complexity
from complexity.models import adapt

X = np.random.default_rng(0).random((20, 4), dtype=np.float32)
SEQUENCES = np.random.default_rng(1).random((20, 5, 4), dtype=np.float32)
IMAGES = np.random.default_rng(2).random((20, 2, 6, 6), dtype=np.float32)
LABELS = np.arange(20) % 3


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


class StepsFirst(nn.Module):
    """Its output is (steps, samples, classes), or (steps * samples, classes) with the steps outside."""

    def __init__(self, folded):
        super().__init__()
        self.recurrent, self.head, self.folded = nn.GRU(4, 6), nn.Linear(6, 3), folded

    def forward(self, x):
        output = self.head(self.recurrent(x.transpose(0, 1))[0])
        return output.reshape(-1, 3) if self.folded else output


@pytest.mark.parametrize("folded", [False, True])
def test_logits_of_a_network_with_the_steps_first_stay_with_their_sample(folded):
    network = StepsFirst(folded)
    with torch.no_grad():
        steps = network.head(network.recurrent(torch.tensor(SEQUENCES).transpose(0, 1))[0])
    expected = steps.transpose(0, 1).reshape(20, -1).numpy()
    np.testing.assert_allclose(adapt(network).logits(SEQUENCES), expected, rtol=1e-5, atol=1e-6)
    found = complexity(network, (SEQUENCES, LABELS), layer="logits")
    assert float(found) == pytest.approx(reference(expected, SEQUENCES), abs=1e-4)


class Contrasting(nn.Module):
    """Similarities of all samples with all samples, as those of images and texts."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)

    def forward(self, x):
        hidden = self.body(x)
        return hidden @ hidden.T


def test_an_output_whose_rows_are_no_samples_is_an_error():
    with pytest.raises(InputError, match=r"output: rows of the layer's tensor are no samples .* shapes \(4, 4\) and"):
        complexity(Contrasting(), (X, LABELS), layer="logits")


class Residual(nn.Module):
    """A block with a residual branch, which normalization keeps at zero before training."""

    def __init__(self):
        super().__init__()
        self.stem, self.first, self.last = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.norm, self.fc = nn.BatchNorm2d(4), nn.Identity()
        nn.init.zeros_(self.norm.weight)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        branch = self.norm(self.last(torch.relu(self.first(x))))
        branch += x
        return self.fc(torch.relu_(branch).mean((2, 3)))


def test_a_residual_branch_that_starts_at_zero_holds_the_last_layer():
    network = Residual().eval()
    with torch.no_grad():
        hidden = torch.relu(network.first(torch.relu(network.stem(torch.tensor(IMAGES)))))
    with pytest.warns(InputWarning, match=r"the network has no head: a part of its output does not pass through last"):
        found = complexity(network, (IMAGES, LABELS))
    assert float(found) == pytest.approx(reference(hidden, IMAGES), abs=1e-4)
    assert found.details["layer_name"] == "last"


class Heads(nn.Module):
    """Several heads, of which one acts; a weight beside them."""

    def __init__(self):
        super().__init__()
        self.body, self.heads = nn.Linear(4, 8), nn.ModuleList(nn.Linear(8, 3) for _ in range(3))

    def forward(self, x):
        hidden = torch.tanh(self.body(x))
        return torch.stack([head(hidden) for head in self.heads])[1]


def test_a_head_that_is_computed_and_left_out_is_passed_over():
    assert complexity(Heads(), (X, LABELS)).details["layer_name"] == "heads.1"


@pytest.mark.parametrize("inplace", [False, True])
def test_an_identity_in_the_place_of_the_head_is_said(inplace):
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3), nn.Hardswish(inplace), nn.Flatten())
    network.append(nn.Identity())
    words = r"no head: it ends with 5, an Identity, which is not given the output of 2 \(Conv2d\); layer='logits' takes"
    with pytest.warns(InputWarning, match=words):
        complexity(network, (IMAGES, LABELS))


@pytest.mark.parametrize("end", [[nn.Identity()], [nn.Flatten(), nn.Identity()], [nn.Softmax(1), nn.Identity()]])
def test_an_identity_behind_the_head_is_no_reason_for_a_warning(end):
    body, head = nn.Sequential(nn.Linear(4, 8), nn.Tanh()), nn.Linear(8, 3)
    found = complexity(nn.Sequential(*body, head, *end), (X, LABELS))
    assert float(found) == pytest.approx(float(complexity(nn.Sequential(*body, head), (X, LABELS))), abs=1e-9)
    assert found.details["warnings"] == []


class Decoder(nn.Module):
    """Token numbers with an argument that is missing."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.EmbeddingBag(10, 4), nn.Linear(4, 3)

    def forward(self, x, decoder_input_ids=None):
        hidden = self.embedding(x)
        if decoder_input_ids is None:
            raise ValueError("specify decoder_input_ids")
        return self.head(hidden)


def test_an_error_for_integers_is_not_hidden_by_that_for_floats():
    words = "take these inputs: as integers: ValueError: specify decoder_input_ids; as floats: .*Tensor"
    with pytest.raises(InputError, match=words):
        complexity(Decoder(), (np.ones((20, 3), int), LABELS))


@pytest.mark.parametrize("folded", [False, True])
def test_gradients_of_an_output_with_the_steps_first_are_refused(folded):
    network = adapt(StepsFirst(folded))
    for gradients in (network.squared_jacobians, lambda inputs: network.loss_gradient(inputs, LABELS)):
        with pytest.raises(InputError, match="output: gradients are not taken of such an output"):
            gradients(SEQUENCES)
