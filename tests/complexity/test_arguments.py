"""Wrong calls say what came and what to write."""

from pathlib import Path

import numpy as np
import pytest

import pgdl_eval
from complexity import complexity
from complexity.errors import InputError
from complexity.models import TrainedModel


class Network(TrainedModel):
    """Stands for any model."""

    def forward(self):
        pass


MODEL, X, Y = Network(), np.ones((4, 2), np.float32), np.arange(4)
RIGHT, PAIR = "complexity(model, data)", "complexity(model, (inputs, labels))"
EITHER = "a Keras model or a torch.nn.Module"
LOADED = "the model that was loaded from it, by torch.load or keras.models.load_model"


@pytest.mark.parametrize(
    ("arguments", "problem", "expected", "found"),
    [
        (({"weight": X}, X), "model: weights alone are no model",
         f"the model after model.load_state_dict(weights): {RIGHT}", "dict"),
        ((Network, X), "model: a class is no trained model",
         f"an object of it that holds trained weights, as Network(...): {RIGHT}", "the class Network"),
        (("model.pt", X), "model: a path is no model", f"{LOADED}: {RIGHT}", "str"),
        ((Path("model.pt"), X), "model: a path is no model", f"{LOADED}: {RIGHT}", "PosixPath"),
        ((None, X), "model: the model is missing", f"{EITHER}: {RIGHT}", "NoneType"),
        (([MODEL, MODEL], X), "model: several models at once", f"one model a call: {RIGHT}", "list"),
        ((MODEL.forward, X), "model: a method of a model is no model", f"the model itself, without .forward: {RIGHT}",
         "method"),
        ((lambda x: x, X), "model: a function is no model", f"{EITHER}, whose layers can be seen: {RIGHT}", "function"),
        (((X, Y), MODEL), "model and data are swapped", RIGHT, "tuple, Network"),
        ((MODEL, X, Y), "dataset: inputs and labels are one argument", PAIR, "Network, ndarray, ndarray"),
        ((MODEL, "train"), "dataset: a name or a path is no data",
         f"what is read from it, arrays or a loader: {PAIR}", "'train'"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_an_error_that_says_what_came_and_what_to_write(arguments, problem, expected, found):
    with pytest.raises(InputError) as caught:
        complexity(*arguments)
    assert str(caught.value) == f"{problem} (expected {expected}, found {found})"


@pytest.mark.parametrize("arguments", [(MODEL,), (MODEL, None)])
def test_a_call_without_data_says_so(arguments):
    with pytest.raises(InputError) as caught:
        complexity(*arguments)
    assert str(caught.value) == (
        "dataset: the data on which the model was trained are missing (expected complexity(model, (inputs, labels)), "
        "or a loader in place of the pair)"
    )


def test_a_scikit_learn_model_is_called_that():
    linear = pytest.importorskip("sklearn.linear_model")
    with pytest.raises(InputError) as caught:
        complexity(linear.LinearRegression(), (X, Y))
    assert str(caught.value) == (
        f"model: a scikit-learn model is not read (expected {EITHER}: {RIGHT}, found LinearRegression)"
    )


def test_a_measure_by_name_says_the_same_with_its_own_call():
    with pytest.raises(InputError) as caught:
        pgdl_eval.compute("distance", X, MODEL)
    assert str(caught.value) == (
        "model and data are swapped (expected compute('distance', model, data), found ndarray, Network)"
    )


def test_a_saved_model_as_keras_loads_it_is_said_to_be_one():
    loaded = type("TFSMLayer", (), {"__module__": "keras.src.export.tfsm_layer"})()
    with pytest.raises(InputError, match=r"a SavedModel cannot be looked into \(expected the Keras model .* tf2onnx"):
        complexity(loaded, X)
