"""What is said of a PyTorch network's layers and left of a pass; kinds of networks have tests in tests/battery."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from reference_angle import reference
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from complexity import InputError, InputWarning, complexity, layers
from complexity.models import adapt

X = np.random.default_rng(0).random((20, 4), dtype=np.float32)
LABELS = np.arange(20) % 3
SEQUENCES = np.random.default_rng(1).random((20, 5, 4), dtype=np.float32)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


class Network(nn.Module):
    """A body, a hyperbolic tangent, and a head that subclasses use in their own ways."""

    def __init__(self, head=None):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3) if head is None else head

    def hidden(self, x):
        return torch.tanh(self.body(x))

    def forward(self, x):
        return self.head(self.hidden(x))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.attention = nn.Linear(4, 8), nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        hidden = torch.tanh(self.body(x))
        return self.attention(hidden, hidden, hidden)[0]


class Recurrent(Network):
    def __init__(self):
        super().__init__(nn.Identity())
        self.recurrent = nn.GRU(8, 3, batch_first=True)

    def forward(self, x):
        return self.recurrent(self.hidden(x))[1][0]


class TwoInputs(Network):
    def forward(self, a, b, c=None):
        return self.head(self.hidden(a + b))


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(10, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.table(x.long()).mean(1))


class EarlyExit(Network):
    def __init__(self):
        super().__init__()
        self.early = nn.Linear(8, 3)

    def forward(self, x):
        hidden = self.hidden(x)
        return self.early(hidden) if x[0, 0] < 0.5 else self.head(hidden)


class FunctionalHead(Network):
    def __init__(self):
        super().__init__(nn.Identity())
        self.matrix = nn.Parameter(torch.randn(8, 3))

    def forward(self, x):
        return self.hidden(x) @ self.matrix


class FixedHead(Network):
    """The head is a buffer, which is not trained."""

    def __init__(self):
        super().__init__(nn.Identity())
        self.register_buffer("matrix", torch.randn(8, 3))

    def forward(self, x):
        return self.hidden(x) @ self.matrix


def without_parameters():
    network = Network()
    for layer in (network.body, network.head):
        for name, weight in list(layer.named_parameters()):
            delattr(layer, name)
            layer.register_buffer(name, weight.detach())
    return network


class TwoOutputs(Network):
    def forward(self, x):
        hidden = self.hidden(x)
        return {"classes": self.head(hidden), "hidden": hidden}


REFUSED = {
    "a recurrent layer after the last one": (
        Recurrent,
        SEQUENCES,
        "Recurrent: layer: weights act after or beside body, the last dense or convolutional layer: "
        "recurrent.weight_ih_l0, recurrent.weight_hh_l0; name the layer whose input is meant by layer=NAME",
    ),
    "a head without a layer": (FunctionalHead, X, "the last dense or convolutional layer: matrix; name the layer"),
    "a fixed head without a layer": (FixedHead, X, "the last dense or convolutional layer: matrix; name the layer"),
    "a frozen network": (
        lambda: FunctionalHead().requires_grad_(False),
        X,
        "the last dense or convolutional layer: matrix; name the layer",
    ),
    "no parameters": (
        without_parameters,
        X,
        "Network: weights: the model has no parameters: nothing in it is trained, or its weights were made buffers",
    ),
    "images without a channel": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3)),
        np.ones((20, 8, 8), np.float32),
        "; add the channel axis: inputs[:, None] (found samples of shape (8, 8))",
    ),
    "images with their channels last": (
        lambda: nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(72, 3)),
        np.ones((20, 8, 8, 3), np.float32),
        "; move the axis of the channels: inputs.transpose(0, 3, 1, 2) (found samples of shape (8, 8, 3))",
    ),
    "one of two inputs": (
        TwoInputs,
        X,
        "missing 1 required positional argument: 'b'; it takes 2 inputs: write ((a, b), labels) for the data (found",
    ),
    "token numbers that are too large": (
        Tokens,
        np.full((20, 5), 12),
        "; numbers up to 12 came, and the embedding table takes 0 to 9 (found samples of shape (5,))",
    ),
    "layers that run for some samples only": (
        EarlyExit,
        np.concatenate([np.zeros((2048, 4), np.float32), np.ones((2048, 4), np.float32)]),
        "early runs once for the first samples and 0 times for others: which layers run depends on the samples "
        "(expected a layer that runs equally often for all of them, by layer=NAME)",
    ),
    "several outputs": (
        TwoOutputs,
        X,
        "several outputs; say which is meant by output=NAME or its position (found classes",
    ),
    "a wrong shape": (
        Network,
        SEQUENCES[:, :, :3],
        "the model does not take these inputs: RuntimeError: mat1 and mat2",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_give_the_features_of_another_layer_is_an_error(kind):
    make, inputs, words = REFUSED[kind]
    with pytest.raises(InputError) as caught:
        complexity(make(), (inputs, np.resize(LABELS, len(inputs))))
    assert words in str(caught.value)


def test_an_output_is_chosen_by_its_name():
    network = TwoOutputs()
    with torch.no_grad():
        hidden = network.hidden(torch.tensor(X))
    found = complexity(network, (X, LABELS), layer="logits", output="hidden")
    assert float(found) == pytest.approx(reference(hidden, X), abs=1e-4)
    with pytest.raises(InputError, match=r"output: no such output; did you mean hidden\?"):
        complexity(network, (X, LABELS), output="hiden")


def test_any_layer_can_be_named_by_its_input_or_output():
    network = Network()
    with torch.no_grad():
        body = network.body(torch.tensor(X))
    assert float(complexity(network, (X, LABELS), layer="body:output")) == pytest.approx(reference(body, X), abs=1e-4)
    assert float(complexity(network, (X, LABELS), layer="body")) == pytest.approx(0, abs=1e-4)
    assert float(complexity(network, (X, LABELS), layer="head")) == float(complexity(network, (X, LABELS)))
    with pytest.raises(InputError, match=r"Network: layer: no such layer; did you mean body\?"):
        complexity(network, (X, LABELS), layer="bdoy")


def test_the_layers_are_listed_as_they_run():
    found = layers(Network(), X)
    assert [(one.name, one.kind, one.input_shape, one.output_shape, one.default) for one in found] == [
        ("body", "Linear", (4, 4), (4, 8), False),
        ("head", "Linear", (4, 8), (4, 3), True),
    ]


def test_the_layers_of_batches_and_of_one_of_several_outputs_are_listed():
    batches = [(X[:10], LABELS[:10]), (X[10:], LABELS[10:])]
    assert layers(Network(), batches, batched=True) == layers(Network(), (X, LABELS))
    with pytest.raises(InputError, match=r"expected the setting batched=True in the call if each item is a batch"):
        layers(Network(), batches)
    assert [one.name for one in layers(TwoOutputs(), X, output="classes") if one.default] == ["head"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_details_say_which_layer_in_which_precision_and_how_wide(dtype, monkeypatch):
    network = Network().to(dtype)
    expected = {
        "layer": "features", "layer_name": "head", "layer_kind": "Linear", "layer_end": "input",
        "layer_precision": str(dtype).removeprefix("torch."), "layer_width": 8,
    }  # fmt: skip
    for limit in (2 * 10**9, 0):  # in memory, and as a stream
        monkeypatch.setattr("complexity.models.features.MAX_BYTES", limit)
        found = complexity(network, (X, LABELS)).details
        assert {name: one for name, one in found.items() if name.startswith("layer")} == expected
    assert complexity(network, (X, LABELS), layer="logits").details["layer_width"] == 3


def test_a_residual_path_beside_the_last_layer_is_said_and_normalization_after_it_is_a_detail():
    encoder = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    with pytest.warns(InputWarning, match=r"the network has no head: .* linear2 \(Linear\)"):
        found = complexity(encoder, (SEQUENCES, LABELS))
    assert found.details["acts_after_layer"] == ["norm2.weight", "norm2.bias"]


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.EmbeddingBag(2**25 + 2, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.embedding(x))


def test_token_numbers_keep_all_their_digits():
    network = Tokens()
    tokens = np.arange(2**25 - 38, 2**25 + 2).reshape(20, 2)  # a float32 would round the odd ones
    with torch.no_grad():
        expected = network.embedding(torch.tensor(tokens)).numpy()
    np.testing.assert_array_equal(adapt(network).features(tokens), expected)


def test_what_the_user_has_switched_on_changes_nothing():
    network = Network()
    expected = float(complexity(network, (X, LABELS)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert float(complexity(network, (X, LABELS))) == expected
    with torch.inference_mode():
        assert float(complexity(network, (X, LABELS))) == expected
    torch.set_default_dtype(torch.float64)
    try:
        assert float(complexity(network, (X, LABELS))) == expected
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_look_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)).train()
    network[0].weight.requires_grad_(False)
    network[1].eval()
    before = copy.deepcopy(network.state_dict())
    complexity(network, (X, LABELS))
    assert [part.training for part in network] == [True, False, True]
    assert not network[0].weight.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.modules())


def test_threads_that_share_a_network_get_each_its_own_value():
    network = Network()
    data = [(X + shift, LABELS) for shift in (0, 0.1, 0.5, 2)]
    expected = [float(complexity(network, one)) for one in data]
    with ThreadPoolExecutor(4) as pool:
        found = [list(pool.map(lambda one: float(complexity(network, one)), data)) for _ in range(5)]
    assert found == [expected] * 5


def test_kernels_are_those_of_all_layers_with_matrices_and_others_are_named():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.attention = nn.Embedding(10, 4), nn.MultiheadAttention(4, 2)
            self.recurrent, self.head = nn.LSTM(4, 5), weight_norm(nn.Linear(5, 3))

    network = adapt(Mixed())
    assert [kernel.shape for kernel in network.kernels()] == [(12, 4), (4, 4), (20, 4), (20, 5), (3, 5)]
    assert network.other_matrices() == ["embedding.weight"]


def attended(network):
    """What the last product of `Attention` is given, by NumPy."""
    hidden = np.tanh(SEQUENCES @ network.body.weight.detach().numpy().T + network.body.bias.detach().numpy())
    inner = network.attention
    packed = hidden @ inner.in_proj_weight.detach().numpy().T + inner.in_proj_bias.detach().numpy()
    query, key, value = (np.stack(np.split(part, 2, axis=-1), 1) for part in np.split(packed, 3, axis=-1))
    scores = np.exp(query @ key.swapaxes(2, 3) / np.sqrt(4))
    mixed = scores / scores.sum(-1, keepdims=True) @ value
    return np.concatenate([mixed[:, 0], mixed[:, 1]], axis=-1).reshape(len(SEQUENCES), -1)


def test_attention_at_the_end_has_the_input_of_its_last_product():
    network = Attention()
    before = copy.deepcopy(network.state_dict())
    found = complexity(network, (SEQUENCES, LABELS))
    np.testing.assert_allclose(adapt(network).features(SEQUENCES), attended(network), rtol=1e-4, atol=1e-6)
    assert float(found) == pytest.approx(reference(attended(network), SEQUENCES), abs=1e-4)
    assert found.details["layer_name"] == "attention.out_proj"
    assert complexity(network, (SEQUENCES, LABELS), layer="attention.out_proj") == found
    assert type(network.attention.out_proj).__name__ == "NonDynamicallyQuantizableLinear"
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert not network.attention._forward_hooks


class StepsFolded(Network):
    """Steps of sequences as rows of their own, those of a sample beside each other or apart, then their mean."""

    def __init__(self, samples_first):
        super().__init__()
        self.samples_first = samples_first

    def forward(self, x):
        steps = x if self.samples_first else x.swapaxes(0, 1)
        hidden = self.hidden(steps.reshape(-1, 4)).reshape(*steps.shape[:2], 8)
        return self.head(hidden.mean(1 if self.samples_first else 0))


@pytest.mark.parametrize("samples_first", [True, False])
def test_the_first_layers_output_is_by_sample_where_steps_are_folded(samples_first):
    network = StepsFolded(samples_first)
    wanted = network.body(torch.as_tensor(SEQUENCES)).detach().numpy()
    np.testing.assert_allclose(adapt(network).first_layer(SEQUENCES), wanted, rtol=1e-5, atol=1e-6)
