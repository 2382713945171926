"""Table 1 as one command: rows, resumption, predictions alone, files, bad input."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from command_line import invoke

from complexity.errors import InputError
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import write_predictions
from pgdl_eval.formats.reference import read_reference
from pgdl_eval.measures import PAPER, find_measure
from pgdl_eval.report.table import INDEPENDENCE
from pgdl_eval.report.weight_figure import weight_sweeps
from pgdl_eval.sample.run import FOLDER
from pgdl_eval.table1 import USUAL, table1

GAP = dict(
    zip(
        read_reference(FOLDER / "digits" / "model_configs.json").models,
        read_reference(FOLDER / "digits" / "model_configs.json").gap.tolist(),
        strict=True,
    )
)


def run(*arguments):
    return invoke(commands, "table1", *arguments)


@pytest.fixture
def predictions(tmp_path):
    """A folder of predictions alone: the gap itself as the angle, its opposite as pseudo validation, and a stranger."""
    folder = tmp_path / "public"
    (folder / "reference_data" / "digits").mkdir(parents=True)
    shutil.copy(FOLDER / "digits" / "model_configs.json", folder / "reference_data" / "digits")
    rng = np.random.default_rng(0)
    for name, values in {
        "angle": GAP,
        "pseudo_validation": {model: -gap for model, gap in GAP.items()},
        "stranger": {model: float(rng.random()) for model in GAP},
    }.items():
        (folder / "predictions" / name).mkdir(parents=True)
        write_predictions(folder / "predictions" / name / "digits.predict", values)
    return folder


def test_predictions_alone_are_reported_and_rows_without_data_say_so(predictions, tmp_path):
    result = run(predictions, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line.split() for line in result.output.splitlines() if line.strip()}
    assert lines["angle"][1:] != []
    table = pd.read_csv(tmp_path / "out" / "table1.csv").set_index("measure")
    assert list(table.index)[:8] == list(PAPER)
    assert table["paper"][:8].tolist() == list(PAPER.values())
    assert set(table.index) == {*USUAL, "stranger"}
    assert table.loc["angle", "digits_score"] == pytest.approx(100, abs=1e-6)
    assert table.loc["angle", "digits_verdict"] == "above noise"
    assert table.loc["angle", "digits_adds"] == pytest.approx(1)
    assert table.loc["pseudo_validation", "digits_adds"] == pytest.approx(-1)
    assert table.loc["stranger", "digits_adds_low"] < table.loc["stranger", "digits_adds"] < 0.5
    assert "What each adds to the hyper-parameters" in result.output
    assert table.loc["pseudo_validation", "digits_verdict"] == "above noise"
    assert table.loc["stranger", "digits_verdict"] == "within noise"
    assert np.isnan(table.loc["distance", "digits_score"])
    assert " ".join(line for line in result.output.splitlines() if line.startswith(" distance ")).split()[2:4] == [
        "no", "data",
    ]  # fmt: skip
    assert max(map(len, result.output.splitlines()[:-1])) <= 80


def test_the_files_say_what_the_table_says(predictions, tmp_path):
    run(predictions, "--out", tmp_path / "out")
    text = (tmp_path / "out" / "table1.md").read_text()
    head, _, *rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(row.count("|") == head.count("|") for row in rows)
    assert next(row for row in rows if row.startswith("| angle ")).split(" | ")[1:3] == ["3.325", "100.00"]
    cells = dict(
        zip(head.split(" | "), next(row for row in rows if row.startswith("| angle ")).split(" | "), strict=True)
    )
    assert [cells[name] for name in ("adds", "its p", "adds, digits")] == ["+1.00", "<.001", "+1.00 -"]
    assert INDEPENDENCE in text
    assert "numpy" in text
    for name in ("table1.png", "weight.pseudo_validation+angle.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_only_orderings_are_compared_with_the_paper(predictions, tmp_path):
    output = run(predictions, "--out", tmp_path / "out").output
    # Both of the paper's rows that have data score 100 here, and a tie is in no order.
    assert "0 of 1 pairs of the paper's rows that have data stand in the paper's order." in output


def test_the_weight_sweep_goes_from_the_first_measure_to_equal_shares(predictions, tmp_path):
    found = table1(predictions, None, tmp_path / "out")
    scores = weight_sweeps(found)["pseudo_validation+angle"]["digits"]
    assert scores.shape == (101,)
    assert scores[0] == pytest.approx(1, abs=1e-9)


def test_models_are_computed_once_and_a_second_run_goes_on(four_models, keras_at_hand, tmp_path, monkeypatch):
    """Every registered measure on four real models; the grid of these four is complete."""
    said = []
    found = table1(four_models, None, tmp_path / "out", say=said.append)
    assert found.errors == []
    assert {row.measure for row in found.rows.values() if row.evaluations} == set(USUAL)
    assert all(row.seconds > 0 for row in found.rows.values())
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.predict")}
    monkeypatch.setattr("pgdl_eval.keras_models.build", lambda stored: pytest.fail("a model was computed again"))
    again = table1(four_models, None, tmp_path / "out")
    assert [row.evaluations for row in again.rows.values()] == [row.evaluations for row in found.rows.values()]
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.predict")} == before


def test_incomplete_predictions_are_an_error_and_the_others_are_shown(predictions, tmp_path):
    file = predictions / "predictions" / "stranger" / "digits.predict"
    values = json.loads(file.read_text())
    del values["model_3"]
    file.write_text(json.dumps(values))
    result = run(predictions, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "model_3 missing" in result.output
    assert " incomplete" in result.output
    assert "angle" in result.output


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder"),
        (lambda folder: shutil.rmtree(folder / "predictions"),
         "no predictions for any task (expected models, or predictions/MEASURE/TASK.predict, found tasks digits)"),
        (lambda folder: (folder / "reference_data" / "digits" / "model_configs.json").unlink(),
         "no task in this folder (expected TASK/model_configs.json)"),
        (lambda folder: (folder / "reference_data" / "digits" / "model_configs.json").write_text("{"), "no JSON"),
    ],
)  # fmt: skip
def test_bad_folders_are_clear_errors(predictions, tmp_path, arrange, message):
    arrange(predictions)
    with pytest.raises(InputError) as caught:
        table1(predictions, None, tmp_path / "out")
    assert message in str(caught.value)


def test_all_measures_are_computed_where_that_is_asked_for(four_models, tmp_path, monkeypatch):
    few = {name: find_measure(name) for name in (*USUAL, "parameters", "training_accuracy") if "sharp" not in name}
    monkeypatch.setattr("pgdl_eval.table1.all_measures", lambda: few)
    monkeypatch.setattr("pgdl_eval.table1.USUAL", ("angle", "vc_dimension"))
    assert {*table1(four_models, None, tmp_path / "usual").rows} == {"angle", "vc_dimension"}
    assert {*table1(four_models, None, tmp_path / "all", everything=True).rows} == {*few}
