"""From task folders to predictions, with a measure that needs no framework: what `ingest` itself does."""

import json
import shutil
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from stranger_modules import write_strangers

from complexity.errors import InputError, InputWarning
from complexity.measures.measured import Measured
from complexity.measures.registry import Measure
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.task import Task
from pgdl_eval.runner.ingestion import ingest

calls: list[str] = []


def sum_of_weights(model, dataset, *, scale=1.0):
    """A measure that counts its calls."""
    calls.append(model.name)
    if model.name == "model_2":
        warnings.warn("a doubt", InputWarning, stacklevel=1)
    return Measured(scale * float(sum(np.abs(w).sum() for w in model.weights)), {"samples": len(dataset)})


def slow(model, dataset):
    """A measure that takes 0.2 seconds."""
    time.sleep(0.2)
    return 1.0


def other(model, dataset):
    """Another measure, which gives a NaN for one model."""
    return float("nan") if model.name == "model_1" else 2.0


def declared(function):
    bounds = (-np.inf, np.inf)
    return Measure(function.__name__, function, "larger gap", bounds, frozenset(), True, "test")


@pytest.fixture
def task(stored_task):
    calls.clear()
    return stored_task


def run(task, output, *functions, **options):
    return ingest(task.parent, output, [declared(f) for f in functions], **options)


def provenance(output):
    return json.loads((output / "digits.provenance.json").read_text())


def test_one_measure_gives_the_kits_file_with_its_provenance_beside_it(task, tmp_path):
    outcome = run(task, tmp_path / "out", sum_of_weights)
    assert (outcome.computed, outcome.skipped, outcome.failures) == (4, 0, [])
    values = read_values(tmp_path / "out" / "digits.predict")
    assert sorted(values) == ["model_0", "model_1", "model_2", "model_3"]
    beside = provenance(tmp_path / "out")
    assert beside["settings"] == {"scale": 1.0}
    assert beside["warnings"] == {"model_2": ["a doubt"]}
    assert beside["details"]["model_0"] == {"samples": 200}
    assert set(beside["seconds"]) == set(values)
    assert len(beside["data_sha256"]) == 64
    assert "numpy" in beside["versions"]


def test_a_second_run_computes_nothing_and_a_changed_setting_everything(task, tmp_path):
    first = run(task, tmp_path / "out", sum_of_weights) and read_values(tmp_path / "out" / "digits.predict")
    assert len(calls) == 4
    assert run(task, tmp_path / "out", sum_of_weights).skipped == 4
    assert len(calls) == 4
    run(task, tmp_path / "out", sum_of_weights, settings={"scale": 2.0})
    assert len(calls) == 8
    second = read_values(tmp_path / "out" / "digits.predict")
    assert second == pytest.approx({model: 2 * value for model, value in first.items()})


def test_several_measures_have_a_folder_each(task, tmp_path):
    outcome = run(task, tmp_path / "out", sum_of_weights, other)
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.predict")) == [
        "other/digits.predict",
        "sum_of_weights/digits.predict",
    ]
    assert [failure[:3] for failure in outcome.failures] == [("digits", "other", "model_1")]
    assert "not a finite number" in provenance(tmp_path / "out" / "other")["failures"]["model_1"]
    assert "model_1" not in read_values(tmp_path / "out" / "other" / "digits.predict")


def test_an_interrupted_run_continues_where_it_stopped(task, tmp_path, monkeypatch):
    def interrupted(model, dataset, *, scale=1.0):
        if model.name == "model_2":
            raise KeyboardInterrupt
        return sum_of_weights(model, dataset, scale=scale)

    interrupted.__name__ = "sum_of_weights"
    with pytest.raises(KeyboardInterrupt):
        run(task, tmp_path / "out", interrupted)
    assert sorted(read_values(tmp_path / "out" / "digits.predict")) == ["model_0", "model_1"]
    outcome = run(task, tmp_path / "out", sum_of_weights)
    assert (outcome.skipped, outcome.computed) == (2, 2)
    assert calls == ["model_0", "model_1", "model_2", "model_3"]


def test_the_model_that_passes_the_time_limit_keeps_its_value_and_a_larger_limit_computes_the_rest(task, tmp_path):
    outcome = run(task, tmp_path / "out", slow, seconds_per_model=0.075)  # 0.3 s for the task
    values = read_values(tmp_path / "out" / "digits.predict")
    assert values == {"model_0": 1.0, "model_1": 1.0, "model_2": "EXCEEDED", "model_3": "EXCEEDED"}
    assert (outcome.computed, outcome.exceeded) == (2, 2)
    run(task, tmp_path / "out", slow, seconds_per_model=0.075)
    assert read_values(tmp_path / "out" / "digits.predict") == values
    run(task, tmp_path / "out", slow, seconds_per_model=10)
    assert set(read_values(tmp_path / "out" / "digits.predict").values()) == {1.0}
    assert sum(provenance(tmp_path / "out")["seconds"].values()) > 0.8


