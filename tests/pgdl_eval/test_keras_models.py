"""Keras models from their stored form: the same function, weights in the same order, on the Keras that is there."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from complexity.errors import InputError
from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.layers import LAYERS
from pgdl_eval.formats.task import StoredModel, find_tasks
from pgdl_eval.formats.task_writer import write_model

pytest.importorskip("keras")

from pgdl_eval.keras_models import build, build_untrained, keras_package

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

VGG = [
    {"layer_name": "Conv2D", "filters": 4.0, "kernel_size": [3.0, 3], "padding": "same", "activation": "relu"},
    {"layer_name": "BatchNormalization", "axis": [3], "fused": True, "epsilon": 0.01},
    {"layer_name": "MaxPooling2D", "pool_size": [2, 2], "strides": None},
    {"layer_name": "Conv2D", "filters": 6, "kernel_size": 3, "groups": 2, "dilation_rate": [2, 1], "use_bias": False},
    {"layer_name": "ReLU", "max_value": 6, "negative_slope": 0.1, "threshold": 0},
    {"layer_name": "Flatten"},
    {"layer_name": "Dense", "units": 5, "activation": "tanh", "kernel_regularizer": {"class_name": "L2"}},
    {"layer_name": "Dropout", "rate": 0.5, "seed": 1},
    {"layer_name": "Dense", "units": 3, "trainable": False},
    {"layer_name": "Activation", "activation": "softmax"},
]
NETWORK_IN_NETWORK = [
    {"layer_name": "Conv2D", "filters": 4, "kernel_size": 5, "strides": [2, 2], "activation": "elu"},
    {"layer_name": "BatchNormalization", "center": False, "scale": False},
    {"layer_name": "AveragePooling2D", "pool_size": 3, "strides": 1, "padding": "same"},
    {"layer_name": "BatchNormalization", "scale": False},
    {"layer_name": "Conv2D", "filters": 3, "kernel_size": 1},
    {"layer_name": "GlobalAveragePooling2D"},
]
ARCHITECTURES = {"VGG-like": VGG, "Network-in-Network": NETWORK_IN_NETWORK}


def architecture(name):
    return parse_model_config({"model_config": ARCHITECTURES[name], "input_shape": [12, 10, 2]})


def test_the_architectures_hold_every_layer():
    assert {layer["layer_name"] for layers in ARCHITECTURES.values() for layer in layers} == set(LAYERS)


def random_weights(config, seed):
    rng = np.random.default_rng(seed)
    shapes = [shape for layer in config.weight_shapes() for shape in layer.values()]
    kernels = {shape: rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1])) for shape in shapes if len(shape) > 1}
    return [kernels.get(shape, rng.uniform(0.1, 1, shape)).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_shapes_are_those_of_keras_layer_by_layer(name):
    config = architecture(name)
    model = build_untrained(config)
    expected = [[tuple(weight.shape) for weight in layer.get_weights()] for layer in model.layers]
    assert [list(layer.values()) for layer in config.weight_shapes()] == expected
    shape = config.input_shape
    for stored, layer in zip(config.layers, model.layers, strict=True):
        shape = LAYERS[stored.kind].shapes(stored.arguments, shape)[1]
        assert shape == tuple(layer.output.shape)[1:]


def by_hand(name):
    """The same architectures as one writes them in Keras."""
    layers = keras_package().layers
    return {
        "VGG-like": [
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(epsilon=0.01),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, groups=2, dilation_rate=(2, 1), use_bias=False),
            layers.ReLU(6, negative_slope=0.1),
            layers.Flatten(),
            layers.Dense(5, "tanh"),
            layers.Dropout(0.5),
            layers.Dense(3),
            layers.Softmax(),
        ],
        "Network-in-Network": [
            layers.Conv2D(4, 5, strides=2, activation="elu"),
            layers.BatchNormalization(center=False, scale=False),
            layers.AveragePooling2D(3, strides=1, padding="same"),
            layers.BatchNormalization(scale=False),
            layers.Conv2D(3, 1),
            layers.GlobalAveragePooling2D(),
        ],
    }[name]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_computes_what_its_configuration_says(tmp_path, name):
    config = architecture(name)
    weights = random_weights(config, 4)
    model = build(StoredModel("model_0", tmp_path, config, weights, None))
    expected = keras_package().Sequential(by_hand(name))
    expected.build((None, *config.input_shape))
    expected.set_weights(weights)
    images = np.random.default_rng(0).random((5, *config.input_shape), dtype=np.float32) - 0.5
    outputs = model.predict(images, verbose=0)
    assert np.ptp(outputs, axis=0).min() > 1e-3
    np.testing.assert_allclose(outputs, expected.predict(images, verbose=0), rtol=1e-6)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_survives_its_files(tmp_path, name):
    config = architecture(name)
    model = build_untrained(config)
    model.set_weights(random_weights(config, 1))
    write_model(tmp_path / "task" / "model_7", config, model.get_weights(), random_weights(config, 2))
    again = build(find_tasks(tmp_path)[0].read_model("model_7"))
    assert again.name == "model_7"
    images = np.random.default_rng(0).random((5, 12, 10, 2), dtype=np.float32)
    for one, other in (
        (again.get_weights(), model.get_weights()),
        (again.initial_weights, random_weights(config, 2)),
        (again.predict(images, verbose=0), model.predict(images, verbose=0)),
    ):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_model_without_initial_weights_lacks_the_attribute(tmp_path):
    config = architecture("VGG-like")
    model = build(StoredModel("model_0", tmp_path, config, random_weights(config, 0), None))
    assert not hasattr(model, "initial_weights")


def test_what_keras_refuses_is_an_error_that_names_the_model(tmp_path):
    config = architecture("VGG-like")
    stored = StoredModel("model_0", tmp_path, config, random_weights(config, 0)[1:], None)
    with pytest.raises(InputError) as caught:
        build(stored)
    assert str(caught.value).startswith(f"{tmp_path / 'config.json'}: model_0: Keras refuses the model: ")


def test_the_competitions_own_models_have_the_recorded_accuracies(shared_data):
    (task,) = find_tasks(shared_data / "pgdl" / "sample_data")
    reference = json.loads(task.reference_file.read_text())
    parts = {"train_acc": task.training_samples(), "test_acc": task.test_samples()}
    for name in task.models:
        model = build(task.read_model(name))
        model.run_eagerly = True  # no graph for the sake of one batch
        for metric, (inputs, labels) in parts.items():
            logits = model.predict(inputs, batch_size=len(inputs), verbose=0)
            expected = reference[name.removeprefix("model_")]["metrics"][metric]
            assert np.mean(logits.argmax(axis=1) == labels) == pytest.approx(expected, abs=1e-6), (name, metric)


CHOOSE = """
import sys
hidden = {"sklearn", "matplotlib", *sys.argv[1].split(",")}  # Keras imports these two where they are
class Hiding:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else self.finder.find_spec(name, path, target)
sys.meta_path = [Hiding(finder) for finder in sys.meta_path]
from complexity.errors import InputError
from pgdl_eval.keras_models import keras_package
try:
    keras = keras_package()
    print(keras.__name__, keras.config.backend() if keras.__name__ == "keras" else keras.backend.backend())
