"""Legacy Keras HDF5: what any Keras writes ours reads, what ours writes any Keras loads."""

import importlib.util
from importlib.metadata import version

import h5py
import numpy as np
import pytest

from complexity.errors import InputError
from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.task import read_model_weights
from pgdl_eval.formats.task_writer import layer_names, write_model_weights
from pgdl_eval.formats.weights import LayerWeights, read_weights, write_weights

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CONFIG = parse_model_config(
    {
        "model_config": [
            {"layer_name": "Conv2D", "filters": 3, "kernel_size": 3},
            {"layer_name": "BatchNormalization"},
            {"layer_name": "ReLU"},
            {"layer_name": "MaxPooling2D"},
            *[{"layer_name": "Dense", "units": 4}] * 11,  # dense_10 sorts before dense_2
            {"layer_name": "Flatten"},
            {"layer_name": "Dropout", "rate": 0.5},
            {"layer_name": "Dense", "units": 2, "use_bias": False},
        ],
        "input_shape": [6, 6, 2],
    }
)


def random_weights():
    """Weights for `CONFIG` in which no two arrays are alike."""
    rng = np.random.default_rng(3)
    shapes = [shape for layer in CONFIG.weight_shapes() for shape in layer.values()]
    return [rng.random(shape).astype(np.float32) for shape in shapes]


def keras_model(name):
    """An untrained model of `CONFIG` by the Keras of that name, and that Keras; skipped where it is not there."""
    keras = pytest.importorskip(name)
    layers = [getattr(keras.layers, layer.kind)(**layer.arguments) for layer in CONFIG.layers]
    model = keras.Sequential(layers)
    model.build((None, *CONFIG.input_shape))
    return model, keras


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


KERAS = [name for name in ("keras", "tf_keras") if importlib.util.find_spec(name)] or ["keras"]
# Keras 3 saves weights alone in another format only.
LEGACY_KERAS = [name for name in KERAS if name == "tf_keras" or version("keras") < "3"] or ["tf_keras"]


@pytest.mark.parametrize("name", KERAS)
@pytest.mark.parametrize("suffix", ["hdf5", "h5"])
def test_keras_loads_what_is_written(tmp_path, name, suffix):
    path, weights = tmp_path / f"weights.{suffix}", random_weights()
    write_model_weights(path, CONFIG, weights)
    model, _ = keras_model(name)
    model.load_weights(str(path))
    assert_same(model.get_weights(), weights)


@pytest.mark.parametrize("name", LEGACY_KERAS)
def test_what_keras_saves_as_hdf5_is_read(tmp_path, name):
    model, _ = keras_model(name)
    weights = random_weights()
    model.set_weights(weights)
    model.save_weights(str(tmp_path / "weights.hdf5"))
    assert_same(read_model_weights(tmp_path / "weights.hdf5", CONFIG), weights)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", KERAS)
def test_the_weights_of_a_whole_saved_model_are_read(tmp_path, name):
    model, _ = keras_model(name)
    weights = random_weights()
    model.set_weights(weights)
    model.save(str(tmp_path / "model.h5"))
    assert_same(read_model_weights(tmp_path / "model.h5", CONFIG), weights)


def test_layers_without_a_name_are_numbered_as_keras_does():
    pytest.importorskip("keras").backend.clear_session()
    model, _ = keras_model("keras")
    assert layer_names(CONFIG) == [layer.name for layer in model.layers]


def test_the_competitions_own_files_are_read_in_the_order_of_layer_names(shared_data):
    path = shared_data / "pgdl" / "sample_data" / "toy_data" / "model_10" / "weights.hdf5"
    layers = read_weights(path)
    assert [layer.layer for layer in layers] == ["dense_36", "dense_37", "dense_38", "dense_39"]
    assert layers[0].names == ("dense_36/kernel:0", "dense_36/bias:0")
    assert [array.shape for array in layers[3].arrays] == [(128, 2), (2,)]


