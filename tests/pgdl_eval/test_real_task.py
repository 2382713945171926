"""The competition's own sample task, ingested whole and scored."""

import json

import numpy as np
import pytest

from complexity import angle
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.measures import find_measure
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.score import score

pytest.importorskip("keras")
BUILT = ("angle", "distance", "vc_dimension")


@pytest.fixture(scope="module")
def toy(shared_data, keras_at_hand, tmp_path_factory):
    """The task, and the predictions of three measures on it."""
    output = tmp_path_factory.mktemp("toy")
    folder = shared_data / "pgdl" / "sample_data"
    outcome = ingest(folder, output, [find_measure(name) for name in BUILT])
    assert (outcome.computed, outcome.failures) == (54, [])
    return find_tasks(folder)[0], output


def float64_features(stored, inputs):
    """The input of the last dense layer, in float64."""
    values = inputs.astype(np.float64)
    weights = [w.astype(np.float64) for w in stored.weights]
    for layer, kernel, bias in zip(stored.config.layers[:-1], weights[:-2:2], weights[1:-2:2], strict=True):
        values = values @ kernel + bias
        values = np.tanh(values) if layer.arguments["activation"] == "tanh" else np.maximum(values, 0)
    return values


def test_every_angle_is_that_of_a_float64_svd(toy):
    task, output = toy
    inputs, _ = task.training_samples()
    data = np.linalg.svd(inputs.astype(np.float64), full_matrices=False)
    assert data[1][0] / data[1][1] == pytest.approx(1.046, abs=1e-3)
    found = read_values(output / "angle" / "toy_data.predict")
    for name in task.models:
        features = float64_features(task.read_model(name), inputs)
        model = np.linalg.svd(features, full_matrices=False)[0][:, 0]
        assert found[name] == pytest.approx(angle(model, data[0][:, 0]), abs=1e-4)


@pytest.mark.parametrize("name", ["distance", "vc_dimension"])
def test_the_baselines_agree_with_the_organizers_code(toy, shared_data, name):
    official = json.loads((shared_data / "pgdl" / "kit_baselines" / f"toy_{name}.json").read_text())["values"]
    assert read_values(toy[1] / name / "toy_data.predict") == pytest.approx(official, rel=1e-5)


def test_the_predictions_are_scored(toy, shared_data, tmp_path):
    found = score(shared_data / "pgdl" / "sample_data", toy[1], tmp_path / "out")
    assert found.errors == []
    measured = [row for row in found.evaluations() if not row.floor]
    assert {row.measure: row.models for row in measured} == dict.fromkeys(BUILT, 18)