except InputError as error:
    print(error)
"""


def needs(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


# What Keras writes into its folder by itself where it finds nothing.
WRITTEN = {"floatx": "float32", "epsilon": 1e-07, "backend": "tensorflow", "image_data_format": "channels_last"}
# For each process its environment, the packages that are not there for it, and the user's configuration of Keras.
PROCESSES = {
    "without TensorFlow": ({}, "tensorflow,tf_keras", None),
    "without TensorFlow, again": ({}, "tensorflow,tf_keras", WRITTEN),
    "configured": ({}, "", {"backend": "torch"}),
    "legacy": ({"TF_USE_LEGACY_KERAS": "1"}, "", None),
    "without Keras": ({}, "keras,tf_keras", None),
}


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """Fresh processes in which `keras_package` chooses, each with a home of its own; all run at once."""
    kept = {key: value for key, value in os.environ.items() if key not in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS")}
    started = {}
    for name, (variables, hidden, configuration) in PROCESSES.items():
        home = tmp_path_factory.mktemp("keras")
        if configuration is not None:
            (home / "keras.json").write_text(json.dumps(configuration))
        command, environment = [sys.executable, "-c", CHOOSE, hidden], {**kept, "KERAS_HOME": str(home), **variables}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started[name] = subprocess.Popen(command, env=environment, **pipes), home
    yield started
    for process, _ in started.values():
        process.kill()
        process.communicate()


def chosen(processes, name):
    """What a process says that it chose, and the home of its Keras."""
    process, home = processes[name]
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output.strip(), home


@needs("torch")
def test_keras_runs_on_pytorch_where_tensorflow_is_not_installed(processes):
    choice, home = chosen(processes, "without TensorFlow")
    assert choice == "keras torch"
    assert json.loads((home / "keras.json").read_text()) == WRITTEN  # by Keras itself; found by it the next time:
    assert chosen(processes, "without TensorFlow, again")[0] == "keras torch"


@needs("torch", "tensorflow")
def test_the_backend_of_the_users_keras_configuration_holds(processes):
    assert chosen(processes, "configured")[0] == "keras torch"


@needs("tf_keras")
def test_legacy_keras_is_used_where_tensorflow_is_told_to(processes):
    assert chosen(processes, "legacy")[0] == "tf_keras tensorflow"


def test_without_keras_the_error_says_what_to_install(processes):
    message = "keras is not installed (expected the extra [keras] or [keras-torch])"
    assert chosen(processes, "without Keras")[0] == message
