"""What the page of a scoreboard says: the numbers of the report, in the order of their use."""

import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import invoke
from random_scores import write_random_scores

from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import write_predictions
from pgdl_eval.formats.reference import read_reference
from pgdl_eval.metrics.ceiling import CEILING
from pgdl_eval.metrics.hyperparameter_floor import FLOOR
from pgdl_eval.provenance import command_line
from pgdl_eval.report.page.sections import Facts, HeatMap, Messages, Scatters, Table, Verdicts
from pgdl_eval.report.score_page.page import board_page
from pgdl_eval.report.score_page.scales import ALONE
from pgdl_eval.report.table1 import PAPER
from pgdl_eval.score import score


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("scores")
    write_random_scores(found, 6, (2, 3, 4), ("first", "second"))
    return found


@pytest.fixture(scope="module")
def board(folder):
    return score(folder / "ref", folder / "res", folder / "out", pictures=False)


def only(page, kind, title=""):
    (found,) = (one for one in page.sections if isinstance(one, kind) and title in one.title)
    return found


def column(table, name):
    return next(one for one in table.columns if one.name == name).cells


def test_verdicts_come_first_then_leaderboards_then_charts(board):
    titles = [one.title for one in board_page(board, "command").sections]
    assert titles == [
        "Verdicts", "Errors", "Leaderboard: mean", "Notes",
        "Leaderboard: first", "Measure against gap: first", "Agreement of measures: first",
        "Leaderboard: second", "Measure against gap: second", "Agreement of measures: second",
        "Warnings", "Settings, versions, seeds, data",
    ]  # fmt: skip


