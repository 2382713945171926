"""Jacobian norm and sharpness: against slow oracles, on networks whose values are known, and on real models."""

import copy
import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import pgdl_eval.sample
from baselines import jacobian_norm, sharpness
from complexity.errors import InputError
from complexity.models import adapt, batches
from pgdl_eval.formats.task import find_tasks

torch = pytest.importorskip("torch")

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def stored_models(folder):
    """Training samples of a task and its models by name, built one at a time."""
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import build

    (task,) = find_tasks(folder)
    return task.training_samples(), {name: lambda name=name: build(task.read_model(name)) for name in task.models}


@pytest.fixture
def network():
    """Every kind of module that a small image network has, one of which works in place."""
    torch.manual_seed(3)
    nn = torch.nn
    body = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(2)
    head = nn.Conv2d(6, 5, 2, stride=2), nn.Tanh(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(45, 4)
    network = nn.Sequential(*body, *head)
    with torch.no_grad():
        network[1].running_var.uniform_(0.5, 2)
        network[1].running_mean.normal_()
    return network


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 3, 12, 12)).astype(np.float32), rng.integers(0, 4, 40)


def jacobian_by_jacobian(network, images):
    """(n, layers): for each sample and layer the Jacobian of what follows, by autograd's own function, in float64."""
    layers = copy.deepcopy(network).double().eval()
    squares = []
    for image in torch.as_tensor(images).double():
        given, row = image[None], []
        for number, layer in enumerate(layers):
            jacobian = torch.autograd.functional.jacobian(lambda x, n=number: layers[n:](x.clone()), given)
            row.append(jacobian.square().mean().item())
            given = layer(given.clone())
        squares.append(row)
    return np.array(squares)


def test_squared_jacobians_are_those_of_one_jacobian_a_layer(network, images):
    expected = jacobian_by_jacobian(network, images[0])
    assert expected.shape == (40, 9)
    np.testing.assert_allclose(adapt(network).squared_jacobians(images[0]), expected, rtol=1e-4)
    assert jacobian_norm.complexity(network, images) == pytest.approx(expected.mean(), rel=1e-5)
    assert jacobian_norm.complexity(network, images, max_samples=7) == pytest.approx(expected[:7].mean(), rel=1e-5)


def test_a_softmax_at_the_end_is_left_out(network, images):
    inputs, _ = images
    for end in (torch.nn.Softmax(dim=1), torch.nn.LogSoftmax(dim=1)):
        ended = torch.nn.Sequential(network, end)
        np.testing.assert_array_equal(adapt(ended).logits(inputs), adapt(network).logits(inputs))
        found = adapt(ended).squared_jacobians(inputs)
        np.testing.assert_allclose(found[:, :-1], adapt(network).squared_jacobians(inputs), rtol=1e-6)
        np.testing.assert_allclose(found[:, -1], 1 / 4, rtol=1e-6)  # the logits in themselves: one of four is 1


def convolutional_network(keras):
    """Convolutions of many kinds, one of which does something else than its kernel says."""

    class Halved(keras.layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            return super().convolution_op(inputs, kernel / 2)

    layers = keras.layers
    kinds = [
        layers.Conv2D(6, 3, padding="same", activation="relu"),
        layers.Conv2D(7, (1, 5), padding="same"),
        layers.Conv2D(6, 2, padding="same", activation="tanh"),
        Halved(6, 3, padding="same"),
        layers.Conv2D(6, 3, padding="same", groups=2),
        layers.Conv2D(6, 3, padding="same", dilation_rate=2),
        layers.Conv2D(8, 3, padding="same", strides=2),
        layers.DepthwiseConv2D(3, padding="same"),
        layers.Conv2D(5, 3),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ]
    keras.utils.set_random_seed(5)
    return keras.Sequential([keras.Input((12, 12, 3)), *kinds])


def test_on_tensorflow_the_jacobians_of_convolutions_are_those_of_tensorflows_own_gradient(monkeypatch):
    pytest.importorskip("tensorflow")
    from complexity.models import tensorflow_convolution, tensorflow_gradients
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras does not run on TensorFlow here")
    model = convolutional_network(keras)
    images = np.random.default_rng(1).standard_normal((5, 12, 12, 3)).astype(np.float32)
    turned = [tensorflow_convolution._is_plain(layer) for layer in model.layers]
    assert turned == [True, True] + [False] * 9
    found = adapt(model).squared_jacobians(images)
    assert not any({"call", "convolution_op"} & set(vars(layer)) for layer in model.layers)
    monkeypatch.setattr(tensorflow_gradients, "gradients_by_convolution", lambda layers: nullcontext())
    np.testing.assert_allclose(found, adapt(model).squared_jacobians(images), rtol=1e-4)


def test_the_jacobian_norm_is_the_organizers_when_it_is_fed_as_they_feed_it(shared_data):
    folder = shared_data / "pgdl"
    official = json.loads((folder / "kit_baselines" / "toy_jacobian_norm.json").read_text())["values"]
    (inputs, labels), models = stored_models(folder / "sample_data")
    fed = np.roll(inputs, 66, axis=0)  # shards 2, 0, 1: the last holds 66 of the 200 samples
    difference = {}
    for name, make in models.items():
        network = adapt(make())
        means = [network.squared_jacobians(fed[rows]).mean() for rows in batches(len(fed), 16)]
        assert np.mean(means) == pytest.approx(official[name], rel=1e-5), name
        difference[name] = abs(jacobian_norm.complexity(network, (inputs, labels)) / official[name] - 1)
    assert 0.006 < max(difference.values()) < 0.0075


def linear_classifier(ratio):
    """Two outputs, 1 and `ratio` times the two inputs: the second wins at width (1 - ratio) / (1 + ratio)."""
    layer = torch.nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.diag(torch.tensor([1.0, ratio])))
    return torch.nn.Sequential(layer)