def test_each_task_has_a_time_budget_of_its_own(task, tmp_path):
    shutil.copytree(task, task.parent / "second")
    outcome = run(task, tmp_path / "out", slow, seconds_per_model=0.075)
    assert (outcome.computed, outcome.exceeded) == (4, 4)


def test_values_of_another_measure_or_of_unknown_origin_are_not_overwritten(task, tmp_path):
    run(task, tmp_path / "out", sum_of_weights)
    before = (tmp_path / "out" / "digits.predict").read_bytes()
    with pytest.raises(InputError, match=r"predictions of another measure .*expected other, found sum_of_weights"):
        run(task, tmp_path / "out", other)
    (tmp_path / "out" / "digits.provenance.json").unlink()
    with pytest.raises(InputError, match="predictions of unknown origin"):
        run(task, tmp_path / "out", sum_of_weights)
    assert (tmp_path / "out" / "digits.predict").read_bytes() == before


def break_weights(folder):
    (folder / "weights.hdf5").write_bytes((folder / "weights.hdf5").read_bytes()[:500])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "weights.hdf5").unlink(), ["weights.hdf5", "model_1"]),
        (break_weights, ["weights.hdf5", "model_1"]),
        (lambda folder: (folder / "config.json").write_text("{"), ["config.json", "model_1", "JSON"]),
        (lambda folder: shutil.copy(folder.parent / "model_2" / "config.json", folder), []),
    ],
)
def test_a_broken_model_is_named_and_the_others_still_run(task, tmp_path, damage, words):
    damage(task / "model_1")
    outcome = run(task, tmp_path / "out", sum_of_weights)
    if words:
        assert [failure[2] for failure in outcome.failures] == ["model_1"]
        assert all(word in outcome.failures[0][3] for word in words)
        assert sorted(read_values(tmp_path / "out" / "digits.predict")) == ["model_0", "model_2", "model_3"]
        assert list(provenance(tmp_path / "out")["failures"]) == ["model_1"]
    else:
        assert outcome.failures == []  # model_2 differs in its dropout alone


def test_a_broken_shard_fails_its_task_alone(task, tmp_path):
    shutil.copytree(task, task.parent / "second")
    shard = task / "dataset_1" / "train" / "shard_1.tfrecord"
    content = bytearray(shard.read_bytes())
    content[1000] ^= 1
    shard.write_bytes(content)
    outcome = run(task, tmp_path / "out", sum_of_weights)
    assert [(failure[0], failure[2]) for failure in outcome.failures] == [("digits", "all models")]
    assert str(shard) in outcome.failures[0][3]
    assert len(read_values(tmp_path / "out" / "second.predict")) == 4


def test_an_output_folder_that_cannot_be_written_is_an_error_before_anything_is_computed(task, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        run(task, tmp_path / "out", sum_of_weights)
    assert calls == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks": ["digit"]}, r"no such task \(expected one of digits, found digit\)"),
        (
            {"settings": {"scal": 1}},
            r"scal: no chosen measure has this setting \(expected one of \['scale'\], found scal\)",
        ),
    ],
)
def test_unknown_tasks_and_settings_are_clear_errors(task, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        run(task, tmp_path / "out", sum_of_weights, **options)


def test_models_are_read_ahead_by_one(task, tmp_path, monkeypatch):
    read, held = [], []
    original = Task.read_model

    def reading(self, name):
        read.append(name)
        return original(self, name)

    def measuring(model, dataset):
        time.sleep(0.1)
        held.append(len(read))
        return 1.0

    monkeypatch.setattr(Task, "read_model", reading)
    run(task, tmp_path / "out", measuring)
    assert held == [2, 3, 4, 4]


def test_the_command_says_what_it_did_and_fails_where_a_model_failed(task, tmp_path, monkeypatch):
    functions = """
def other(model, dataset):
    return float("nan") if model.name == "model_1" else 2.0
"""
    name = write_strangers(tmp_path, monkeypatch, functions)
    arguments = ["ingest", str(task.parent), str(tmp_path / "out"), "--measure", f"{name}:other"]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.exit_code == 1
    assert "3 computed, 0 already done, 0 out of time, 1 failed" in done.stderr
    assert "model_1" in done.stderr
    assert Path(tmp_path / "out" / "digits.predict").exists()
