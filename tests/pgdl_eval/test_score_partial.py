"""One bad value, measure, picture or name: the others are scored, and the report says of what it is."""

import json

import numpy as np
import pytest
from command_line import invoke

from pgdl_eval.formats.reference import write_reference
from pgdl_eval.metrics.constant import is_constant_value, without_rounding_noise
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing
from pgdl_eval.metrics.rank_aggregation import METHODS, aggregate
from pgdl_eval.score import main

MODELS = [f"model_{i}" for i in range(24)]
GRID = {
    "depth": [1, 2] * 12,
    "width": [8] * 8 + [16] * 8 + [32] * 8,
    "rate": ([0] * 2 + [1] * 2 + [2] * 2 + [3] * 2) * 3,
}
GAP = np.random.default_rng(0).random(24) / 2
VALUES = dict(zip(MODELS, np.random.default_rng(1).random(24).tolist(), strict=True))


@pytest.fixture
def folder(tmp_path):
    write_reference(tmp_path / "ref" / "task" / "model_configs.json", MODELS, GRID, np.ones(24), 1 - GAP)
    return tmp_path


def write(folder, measure, **changes):
    (folder / "res" / measure).mkdir(parents=True)
    (folder / "res" / measure / "task.predict").write_text(json.dumps(VALUES | changes))


def score(folder, *options):
    done = invoke(main, folder / "ref", folder / "res", folder / "out", *options, columns=200)
    rows = json.loads((folder / "out" / "report.json").read_text())
    return done, rows, {row["measure"]: row for row in rows["rows"]}


@pytest.mark.parametrize("bad", [float("nan"), float("-inf"), "high", None, True])
def test_one_bad_value_leaves_the_other_models_and_the_other_measures(folder, bad):
    write(folder, "bad", model_5=bad)
    write(folder, "good")
    (folder / "res" / "no_json").mkdir()
    (folder / "res" / "no_json" / "task.predict").write_text("{")
    done, report, rows = score(folder, "--no-pictures")
    assert done.exit_code == 1
    assert {name: row["models"] for name, row in rows.items() if not row["floor"]} == {"bad": 23, "good": 24}
    (note,) = report["notes"]
    assert note == "task: bad: the report is of 23 of 24 models; the competition's score needs all"
    assert any("model_5: no" in error for error in report["errors"])
    kept = [i for i in range(24) if i != 5]
    models = pairing(1 - (1 - GAP[kept]), {name: [str(values[i]) for i in kept] for name, values in GRID.items()})
    expected = conditional_mutual_information(np.array(list(VALUES.values()))[kept], models)
    assert rows["bad"]["score"] == pytest.approx(float(expected), abs=1e-12)
    assert "task_task_score: -0.999999000000" in (folder / "out" / "bad" / "scores.txt").read_text()
    assert "task_task_score: 0." in (folder / "out" / "good" / "scores.txt").read_text()
    assert report["differences"] == []


def test_values_of_less_than_half_of_the_models_are_not_scored(folder):
    write(folder, "few", **dict.fromkeys(MODELS[:13], "none"))
    write(folder, "good")
    _, report, rows = score(folder, "--no-pictures")
    assert "few" not in rows
    assert report["notes"] == []


def test_one_bad_picture_leaves_the_others(folder):
    write(folder, "$x^{_y$")
    write(folder, "huge", **{name: (1.7e308 if i % 2 else -1.7e308) * VALUES[name] for i, name in enumerate(MODELS)})
    write(folder, "z")
    done, report, rows = score(folder)
    assert {"$x^{_y$", "huge", "z"} < set(rows)
    assert {path.name for path in (folder / "out").glob("*.png")} == {"task.z.png"}
    assert [error for error in report["errors"] if "picture cannot be drawn" in error] == report["errors"]
    assert (len(report["errors"]), done.exit_code) == (2, 1)


def test_a_task_has_the_name_of_its_link_and_predictions_of_another_one_are_named(folder):
    (folder / "apart").mkdir()
    (folder / "ref" / "task").rename(folder / "apart" / "target")
    (folder / "ref" / "linked").symlink_to(folder / "apart" / "target")
    write(folder, "m")
    done, report, _ = score(folder, "--no-pictures")
    assert done.exit_code == 1
    assert "linked.predict: no predictions for task linked; there are some for task" in report["errors"][0]
    (folder / "res" / "m" / "task.predict").rename(folder / "res" / "m" / "linked.predict")
    done, _, rows = score(folder, "--no-pictures")
    assert (done.exit_code, rows["m"]["task"]) == (0, "linked")


def test_a_constant_with_rounding_noise_is_constant(folder):
    noise = np.random.default_rng(2).integers(-2, 3, 24)
    write(folder, "noise", **dict(zip(MODELS, (0.1 * (1 + 2.2e-16 * noise)).tolist(), strict=True)))
    done, _, rows = score(folder, "--no-pictures")
    found = rows["noise"]
    assert (done.exit_code, found["verdict"]) == (0, "constant")
    assert (found["score"], found["tied_models"], found["spearman"]["value"]) == (0, 24, None)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_with_rounding_noise_decides_nothing_in_a_combination(method):
    rng = np.random.default_rng(0)
    first, noise = rng.standard_normal(12), 0.1 * (1 + 2.2e-16 * rng.integers(-2, 3, 12))
    for lists, weights in (([noise, first], [1, 0.05]), ([first, noise], [1, 0.9])):
        assert (aggregate(lists, weights, method).ranks == 1 + np.argsort(np.argsort(first))).all()


def test_close_values_are_no_constant():
    assert not is_constant_value(np.array([1.0, 1.0 + 1e-13]))
    assert not is_constant_value(np.array([-1e-300, 1e-300]))
    assert not is_constant_value(np.array([-1.7e308, 1.7e308]))
    assert is_constant_value(np.array([0.1 + 0.2, 0.3]))
    assert is_constant_value(np.zeros(3))
    assert without_rounding_noise(np.array([0.1 + 0.2, 0.3])).tolist() == [0.1 + 0.2] * 2
