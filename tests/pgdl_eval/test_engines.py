"""Engines: a value does not depend on which one computed it, the provenance says it, and what is lacking is named."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.measures.registry import Measure
from pgdl_eval import engines
from pgdl_eval.engines import KERAS, ONNX, TORCH, engine_for, is_own
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.measures import all_measures, find_measure
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.sample.run import FOLDER


def kind_of_model(model, dataset):
    """A stranger's measure: 1 for a Keras model as the competition promises it."""
    return float(hasattr(model, "layers") and hasattr(model, "predict"))


GRADIENTS = (
    "augment_margin", "constrained_margin", "jacobian_norm", "k_variance_gradient_margin", "k_variance_margin",
    "mixup_margin", "sharpness",
)  # fmt: skip
STRANGE = Measure("kind_of_model", kind_of_model, "larger gap", (0, 1), frozenset(), True, "test")


def without(monkeypatch, *packages):
    """Let these packages look as if they were not installed."""
    monkeypatch.setattr(engines, "find_spec", lambda name: None if name in packages else object())


def test_each_measure_has_its_engine(monkeypatch):
    found = {name: engine_for(one) for name, one in all_measures().items() if "+" not in name}
    assert {name for name, engine in found.items() if engine == TORCH} == set(GRADIENTS)
    assert set(found.values()) == {TORCH, ONNX}
    assert engine_for(find_measure("angle[max_samples=10]")) == ONNX
    assert engine_for(STRANGE) == KERAS
    assert not is_own(STRANGE)
    without(monkeypatch, "torch")
    assert engine_for(find_measure("sharpness")) == KERAS
    without(monkeypatch, "torch", "keras", "tf_keras")
    assert engine_for(find_measure("angle")) == ONNX
    with pytest.raises(InputError, match=r"sharpness: it needs gradients, .* the extra \[torch\] or \[keras\]"):
        engine_for(find_measure("sharpness"))


def test_where_gradients_are_not_to_be_had_the_other_rows_are_there(four_models, tmp_path, monkeypatch):
    without(monkeypatch, "torch", "keras", "tf_keras")
    measures = [find_measure(name) for name in ("jacobian_norm", "vc_dimension", "angle")]
    outcome = ingest(four_models, tmp_path, measures)
    assert outcome.computed == 8
    ((_, measure, models, why),) = outcome.failures  # once, not once a model
    assert (measure, models) == ("jacobian_norm", "all models")
    assert "the extra [torch] or [keras]" in why
    assert list(outcome.lacking) == ["jacobian_norm"]


def test_a_folder_begun_on_one_engine_goes_on_with_another(keras_at_hand, four_models, tmp_path, monkeypatch):
    measures = [find_measure("jacobian_norm"), STRANGE]
    task = find_tasks(four_models)[0]
    file = tmp_path / "jacobian_norm" / f"{task.name}.predict"
    ingest(four_models, tmp_path, measures)
    on_torch = dict(read_values(file))
    assert set(read_values(tmp_path / "kind_of_model" / f"{task.name}.predict").values()) == {1.0}
    shortened = {name: on_torch[name] for name in ("model_0", "model_1")}
    file.write_text(json.dumps(shortened))
    without(monkeypatch, "torch")
    assert ingest(four_models, tmp_path, measures).computed == 2
    mixed = dict(read_values(file))
    assert list(mixed.values()) == pytest.approx([on_torch[name] for name in mixed], rel=1e-5)
    assert shortened.items() <= mixed.items()
    used = json.loads(file.with_name(f"{task.name}.provenance.json").read_text())["engines"]
    assert {name: engine.split()[0] for name, engine in used.items()} == {
        "model_0": "torch", "model_1": "torch", "model_2": "keras", "model_3": "keras",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["angle", "pseudo_validation", "mixup_davies_bouldin", "subspace_stability", "worst_case_variation"]
)
def test_a_value_on_onnx_runtime_is_that_on_keras(keras_at_hand, four_models, name, monkeypatch):
    from pgdl_eval.keras_models import build, clear_session
    from pgdl_eval.stored_network import StoredNetwork

    task, measure = find_tasks(four_models)[0], find_measure(name)
    data = task.training_samples()
    for model in task.models:
        clear_session()
        stored = task.read_model(model)
        found, wanted = measure(StoredNetwork(stored), data), measure(build(stored), data)
        assert found == pytest.approx(wanted, rel=1e-5, abs=1e-5)
        same = {key: value for key, value in found.details.items() if isinstance(value, (str, bool, int))}
        assert same == {key: wanted.details[key] for key in same}


@pytest.mark.parametrize("name", [name for name in GRADIENTS if name not in ("jacobian_norm", "sharpness")])
def test_a_value_by_gradients_on_pytorch_is_that_on_keras(keras_at_hand, four_models, name):
    from pgdl_eval.keras_models import build, clear_session
    from pgdl_eval.torch_models import TorchStoredNetwork

    task, measure = find_tasks(four_models)[0], find_measure(name)
    clear_session()
    stored, data = task.read_model(task.models[0]), task.training_samples()
    found, wanted = measure(TorchStoredNetwork(stored), data), measure(build(stored), data)
    assert found == pytest.approx(wanted, rel=1e-4)


def test_the_main_job_imports_no_framework(tmp_path):
    code = f"""
        import sys
        from pathlib import Path
        from pgdl_eval.measures import find_measure
        from pgdl_eval.runner.ingestion import ingest
        names = ("angle", "distance", "vc_dimension", "pseudo_validation")
        outcome = ingest(Path({str(FOLDER)!r}), Path({str(tmp_path)!r}), [find_measure(name) for name in names])
        assert not outcome.failures, outcome.failures
        frameworks = {{"tensorflow", "keras", "tf_keras", "torch"}} & set(sys.modules)
        assert not frameworks, frameworks
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=300)


def test_weight_measures_write_no_graph(four_models, tmp_path, monkeypatch):
    from pgdl_eval import stored_network

    monkeypatch.setattr(stored_network, "build_graph", lambda *given: pytest.fail("a graph was written"))
    outcome = ingest(four_models, tmp_path, [find_measure("distance"), find_measure("vc_dimension")])
    assert (outcome.computed, outcome.failures) == (8, [])
    assert np.isfinite(list(read_values(tmp_path / "distance" / "digits.predict").values())).all()
