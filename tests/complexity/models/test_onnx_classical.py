"""Graphs with operators for classical models, as skl2onnx writes them: the network is taken, the rest left out."""

import warnings

import numpy as np
import onnx
import pytest
from exported_graphs import dense_graph
from onnx import helper

import complexity
from complexity.errors import InputError
from complexity.models import adapt

RNG = np.random.default_rng(0)
X, LABELS = RNG.standard_normal((90, 6)).astype(np.float32), np.arange(90) % 3


def exported(model, *, zipmap=True, labels=LABELS):
    """What skl2onnx writes of a scikit-learn model that is fitted to the samples."""
    to_onnx = pytest.importorskip("skl2onnx").to_onnx
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of what skl2onnx reads in a scikit-learn newer than it
        return to_onnx(model.fit(X, labels), X[:1], options={"zipmap": zipmap})


def perceptron():
    network = pytest.importorskip("sklearn.neural_network")
    return network.MLPClassifier((5,), solver="lbfgs", max_iter=20, tol=1, random_state=0)


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("labels", [LABELS, LABELS.astype(str)], ids=["numbers", "words"])
def test_the_network_of_a_classifier_is_taken_and_its_labels_are_left_out(zipmap, labels):
    model = perceptron()
    graph = exported(model, zipmap=zipmap, labels=labels)
    network, before = adapt(graph), graph.SerializeToString()
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    np.testing.assert_allclose(network.features(X), hidden, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(network.logits(X), hidden @ model.coefs_[1] + model.intercepts_[1], rtol=1e-4, atol=1e-4)
    assert [one.shape for one in network.weights()] == [(6, 5), (1, 5), (5, 3), (1, 3)]  # no list of classes
    assert graph.SerializeToString() == before
    label = "output_label" if zipmap else "label"
    assert complexity.complexity(graph, (X, LABELS)).details["outputs_left_out"] == [label]
    assert f"left out, since operators for classical models make it: {label}" in str(
        complexity.check(graph, (X, LABELS))
    )


def test_probabilities_of_two_classes_are_taken():
    model = perceptron()
    graph = exported(model, labels=LABELS % 2)
    np.testing.assert_allclose(adapt(graph).logits(X), model.predict_proba(X), rtol=1e-4, atol=1e-5)


def test_a_scaler_before_the_network_stays():
    pipeline = pytest.importorskip("sklearn.pipeline")
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    model = pipeline.make_pipeline(scaler, perceptron())
    network = adapt(exported(model))
    hidden = np.maximum(scaler.transform(X) @ model[1].coefs_[0] + model[1].intercepts_[0], 0)
    np.testing.assert_allclose(network.features(X), hidden, rtol=1e-4, atol=1e-5)


def test_outputs_keep_their_names_and_positions():
    graph = exported(perceptron())
    by_position, by_name = (adapt(graph, output).logits(X) for output in (1, "output_probability"))
    np.testing.assert_array_equal(by_position, by_name)
    with pytest.raises(InputError, match="output_label"):
        adapt(graph, "output_label")
    with pytest.raises(InputError, match="0"):
        adapt(graph, 0)


@pytest.mark.parametrize(
    ("module", "name", "operators"),
    [
        ("sklearn.tree", "DecisionTreeClassifier", "TreeEnsembleClassifier"),
        ("sklearn.svm", "SVC", "SVMClassifier, ArrayFeatureExtractor"),
        ("sklearn.linear_model", "LogisticRegression", "LinearClassifier, Normalizer"),
    ],
)
def test_what_is_no_network_is_refused(module, name, operators, tmp_path):
    graph = exported(getattr(pytest.importorskip(module), name)())
    onnx.save(graph, tmp_path / "model.onnx")
    with pytest.raises(InputError) as caught:
        adapt(tmp_path / "model.onnx")
    assert str(caught.value) == (
        "model.onnx: output_label, output_probability: no network: every output is made by operators for classical "
        f"models ({operators}) (expected an output of ONNX's own operators, as of a scikit-learn MLPClassifier)"
    )


def test_a_network_whose_output_goes_through_a_tree_is_refused():
    """Also where ONNX's own operators come after it."""
    nodes = [
        helper.make_node("Binarizer", ["y"], ["bits"], domain="ai.onnx.ml", threshold=0.5),
        helper.make_node("Relu", ["bits"], ["z"]),
    ]
    graph = dense_graph(nodes, outputs=["z"])
    graph.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    with pytest.raises(InputError, match=r"z: no network: every output is made by .* \(Binarizer\)"):
        adapt(graph)
