"""Keras models in files: whole ones are ranked, stored code and strange classes are refused, with how to go on."""

import warnings

import numpy as np
import pytest

import pgdl_eval
from complexity.errors import InputError
from pgdl_eval.ranking.models.keras_files import check_config, open_keras
from pgdl_eval.ranking.models.options import Options

IMAGES, LABELS = np.random.default_rng(0).random((40, 8, 8, 1), np.float32), np.arange(40) % 4


@pytest.fixture(scope="module")
def folder(keras_at_hand, tmp_path_factory):
    keras, folder = keras_at_hand, tmp_path_factory.mktemp("keras")
    layers = keras.layers

    @keras.saving.register_keras_serializable("mine")
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs

    def model(extra=(), width=6):
        first = [
            keras.Input((8, 8, 1)),
            *extra,
            layers.Conv2D(width, 3, activation="relu"),
            layers.BatchNormalization(),
        ]
        return keras.Sequential([*first, layers.Flatten(), layers.Dense(4, activation="softmax")])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of h5py and NumPy on Keras' way of writing
        model().save(folder / "a.keras")
        model(width=5).save(folder / "b.keras")
        model().save(folder / "c.h5")
        for name in ("lambda.keras", "lambda.h5"):
            model([layers.Lambda(lambda inputs: inputs * 2)]).save(folder / name)
        model([Own()]).save(folder / "own.keras")
        model().save_weights(folder / "alone.weights.h5")
    (folder / "cut.keras").write_bytes((folder / "a.keras").read_bytes()[:500])
    return folder


def test_whole_models_are_ranked_and_their_untrained_selves_stand_beside(folder):
    paths = [str(folder / name) for name in ("a.keras", "b.keras", "c.h5")]
    table = pgdl_eval.rank(paths, (IMAGES, LABELS), measures=["angle"], halves=2).set_index("model")
    assert set(table.index) == {"a", "b", "c"}
    assert table[["place", "angle", "angle untrained"]].notna().all(axis=None)
    assert (table["angle"] != table["angle untrained"]).all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lambda.keras", "a Lambda layer is stored Python code, which is not run .expected --trust runs it"),
        ("lambda.h5", "a Lambda layer is stored Python code, which is not run .expected --trust runs it"),
        ("own.keras", "a class or function that is not of Keras .*custom_objects=.*found .*Own"),
        ("alone.weights.h5", "weights alone do not say what network they are of .*model.save"),
        ("cut.keras", "HDF5|no Keras model"),
    ],
)
def test_what_is_refused_says_how_to_go_on(folder, name, words):
    with pytest.raises(InputError, match=words):
        open_keras(folder / name, Options())


def test_trust_runs_a_lambda(folder):
    assert open_keras(folder / "lambda.keras", Options(trust=True)).predict(IMAGES[:2], verbose=0).shape == (2, 4)


def test_a_saved_model_needs_trust_and_an_inference_graph_is_refused(folder, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(InputError, match="a SavedModel is a stored program, and none is run"):
        open_keras(tmp_path, Options())
    with pytest.raises(InputError, match="without its layers"):
        open_keras(tmp_path, Options(trust=True))


@pytest.mark.parametrize(
    "part",
    [
        {"class_name": "function", "module": "builtins", "config": "own"},
        {"class_name": "get_file", "module": "keras.utils", "config": {}},
        {"class_name": "system", "module": "os", "config": {}},
        {"class_name": "Lambda", "config": {"name": "x"}},
        {"class_name": "Layer", "module": "keras.layersx", "config": {}},
    ],
)
def test_configurations_with_what_is_not_of_keras_are_refused_before_keras_reads_them(part):
    config = {"class_name": "Sequential", "module": "keras", "config": {"layers": [part]}}
    with pytest.raises(InputError):
        check_config(config)
    check_config({**config, "config": {"layers": [{"class_name": "Dense", "module": "keras.layers", "config": {}}]}})


def test_a_saved_model_of_keras_2_is_ranked_where_it_is_trusted(tmp_path):
    tf_keras = pytest.importorskip("tf_keras")
    layers = tf_keras.layers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorFlow on its own old format
        model = tf_keras.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(6, "relu"), layers.Dense(4)])
        model.save(tmp_path / "saved", save_format="tf")
        table = pgdl_eval.rank(tmp_path / "saved", (IMAGES, LABELS), measures=["angle"], halves=2, trust=True)
    assert table[["angle", "angle untrained"]].notna().all(axis=None)