def test_sharpness_is_the_width_at_which_the_accuracy_falls():
    ones = np.ones((20, 2), np.float32), np.zeros(20, np.int64)
    for ratio in (0.9, 0.5, 0.1, 0.01):
        value = sharpness.complexity(linear_classifier(ratio), ones)
        assert value == pytest.approx((1 - ratio) / (1 + ratio), abs=1e-4)
        assert value.details["reached"] is True


def test_sharpness_counts_from_the_models_own_accuracy():
    """Samples that fall at different widths, 8 of 40 of them from the beginning: the fourth to fall decides."""
    ratios = np.random.default_rng(0).permutation(np.r_[np.linspace(1.1, 2, 8), np.linspace(0.2, 0.9, 32)])
    inputs = np.column_stack([np.ones(40), ratios]).astype(np.float32)
    value = sharpness.complexity(linear_classifier(1.0), (inputs, np.zeros(40, np.int64)))
    fourth = np.sort(ratios[ratios < 1])[-4]
    assert value == pytest.approx((1 - fourth) / (1 + fourth), abs=1e-4)
    assert value.details["accuracy"] == 0.8


def test_sharpness_says_that_no_width_is_enough():
    network = linear_classifier(0.5)
    torch.nn.init.zeros_(network[0].weight)  # which no relative perturbation moves
    value = sharpness.complexity(network, (np.ones((20, 2), np.float32), np.zeros(20, np.int64)))
    assert (value, value.details["reached"]) == (2.0, False)


def test_the_search_halves_a_bracket_until_it_is_narrow():
    tried = []

    def keeps(width):
        tried.append(width)
        return width < 0.3217

    assert 0 < 0.3217 - sharpness.largest_kept(keeps, 15) < 2 / 2**15
    kept, lost = 0.0, 2.0
    for width in tried[1:-1]:
        assert kept < width < lost
        kept, lost = (width, lost) if width < 0.3217 else (kept, width)


def test_a_width_that_loses_on_a_second_look_is_searched_below():
    looks = []

    def keeps(width):
        looks.append(width)
        return width < (1.1 if len(looks) <= 16 else 0.7)

    assert sharpness.largest_kept(keeps, 15) == pytest.approx(0.7, abs=1e-4)


def test_sharpness_tells_models_of_the_sample_apart_and_is_seeded():
    (inputs, labels), models = stored_models(Path(pgdl_eval.sample.__path__[0]))
    settings = {"max_samples": 100, "starts": 1, "steps": 3}
    values = [
        sharpness.complexity(models[name](), (inputs, labels), **settings)
        for name in ("model_0", "model_14", "model_29", "model_0")
    ]
    print("sharpness:", *values)
    assert values[0] == values[3]
    assert values[2] < values[0] / 2 < values[1] / 3
    assert sharpness.complexity(models["model_0"](), (inputs, labels), **settings, seed=1) != values[0]


@pytest.mark.parametrize("kind", ["torch", "keras"])
def test_the_weights_are_restored_bit_for_bit_after_an_exception(kind, network, images, monkeypatch):
    inputs, labels = images
    if kind == "keras":
        network = stored_models(Path(pgdl_eval.sample.__path__[0]))[1]["model_0"]()
        inputs = np.zeros((40, 8, 8, 1), np.float32)
    trained, moved = adapt(network), []
    before, original = trained.weights(), type(trained).loss_gradient

    def failing(self, *arguments):
        moved.append(not all(map(np.array_equal, self.weights(), before)))
        if len(moved) == 5:
            raise RuntimeError("out of memory")
        return original(self, *arguments)

    monkeypatch.setattr(type(trained), "loss_gradient", failing)
    with pytest.raises(RuntimeError, match="out of memory"):
        sharpness.complexity(network, (inputs, labels))
    assert moved == [True] * 5
    assert [w.tobytes() for w in trained.weights()] == [w.tobytes() for w in before]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda net, y: y.put(0, 4), {}, "Sequential: labels: the labels do not fit the outputs (expected class "
                                         "numbers from 0 to 3, found 0 to 4)"),
        (lambda net, y: net.requires_grad_(False), {}, "Sequential: weights: the model has no trainable weights"),
        (lambda net, y: net[0].bias.data.fill_(torch.nan), {}, "Sequential: outputs: an output is NaN or infinite"),
        (lambda net, y: None, {"starts": 0}, "starts: out of range (expected a whole number from 1 on, found 0)"),
        (lambda net, y: None, {"batch_size": 0}, "batch_size: bad setting (expected at least 1, found 0)"),
    ],
)  # fmt: skip
def test_bad_input_of_sharpness_is_a_clear_error(network, images, change, settings, message):
    change(network, images[1])
    with pytest.raises(InputError) as caught:
        sharpness.complexity(network, images, **settings)
    assert str(caught.value) == message


def test_a_keras_backend_without_gradients_is_a_clear_error(monkeypatch):
    from complexity.models.keras_model import KerasModel

    (inputs, labels), models = stored_models(Path(pgdl_eval.sample.__path__[0]))
    model = models["model_0"]()
    monkeypatch.setattr(KerasModel, "_backend", lambda self: "jax")
    for measure in (jacobian_norm, sharpness):
        with pytest.raises(InputError) as caught:
            measure.complexity(model, (inputs, labels))
        expected = "model_0: backend: no gradients on this Keras backend (expected tensorflow or torch, found jax)"
        assert str(caught.value) == expected