def test_layers_come_in_the_order_of_layer_names_and_not_of_hdf5(tmp_path):
    layers = [LayerWeights(f"dense_{n}", (f"dense_{n}/z:0", f"dense_{n}/a:0"), (np.full(2, n), -np.ones(1)))
              for n in (9, 10, 2)]  # fmt: skip
    write_weights(tmp_path / "weights.hdf5", [*layers, LayerWeights("flatten", (), ())])
    found = read_weights(tmp_path / "weights.hdf5")
    assert [(layer.layer, *layer.names) for layer in found] == [
        ("dense_9", "dense_9/z:0", "dense_9/a:0"),
        ("dense_10", "dense_10/z:0", "dense_10/a:0"),
        ("dense_2", "dense_2/z:0", "dense_2/a:0"),
        ("flatten",),
    ]
    assert [layer.arrays[0].tolist() for layer in found[:3]] == [[9, 9], [10, 10], [2, 2]]


def test_long_lists_of_names_that_keras_splits_are_put_together(tmp_path):
    path, weights = tmp_path / "weights.hdf5", random_weights()
    write_model_weights(path, CONFIG, weights)
    with h5py.File(path, "r+") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        for number, part in enumerate(np.array_split(names, 12)):
            file.attrs[f"layer_names{number}"] = part
    assert_same(read_model_weights(path, CONFIG), weights)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_floats_become_float32_as_in_keras(tmp_path, kind):
    path = tmp_path / "weights.hdf5"
    write_weights(path, [LayerWeights("dense", ("dense/kernel:0",), (np.ones(1),))])
    with h5py.File(path, "r+") as file:
        del file["dense/dense/kernel:0"]
        file["dense/dense/kernel:0"] = np.array([0.1, 3], kind)
    found = read_weights(path)[0].arrays[0]
    np.testing.assert_array_equal(found, np.array([0.1, 3], kind).astype(np.float32), strict=True)


def test_a_file_cut_anywhere_is_an_error(tmp_path):
    path = tmp_path / "weights.hdf5"
    write_weights(path, [LayerWeights("dense", ("dense/kernel:0", "dense/bias:0"), (np.ones((64, 9)), np.ones(9)))])
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"weights\.hdf5: no legacy Keras weights can be read: "):
            read_weights(path)


def spoiled(path, change):
    write_weights(path, [LayerWeights("dense", ("dense/kernel:0",), (np.ones((2, 3)),))])
    with h5py.File(path, "r+") as file:
        change(file)


def replace(value):
    def change(file):
        del file["dense/dense/kernel:0"]
        file["dense/dense/kernel:0"] = value

    return change


DAMAGE = {
    "NaN": (
        replace(np.array([[1, np.nan, np.inf]])),
        "dense/kernel:0: NaN or infinite weights (expected finite, found 2 of 3)",
    ),
    "too large": (
        replace(np.array([1e300])),
        "dense/kernel:0: NaN or infinite weights (expected finite, found 1 of 1)",
    ),
    "integers": (replace(np.array([1, 2])), "dense/kernel:0: weights are no floating-point numbers (found int64)"),
    "no names of layers": (
        lambda file: file.attrs.__delitem__("layer_names"),
        "/: layer_names: no legacy Keras weights (expected an attribute)",
    ),
    "no names of weights": (
        lambda file: file["dense"].attrs.__delitem__("weight_names"),
        "/dense: weight_names: no legacy Keras weights (expected an attribute)",
    ),
    "a layer is gone": (
        lambda file: file.__delitem__("dense"),
        "/dense: no legacy Keras weights can be read: the entry",
    ),
    "a group for an array": (
        lambda file: [file.__delitem__("dense/dense/kernel:0"), file.create_group("dense/dense/kernel:0")],
        "dense/kernel:0: weights are no floating-point numbers (found a group)",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_weights_are_an_error_that_names_file_and_weight(tmp_path, damage):
    change, message = DAMAGE[damage]
    path = tmp_path / "weights.hdf5"
    spoiled(path, change)
    with pytest.raises(InputError) as caught:
        read_weights(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_weights_of_another_architecture_are_not_written(tmp_path):
    with pytest.raises(InputError, match=r"weights\.hdf5: weights of another shape"):
        write_model_weights(tmp_path / "weights.hdf5", CONFIG, random_weights()[:-1])
