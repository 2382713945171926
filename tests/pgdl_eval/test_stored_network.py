"""Stored models on ONNX Runtime and PyTorch: what Keras gives, for every layer that config.json may hold."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.models import adapt
from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.arguments import ACTIVATIONS
from pgdl_eval.formats.task import StoredModel
from pgdl_eval.stored_network import StoredNetwork

pytest.importorskip("keras")

from pgdl_eval.keras_models import build, clear_session

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

EQUAL = 3e-6  # of the largest value
HEAD = [{"layer_name": "Flatten"}, {"layer_name": "Dense", "units": 3}]
CONV = {"layer_name": "Conv2D", "filters": 3, "kernel_size": 2}


def stored(layers, shape, seed=0):
    config = parse_model_config({"model_config": layers, "input_shape": list(shape)})
    rng = np.random.default_rng(seed)
    shapes = [one for layer in config.weight_shapes() for one in layer.values()]
    kernels = {one: rng.standard_normal(one) / np.sqrt(np.prod(one[:-1])) for one in shapes if len(one) > 1}
    weights = [kernels.get(one, rng.uniform(0.1, 1, one)).astype(np.float32) for one in shapes]
    return StoredModel("model_0", Path(), config, weights, None)


def samples(shape, count=5):
    return np.random.default_rng(1).standard_normal((count, *shape)).astype(np.float32)


def assert_equal(found, wanted):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= EQUAL * np.abs(wanted).max()


def check(layers, shape, *, every=False):
    model, inputs = stored(layers, shape), samples(shape)
    clear_session()
    network, wanted = StoredNetwork(model), adapt(build(model))
    for layer in ("features", "logits", "first layer"):
        assert_equal(network.values_at(layer, inputs), wanted.values_at(layer, inputs))
    assert_equal(network.first_layer(inputs), wanted.first_layer(inputs))
    assert network.look("features", inputs) == wanted.look("features", inputs)
    assert [one.name for one in network.layer_runs(inputs)] == [one.name for one in wanted.layer_runs(inputs)]
    for name in network.names if every else ():
        assert_equal(network.values_at(f"{name}:output", inputs), wanted.values_at(f"{name}:output", inputs))
    for arrays in (StoredNetwork.weights, StoredNetwork.kernels):
        pairs = zip(arrays(network), getattr(wanted, arrays.__name__)(), strict=True)
        assert all(np.array_equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kind", ["Conv2D", "MaxPooling2D", "AveragePooling2D"])
def test_windows_of_every_size_stride_and_padding(kind, padding):
    for size, stride in itertools.product((2, (3, 1)), (1, 2, 3)):
        own = {"filters": 3, "kernel_size": size} if kind == "Conv2D" else {"pool_size": size}
        check([{"layer_name": kind, "strides": stride, "padding": padding, **own}, *HEAD], (5, 6, 2))


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_dilated_and_grouped_convolutions(padding):
    for dilation, groups in ((1, 1), (2, 2), ((2, 3), 2)):
        layer = {"layer_name": "Conv2D", "filters": 4, "kernel_size": 3, "dilation_rate": dilation, "groups": groups}
        check([{**layer, "padding": padding, "use_bias": groups == 1}, *HEAD], (9, 8, 2))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_in_every_place(name):
    dense = {"layer_name": "Dense", "units": 4, "activation": name}
    layer = {"layer_name": "Activation", "activation": name}
    if name != "exponential":  # of itself, it overflows
        check([{**CONV, "activation": name}, layer, dense, {"layer_name": "Flatten"}, dense], (5, 4, 2))
    check([CONV, *HEAD, {"layer_name": "Dropout", "rate": 0.5}, layer], (5, 4, 2))


def test_every_rectifier():
    for largest, slope, threshold in itertools.product((None, 0.5, 6), (0, 0.2), (0, 0.3)):
        own = {"max_value": largest, "negative_slope": slope, "threshold": threshold}
        check([CONV, {"layer_name": "ReLU", **own}, *HEAD], (5, 4, 2))


@pytest.mark.parametrize("axis", [-1, -2, -3, 1, 2, 3])
def test_batch_normalization_of_every_axis(axis):
    layer = {"layer_name": "BatchNormalization", "axis": axis, "center": axis > 0, "scale": axis % 2 == 0}
    check([CONV, layer, *HEAD, {"layer_name": "BatchNormalization"}], (5, 4, 2), every=axis == 1)


def test_pooling_over_the_whole_image_dense_layers_on_images_and_names_of_ones_own():
    pooling = {"layer_name": "GlobalAveragePooling2D", "keepdims": True}
    named = {"layer_name": "Dense", "units": 3, "name": "head", "use_bias": False}
    check([CONV, {"layer_name": "Dense", "units": 4}, {**CONV, "name": "mine"}, pooling, named], (5, 4, 2), every=True)
    check([CONV, {"layer_name": "GlobalAveragePooling2D"}, {"layer_name": "Dense", "units": 3}], (5, 4, 2))
    check([{"layer_name": "Dense", "units": 3}], (7,))


def test_inputs_and_layers_that_are_not_there():
    network = StoredNetwork(stored([CONV, *HEAD], (5, 4, 2)))
    with pytest.raises(InputError, match=r"expected samples of shape \(5, 4, 2\), found \(4, 4, 2\)"):
        network.features(samples((4, 4, 2)))
    with pytest.raises(InputError, match="did you mean conv2d"):
        network.values_at("conv2", samples((5, 4, 2)))
    with pytest.raises(InputError, match="no dense or convolutional layer"):
        StoredNetwork(stored([{"layer_name": "Flatten"}], (5, 4, 2)))


GRADIENTS = {
    "every kind": [
        {**CONV, "padding": "same", "activation": "relu"},
        {"layer_name": "BatchNormalization", "axis": 3},
        {"layer_name": "MaxPooling2D", "pool_size": 3, "strides": 2, "padding": "same"},
        {"layer_name": "AveragePooling2D", "pool_size": 2, "strides": 1, "padding": "same"},
        {"layer_name": "ReLU", "max_value": 6, "negative_slope": 0.1},
        {"layer_name": "Dense", "units": 4, "activation": "tanh", "trainable": False},
        *HEAD,
        {"layer_name": "Dropout", "rate": 0.5},
        {"layer_name": "Activation", "activation": "softmax"},
    ],
    "no dense layer": [
        {**CONV, "strides": 2, "activation": "gelu"},
        {"layer_name": "BatchNormalization", "center": False, "scale": False},
        {"layer_name": "Conv2D", "filters": 3, "kernel_size": 1, "groups": 3},
        {"layer_name": "GlobalAveragePooling2D"},
    ],
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_on_pytorch_are_those_of_keras(name):
    pytest.importorskip("torch")
    from pgdl_eval.torch_models import TorchStoredNetwork

    model, inputs, labels = stored(GRADIENTS[name], (7, 6, 3)), samples((7, 6, 3)), np.arange(5) % 3
    clear_session()
    network, wanted = TorchStoredNetwork(model), adapt(build(model))
    assert_equal(network.logits(inputs), wanted.logits(inputs))
    found, exact = network.squared_jacobians(inputs), wanted.squared_jacobians(inputs)
    assert found.shape == exact.shape
    assert (np.abs(found - exact) <= EQUAL * exact.max(axis=0)).all()
    (logits, gradient), (_, exact_gradient) = (one.loss_gradient(inputs, labels) for one in (network, wanted))
    assert_equal(logits, wanted.logits(inputs))
    for mine, theirs in zip(gradient, exact_gradient, strict=True):
        assert mine.shape == theirs.shape
        assert np.abs(mine - theirs).max() <= EQUAL * max(np.abs(part).max() for part in exact_gradient)
    with network.replaced_weights() as replace:
        replace([1.5 * weight for weight in network.trainable_weights()])
        assert np.abs(network.logits(inputs) - logits).max() > 0.01
    assert np.array_equal(network.logits(inputs), logits)


def test_little_work_takes_one_thread_of_pytorch_and_gives_the_others_back(monkeypatch):
    torch = pytest.importorskip("torch")
    from pgdl_eval.torch_models import TorchStoredNetwork

    network, inputs, seen = TorchStoredNetwork(stored([CONV, *HEAD], (4, 4, 2))), samples((4, 4, 2)), []
    forward = network._forward
    monkeypatch.setattr(network, "_forward", lambda tensor: (seen.append(torch.get_num_threads()), forward(tensor))[1])
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        for call in (
            network.logits,
            network.squared_jacobians,
            lambda one: network.loss_gradient(one, np.zeros(5, int)),
        ):
            call(inputs)
            assert torch.get_num_threads() == 3
        monkeypatch.setattr("pgdl_eval.stored_network.FEW_MULTIPLY_ADDS", 0)
        network.logits(inputs)
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 1, 1, 3]
