"""Measures x tasks: what stands on the board, what is missing there, and which measure beats which."""

import json

import numpy as np
import pytest

from pgdl_eval.formats.predictions import write_predictions
from pgdl_eval.formats.reference import write_reference
from pgdl_eval.metrics.hyperparameter_floor import FLOOR
from pgdl_eval.metrics.partial_correlation import partial_correlation, unexplained_gap
from pgdl_eval.scoreboard import scoreboard

MODELS = [f"model_{i}" for i in range(12)]
VALUES = [float(i) for i in range(12)]
GRID = {"depth": [1, 3] * 6, "width": [8, 8, 16, 16, 32, 32] * 2, "rate": [0.0] * 6 + [0.5] * 6}


@pytest.fixture
def references(tmp_path):
    """Two tasks of twelve models."""
    files = {}
    for seed, name in enumerate(("first", "second")):
        files[name] = tmp_path / "ref" / name / "model_configs.json"
        write_reference(files[name], MODELS, GRID, np.ones(12), 1 - np.random.default_rng(seed).random(12) / 2)
    return files


@pytest.fixture
def board(references):
    return scoreboard(references)


def predictions(folder, tasks, values):
    """The files of a measure with the same values on each task."""
    files = {task: folder / f"{task}.predict" for task in tasks}
    for file in files.values():
        write_predictions(file, dict(zip(MODELS, values, strict=True)))
    return files


def test_a_row_has_an_evaluation_a_task_and_a_mean_over_all(board, tmp_path):
    row = board.add("m", predictions(tmp_path, board.names, VALUES))
    assert list(row.evaluations) == ["first", "second"]
    assert (row.missing, row.seconds) == ({}, None)
    assert row.overall is row.mean
    assert row.mean.score == pytest.approx(np.mean([found.score for found in row.evaluations.values()]))
    board.add_floor()
    assert [(found.measure, found.task) for found in board.evaluations()] == [
        ("m", "first"), ("m", "second"), (FLOOR, "first"), (FLOOR, "second")
    ]  # fmt: skip
    assert [mean.measure for mean in board.means()] == ["m", FLOOR]


def test_what_is_missing_says_why_and_there_is_no_mean(board, tmp_path):
    files = predictions(tmp_path, board.names, VALUES)
    files["first"].write_text('{"model_0": 1}')
    row = board.add("m", files)
    lacks = f"{files['first']}: model_1 missing, model_10 missing, model_11 missing: "
    assert str(row.missing["first"]).startswith(lacks)
    assert (list(row.evaluations), row.mean) == (["second"], None)
    assert row.overall is row.evaluations["second"]
    del files["second"]
    assert board.add("m", files).missing["second"] is None


def test_a_task_that_cannot_be_scored_is_an_error_and_keeps_means_away(references, tmp_path):
    references["second"].write_text("{}")
    board = scoreboard(references)
    assert (list(board.tasks), board.names) == (["first"], ("first", "second"))
    (error,) = board.errors
    assert error.startswith(f"{references['second']}: no models (expected ")
    row = board.add("m", predictions(tmp_path, board.tasks, VALUES))
    assert (list(row.evaluations), row.mean) == (["first"], None)


def test_seconds_are_those_of_a_model_in_the_mean_over_tasks(board, tmp_path):
    files = predictions(tmp_path, board.names, VALUES)
    for task, seconds in (("first", [1.0, 3.0]), ("second", [4.0])):
        content = {"measure": "m", "settings": {}, "task": task, "data_sha256": "", "versions": {}}
        content["seconds"] = dict(zip(MODELS, seconds, strict=False))
        files[task].with_name(f"{task}.provenance.json").write_text(json.dumps(content))
    assert board.add("m", files).seconds == 3


def test_measures_are_compared_task_by_task_from_the_best_one_on(board, tmp_path):
    gap = board.tasks["first"].gap
    for name, values in {"weak": np.arange(12.0), "right": gap, "same": np.ones(12)}.items():
        board.add(name, predictions(tmp_path / name, board.names, values.tolist()))
    board.add_floor()
    board.add_comparisons()
    pairs = [(one.first, one.second) for one in board.comparisons["first"]]
    assert pairs == [("right", "weak"), ("right", "same"), ("weak", "same")]
    against_weak = board.comparisons["first"][0].score
    scores = {name: row.evaluations["first"].score for name, row in board.rows.items()}
    assert against_weak.value == pytest.approx(scores["right"] - scores["weak"], abs=1e-12)
    assert against_weak.interval.low < against_weak.value < against_weak.interval.high


def test_what_measures_add_is_undefined_where_a_hyperparameter_names_each_model_and_a_note_says_so(tmp_path):
    file = tmp_path / "model_configs.json"
    gaps = 1 - np.random.default_rng(3).random(12) / 2
    write_reference(file, MODELS, {"run": list("abcdefghijkl"), "width": [8] * 12}, np.ones(12), gaps)
    board = scoreboard({"task": file})
    row = board.add("m", predictions(tmp_path, ["task"], VALUES))
    reason = "the hyper-parameters' additive model has 12 coefficients for 12 models"
    assert board.notes == [f"task: what a measure adds to the hyper-parameters is not defined: {reason}"]
    assert np.isnan(row.evaluations["task"].adds.value)
    assert row.evaluations["task"].verdict in ("above noise", "reversed", "within noise")


def test_what_a_measure_adds_is_that_of_the_models_which_have_a_value(board, tmp_path):
    files = predictions(tmp_path, board.names, VALUES)
    content = json.loads(files["first"].read_text())
    del content["model_3"]
    files["first"].write_text(json.dumps(content))
    part = board.add("m", files).partial["first"]
    assert part.evaluation.models == 11
    whole = board.tasks["first"]
    chosen = [i for i, model in enumerate(whole.names) if model != "model_3"]
    names = {name: [of[i] for i in chosen] for name, of in whole.hyperparameters.items()}
    values = np.array([VALUES[MODELS.index(whole.names[i])] for i in chosen])
    assert part.evaluation.adds == partial_correlation(values, unexplained_gap(whole.gap[chosen], names)).found
    assert board.notes[-1].startswith("first: m: the report is of 11 of 12 models")
