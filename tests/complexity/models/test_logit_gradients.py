"""Gradients of logits at layers and inputs, of every framework, beside the chain rule written out in NumPy."""

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.models import adapt

torch = pytest.importorskip("torch")
nn = torch.nn

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

rng = np.random.default_rng(0)
FIRST, SECOND = rng.standard_normal((6, 5)).astype(np.float32), rng.standard_normal((5, 3)).astype(np.float32)
INPUTS = rng.standard_normal((7, 2, 3)).astype(np.float32)
COEFFICIENTS = rng.standard_normal((7, 3)).astype(np.float32)


def by_hand():
    """Of x -> relu(x A) B: gradients at the first product, at the second factor's input, and at x."""
    product = INPUTS.reshape(7, 6) @ FIRST
    inner = COEFFICIENTS @ SECOND.T
    return inner * (product > 0), inner, (inner * (product > 0)) @ FIRST.T


def torch_network():
    network = nn.Sequential(
        nn.Flatten(), nn.Linear(6, 5, bias=False), nn.ReLU(inplace=True), nn.Linear(5, 3, bias=False), nn.Softmax(1)
    )
    with torch.no_grad():
        network[1].weight.copy_(torch.as_tensor(FIRST.T))
        network[3].weight.copy_(torch.as_tensor(SECOND.T))
    return network


def keras_network():
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    layers = keras.layers
    stack = [layers.Flatten(), layers.Dense(5, use_bias=False), layers.ReLU(), layers.Dense(3, use_bias=False)]
    model = keras.Sequential([keras.Input((2, 3)), *stack, layers.Softmax()])
    model.set_weights([FIRST, SECOND])
    return model


@pytest.mark.parametrize("make", [torch_network, keras_network])
def test_gradients_are_those_of_the_chain_rule(make):
    network = adapt(make())
    first, second = [run.name for run in network.layer_runs(INPUTS) if run.main]
    places = {f"{first}:output": 0, second: 1, "features": 1, None: 2}
    for layer, number in places.items():
        found = network.logit_gradients(INPUTS, COEFFICIENTS, layer)
        np.testing.assert_allclose(found, by_hand()[number], atol=1e-5)
    relu = network.logit_gradients(INPUTS, COEFFICIENTS, f"{second}:output")
    np.testing.assert_allclose(relu, COEFFICIENTS, atol=1e-6)
    assert network.logit_gradients(INPUTS[:1], COEFFICIENTS[:1]).shape == (1, 6)


class Convolutional(nn.Module):
    """Works in place on what its layers return, runs one of them twice, and returns its samples on another axis."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.head = nn.Conv2d(2, 2, 3, padding=1), nn.Linear(50, 3)

    def forward(self, images):
        for _ in range(2):
            images = nn.functional.relu_(self.convolution(images))
        return self.head(images.flatten(1)).T


def test_a_layer_that_runs_twice_has_the_gradient_of_its_last_run_before_what_works_in_place():
    images = rng.standard_normal((4, 2, 5, 5)).astype(np.float32)
    coefficients, model = rng.standard_normal((4, 3)).astype(np.float32), Convolutional()
    hidden = torch.relu(model.convolution(torch.as_tensor(images))).detach()
    before = model.convolution(hidden).detach().requires_grad_()
    target = (model.head(torch.relu(before).flatten(1)) * torch.as_tensor(coefficients)).sum()
    expected = torch.autograd.grad(target, before)[0].flatten(1)
    found = adapt(model).logit_gradients(images, coefficients, "convolution:output")
    np.testing.assert_allclose(found, expected, atol=1e-6)


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(7, 3), nn.Linear(3, 2)

    def forward(self, tokens):
        return self.head(self.table(tokens).mean(1))


def test_whole_numbers_have_no_derivative_and_layers_after_them_do():
    tokens, network = rng.integers(0, 7, (5, 4)), adapt(Tokens())
    with pytest.raises(InputError) as caught:
        network.logit_gradients(tokens, np.ones((5, 2)))
    assert str(caught.value) == (
        "Tokens: inputs: whole numbers have no derivative (expected floating point inputs, found ['inputs'])"
    )
    found = network.logit_gradients(tokens, np.ones((5, 2)), "features")
    expected = np.tile(network.module.head.weight.detach().numpy().sum(axis=0), (5, 1))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_graph_says_that_it_has_no_gradients(tmp_path):
    exported_graphs = pytest.importorskip("exported_graphs")
    module, samples = exported_graphs.network("mlp")
    file = exported_graphs.exported(module, samples, tmp_path / "network.onnx")
    for layer in (None, "features"):
        with pytest.raises(InputError, match="models of this kind have no gradients here"):
            adapt(file).logit_gradients(samples, np.ones((7, 5)), layer)
