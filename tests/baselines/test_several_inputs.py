"""Jacobian norm and sharpness of networks with several inputs, and with inputs that are whole numbers."""

import numpy as np
import pytest

from baselines import jacobian_norm, sharpness
from baselines.mixup_davies_bouldin import complexity as mixup
from baselines.subspace_stability import subspace_stability
from complexity.errors import InputError
from complexity.measures.pseudo_validation import pseudo_validation_accuracy
from complexity.models import adapt

torch = pytest.importorskip("torch")
nn = torch.nn

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

rng = np.random.default_rng(0)
LEFT, RIGHT = rng.standard_normal((40, 3), dtype=np.float32), rng.standard_normal((40, 2), dtype=np.float32)
LABELS = (LEFT[:, 0] + RIGHT[:, 0] > 0).astype(np.int64)
TOKENS = rng.integers(0, 7, (40, 3))
KINDS = {"tuple": (LEFT, RIGHT), "dict": {"right": RIGHT, "left": LEFT}}


class Body(nn.Module):
    """One input, five numbers wide."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.hidden, self.head = nn.Linear(5, 8), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(torch.tanh(self.hidden(x)))


class Two(nn.Module):
    """The same network, which is given its input in two parts."""

    def __init__(self):
        super().__init__()
        self.body = Body()

    def forward(self, left, right):
        return self.body(torch.cat([left, right], 1))


@pytest.mark.parametrize("kind", KINDS)
def test_it_does_not_matter_in_how_many_parts_the_inputs_come(kind):
    whole = np.hstack([LEFT, RIGHT]), LABELS
    one, two = Body(), Two()
    expected = jacobian_norm.complexity(one, whole)
    found = jacobian_norm.complexity(two, (KINDS[kind], LABELS))
    assert found == pytest.approx(expected, rel=1e-6)
    assert found.details == {"samples": 40, "layers": pytest.approx(expected.details["layers"], rel=1e-6)}
    expected = sharpness.complexity(one, whole, halvings=6)
    found = sharpness.complexity(two, (KINDS[kind], LABELS), halvings=6)
    assert (float(found), found.details) == (float(expected), expected.details)
    assert 0 < found < 2


class Joined(nn.Module):
    """Layers with several tensors: positional ones, and one by keyword."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.join, self.head = nn.Bilinear(3, 2, 4), nn.Linear(4, 2)

    def forward(self, left, right):
        return self.head(input=self.join(left, right))


def test_every_tensor_that_a_layer_is_given_counts():
    network = Joined()
    layers = jacobian_norm.complexity(network, ((LEFT, RIGHT), LABELS)).details["layers"]
    left, right = torch.tensor(LEFT), torch.tensor(RIGHT)
    jacobian = torch.autograd.functional.jacobian
    of_inputs = [
        jacobian(lambda a: network(a, right).sum(0), left).square().mean().item(),
        jacobian(lambda b: network(left, b).sum(0), right).square().mean().item(),
        network.head.weight.square().mean().item(),
    ]
    assert layers == pytest.approx(of_inputs, rel=1e-5)


class Tokens(nn.Module):
    """Tokens, alone or beside numbers."""

    def __init__(self, frozen=False):
        super().__init__()
        torch.manual_seed(3)
        self.table, self.head = nn.Embedding(7, 3), nn.Linear(3, 2)
        self.table.weight.requires_grad_(not frozen)

    def forward(self, tokens, left=0):
        return self.head(self.table(tokens).mean(1) + left)


@pytest.mark.parametrize("frozen", [False, True])
def test_whole_numbers_are_passed_over_and_named(frozen):
    network = Tokens(frozen)
    both = jacobian_norm.complexity(network, ({"tokens": TOKENS, "left": LEFT}, LABELS))
    alone = jacobian_norm.complexity(network, (TOKENS, LABELS))
    expected = [network.head.weight.square().mean().item()]
    assert both.details["layers"] == alone.details["layers"] == pytest.approx(expected, rel=1e-6)
    assert both.details["inputs_left_out"] == ["inputs['tokens']"]
    assert alone.details["inputs_left_out"] == ["inputs"]
    assert network.table.weight.requires_grad is not frozen
    assert 0 <= sharpness.complexity(network, (TOKENS, LABELS), halvings=3) <= 2


def test_a_network_that_is_given_whole_numbers_alone_is_refused_in_words_that_name_them():
    class Direct(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 2)

        def forward(self, tokens):
            return functional(tokens, self.head.weight)

    def functional(tokens, weight):
        return nn.functional.embedding(tokens, weight.T).mean(1)

    network = Direct()
    tokens = TOKENS % 3
    with pytest.raises(InputError) as caught:
        jacobian_norm.complexity(network, (tokens, LABELS))
    assert str(caught.value) == (
        "Direct: inputs: no layer is given numbers by which the output could be differentiated "
        "(expected floating point inputs, found inputs int64)"
    )


def functional_network(keras):
    keras.utils.set_random_seed(5)
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    joined = keras.layers.Concatenate()([left, right])
    hidden = keras.layers.Dense(8, activation="tanh")(joined)
    return keras.Model({"left": left, "right": right}, keras.layers.Dense(2)(hidden))


def test_keras_models_take_several_inputs_too():
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    two = functional_network(keras)
    one = keras.Sequential([keras.Input((5,)), *(layer for layer in two.layers if "dense" in layer.name)])
    whole, parts = np.hstack([LEFT, RIGHT]), {"left": LEFT, "right": RIGHT}
    expected, found = adapt(one).squared_jacobians(whole), adapt(two).squared_jacobians(parts)
    np.testing.assert_allclose(found[:, -2:], expected, rtol=1e-5)
    np.testing.assert_allclose(  # the layer that concatenates: its two tensors are the parts of the next one's
        (3 * found[:, -4] + 2 * found[:, -3]) / 5, expected[:, 0], rtol=1e-5
    )
    expected = sharpness.complexity(one, (whole, LABELS), halvings=6)
    assert sharpness.complexity(two, (parts, LABELS), halvings=6) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("frozen", [False, True])
def test_keras_models_of_tokens_keep_their_numbers(frozen):
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    given = keras.Input((3,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(7, 3)(given))
    model = keras.Model(given, keras.layers.Dense(2)(pooled))
    model.layers[1].trainable = not frozen
    found = jacobian_norm.complexity(model, (TOKENS, LABELS))
    assert found.details["inputs_left_out"] == ["inputs"]
    kernel = np.asarray(model.layers[-1].get_weights()[0])
    assert found.details["layers"][-1] == pytest.approx(float(np.mean(kernel**2)), rel=1e-5)


@pytest.mark.parametrize("perturbing", [pseudo_validation_accuracy, mixup, subspace_stability])
def test_measures_that_change_images_say_that_they_take_one_input(perturbing):
    images = rng.random((40, 8, 8, 3), dtype=np.float32)
    with pytest.raises(InputError) as caught:
        perturbing(Two(), ({"image": images, "age": RIGHT}, LABELS))
    assert str(caught.value) == (
        "inputs: samples with several inputs cannot be augmented or mixed here (expected one array of images; measures "
        "that need no images take several inputs, found inputs['image'] of shape (40, 8, 8, 3), inputs['age'] of shape "
        "(40, 2))"
    )
