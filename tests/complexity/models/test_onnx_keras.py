"""Networks of Keras, exported as ONNX graphs by Keras itself, give what Keras gives."""

import warnings

import numpy as np
import pytest

from complexity.models import adapt
from pgdl_eval import compute, list_measures

keras = pytest.importorskip("keras")
pytest.importorskip("tf2onnx")
EQUAL, N, CLASSES = 1e-5, 24, 5  # of the largest value; samples; classes
LACKING = ("gradients", "initial weights")  # in a graph
OF_WEIGHTS = ("alpha", "frobenius_over_margin", "parameters", "spectral_norms")  # the exporter folds some into others
OF_ALL_LAYERS = ("variation_rate", "worst_case_variation")  # which in a graph are operators
DECLARED = [one for one in list_measures().to_dict("records") if one["name"] not in (*OF_WEIGHTS, *OF_ALL_LAYERS)]
FORWARD_ONLY = [one["name"] for one in DECLARED if not any(need in one["needs"] for need in LACKING)]


def mlp(inputs):
    return keras.layers.Dense(16, "relu")(keras.layers.Flatten()(inputs))


def vgg(inputs):
    x = keras.layers.Conv2D(8, 3, activation="relu", padding="same")(inputs)
    x = keras.layers.BatchNormalization()(keras.layers.MaxPooling2D()(x))
    return keras.layers.Dense(9, "relu")(keras.layers.Flatten()(keras.layers.Conv2D(8, 3, 2, activation="relu")(x)))


def residual(inputs):
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3, padding="same")(inputs)))
    x = keras.layers.Add()([x, keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)])
    return keras.layers.GlobalAveragePooling2D()(x)


def encoder(inputs):
    x = keras.layers.Dense(16)(keras.layers.Reshape((8, 24))(inputs))
    x = keras.layers.LayerNormalization()(x + keras.layers.MultiHeadAttention(2, 8)(x, x))
    x = keras.layers.LayerNormalization()(x + keras.layers.Dense(16)(keras.layers.Dense(32, "relu")(x)))
    return keras.layers.GlobalAveragePooling1D()(x)


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    return rng.random((N, 8, 8, 3), dtype=np.float32), np.arange(N) % CLASSES


@pytest.mark.filterwarnings("ignore::complexity.errors.InputWarning")  # small and untrained: some measures doubt them
@pytest.mark.parametrize("body", [mlp, vgg, residual, encoder], ids=lambda one: one.__name__)
def test_a_graph_that_keras_exports_gives_what_keras_gives(tmp_path, samples, body):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Dense(CLASSES, "softmax")(body(inputs)))
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model(samples[0])  # Keras refuses to export one that was never called
        model.export(path, format="onnx", verbose=False)
    graph, wanted = adapt(path), adapt(model)
    for layer in ("features", "logits"):
        ours, theirs = graph.values_at(layer, samples[0]), wanted.values_at(layer, samples[0])
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= EQUAL * np.abs(theirs).max()
    for name in FORWARD_ONLY:
        assert compute(name, path, samples) == pytest.approx(compute(name, model, samples), rel=EQUAL, abs=1e-6), name