def test_the_headline_counts_and_a_sentence_a_measure_follows_best_first(folder, tmp_path):
    shutil.copytree(folder / "ref" / "first", tmp_path / "ref" / "first")
    reference = read_reference(tmp_path / "ref" / "first" / "model_configs.json")
    noise = np.random.default_rng(1).random(24)
    for name, values in {"oracle": reference.gap, "turned": -reference.gap, "noise": noise, "same": 0 * noise}.items():
        (tmp_path / "res" / name).mkdir(parents=True)
        of_models = dict(zip(reference.models, values.tolist(), strict=True))
        write_predictions(tmp_path / "res" / name / "first.predict", of_models)
    board = score(tmp_path / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    found = only(board_page(board, ""), Verdicts)
    floor = 100 * board.rows[FLOOR].evaluations["first"].score
    assert found.headline == (
        "One of 4 measures is above noise on first; 1 reversed, 1 within noise, 1 constant. 3 score more than the "
        f"hyper-parameters alone ({floor:.2f})."
    )
    names = [(one.name, one.tone) for one in found.items]
    assert names == [("oracle", "good"), ("turned", "bad"), ("noise", "unsure"), ("same", "bad")]
    noise_band = 100 * board.rows["oracle"].evaluations["first"].noise.percentile_95
    assert found.items[0].text == (
        "is above noise on first (of 24 models): score 100.00; 95% of random measures stay below "
        f"{noise_band:.2f} (p <.001). Adds +1.00 to the hyper-parameters (p <.001). Spearman +1.00."
    )
    assert found.items[1].text.startswith("is above noise on first (of 24 models), but against the direction that it")
    assert found.items[3].text == "has one value for all models on first (of 24 models): it tells nothing."


def test_several_seeds_have_a_table_and_the_ceiling_in_every_chart(tmp_path):
    write_random_scores(tmp_path, 5, (2, 3, 4), ("task", "task.seed_1"))
    board = score(tmp_path / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    page, ceiling = board_page(board, ""), board.seeds["task"].ceiling
    table = only(page, Table, "Mean over seeds: task")
    assert column(table, "measure")[-1].text == CEILING
    assert column(table, "score")[-1].value == 100 * ceiling.score
    fragility = [one.fragility for one in board.seeds["task"].measures]
    assert np.array_equal([cell.value for cell in column(table, "fragility")[:-1]], fragility, equal_nan=True)
    for section in (one for one in page.sections if isinstance(one, Scatters)):
        for chart in section.charts:
            marks = [{mark.name: mark.value for mark in one.scale.marks} for one in chart.standings]
            assert (marks[0][CEILING], marks[1][CEILING]) == (100 * ceiling.score, ceiling.spearman)


def test_the_floor_stands_on_the_side_that_a_measure_declares(folder, tmp_path):
    for name in ("angle", "pseudo_validation"):  # which mean a larger and a smaller gap
        shutil.copytree(folder / "res" / "measure_05", tmp_path / "res" / name)
    board = score(folder / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    page, floor = board_page(board, ""), board.rows[FLOOR].evaluations["first"].spearman.value
    marks = {one.title: one.standings[1].scale.marks[0].value for one in only(page, Scatters, "first").charts}
    assert marks == {"angle": floor, "pseudo_validation": -floor}


def test_the_leaderboard_has_the_numbers_of_the_report(board):
    table = only(board_page(board, ""), Table, "Leaderboard: second")
    for name, score_cell, spearman, kendall in zip(
        column(table, "measure"), column(table, "score"), column(table, "Spearman"), column(table, "Kendall tau-b"),
        strict=True,
    ):  # fmt: skip
        one = board.rows[FLOOR if name.text == ALONE else name.text].evaluations["second"]
        assert score_cell.value == 100 * one.score
        assert (score_cell.low, score_cell.high) == (100 * one.score_interval.low, 100 * one.score_interval.high)
        for cell, correlation in ((spearman, one.spearman), (kendall, one.kendall)):
            assert cell.value == correlation.value or math.isnan(correlation.value)
    scores = [cell.value for cell in column(table, "score")]
    assert scores[:-1] == sorted(scores[:-1], reverse=True)
    assert (table.last, column(table, "measure")[-1].text) == (1, ALONE)


def test_every_chart_has_the_noise_band_and_the_floor(board):
    for task in ("first", "second"):
        charts = only(board_page(board, ""), Scatters, task).charts
        floor, noise = board.rows[FLOOR].evaluations[task], board.rows["measure_00"].evaluations[task].noise
        for chart in charts:
            assert [one.name for one in chart.standings] == ["score", "Spearman", "Kendall tau-b", "adds"]
            expected = (100 * floor.score, floor.spearman.value, floor.kendall.value)
            assert tuple(one.scale.marks[0].value for one in chart.standings[:3]) == expected
            assert all(one.scale.marks[0].name == ALONE for one in chart.standings[:3])
            assert chart.standings[0].scale.band == (0, 100 * noise.percentile_95)
            constant = chart.title == "measure_03"  # of which no permutation differs
            assert all(one.scale.band is not None for one in chart.standings[: 3 if constant else 4])


def test_within_groups_the_values_of_a_hyperparameter_stand_in_their_order(board):
    (panel,) = only(board_page(board, ""), Scatters, "first").charts[0].panels
    assert [one.name for one in panel.lines] == [
        "depth = 2 (12)", "depth = 4 (12)", "dropout = 2 (6)", "dropout = 4 (6)", "dropout = 8 (6)", "dropout = 16 (6)",
        "width = 2 (8)", "width = 4 (8)", "width = 8 (8)",
    ]  # fmt: skip


def test_agreement_is_of_turned_measures_and_one_with_itself(board):
    found = only(board_page(board, ""), HeatMap, "first")
    for i, name in enumerate(found.names):
        assert found.values[i][i] == pytest.approx(1) or name == "measure_03"
        column_of = [row[i] for row in found.values]
        assert all(a == b or math.isnan(a) for a, b in zip(found.values[i], column_of, strict=True))


def test_table_1_stands_beside_the_papers_column(folder, tmp_path):
    public = tmp_path / "public"
    (public / "predictions").mkdir(parents=True)
    shutil.copytree(folder / "ref", public / "reference_data")
    shutil.copytree(folder / "res" / "measure_05", public / "predictions" / "angle")
    done = invoke(commands, "table1", public, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "report.html").read_text()
    assert "Table 1" in text
    assert f">{PAPER['pseudo_validation+angle']:.3f}" in text
    assert "hyper-parameters alone" in text
    assert FLOOR not in (tmp_path / "out" / "table1.csv").read_text()


def test_settings_data_and_warnings_come_from_the_provenance(tmp_path):
    write_random_scores(tmp_path, 3, (2, 3, 4))
    beside = {
        "measure": "measure_00", "settings": {"max_samples": 7}, "task": "task", "data_sha256": "ab" * 32,
        "versions": {"numpy": "1.2.3"}, "warnings": {"model_3": ["a doubt"]}, "seconds": {"model_3": 0.5},
    }  # fmt: skip
    (tmp_path / "res" / "measure_00" / "task.provenance.json").write_text(json.dumps(beside))
    (tmp_path / "res" / "measure_01" / "task.provenance.json").write_text("{")
    board = score(tmp_path / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    assert board.errors == []
    page = board_page(board, "pvector score ref res out")
    rows = dict(only(page, Facts).rows)
    assert rows["command"] == "pvector score ref res out"
    assert rows["measure_00"] == f'task: settings {{"max_samples": 7}}; data sha256 {"ab" * 32}; numpy 1.2.3'
    assert "measure_01, measure_02" in rows["settings"]
    first, second = only(page, Messages, "Warnings").texts
    assert first == "task: measure_00: model_3: a doubt"
    assert "task.provenance.json: no provenance can be read" in second
    assert column(only(page, Table, "Leaderboard: task"), "s / model")[0].text in ("0.50", "-")


def test_what_is_wrong_stands_below_the_verdicts(tmp_path):
    write_random_scores(tmp_path, 3, (2, 3, 4))
    file = tmp_path / "res" / "measure_02" / "task.predict"
    values = json.loads(file.read_text())
    del values["model_5"]
    file.write_text(json.dumps(values))
    board = score(tmp_path / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    page = board_page(board, "")
    assert any("model_5" in text for text in only(page, Messages, "Errors").texts)
    section = only(page, Scatters)
    chart = next(one for one in section.charts if one.title == "measure_02")
    assert [section.models[i] for i in chart.models] == [name for name in section.models if name != "model_5"]
    assert "measure_02" not in only(page, HeatMap).names
    assert {cell.text for cell in column(only(page, Table), "models")} == {"23", "24"}


def test_nothing_that_can_be_scored_still_makes_a_page(tmp_path):
    write_random_scores(tmp_path, 1, (2, 3, 4))
    (tmp_path / "res" / "measure_00" / "task.predict").write_text("{")
    board = score(tmp_path / "ref", tmp_path / "res", tmp_path / "out", pictures=False)
    assert only(board_page(board, ""), Verdicts).headline == "No measure could be scored."
    assert "task.predict" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("argv", "original", "expected"),
    [
        (["BIN/pvector", "score", "a b"], ["BIN/python", "BIN/pvector", "score", "a b"], "pvector score 'a b'"),
        (["x/score.py", "ref"], ["/usr/bin/python3", "x/score.py", "ref"], "python3 x/score.py ref"),
        (["/x/__main__.py", "score"], ["python", "-m", "pgdl_eval", "score"], "python -m pgdl_eval score"),
    ],
)
def test_the_command_is_what_one_would_type(monkeypatch, argv, original, expected):
    folder = str(Path(sys.executable).parent)
    monkeypatch.setattr(sys, "argv", [word.replace("BIN", folder) for word in argv])
    monkeypatch.setattr(sys, "orig_argv", [word.replace("BIN", folder) for word in original])
    assert command_line() == expected
