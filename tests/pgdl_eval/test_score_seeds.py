"""Several seeds of the same settings: the ceiling, every measure on the mean over seeds, what is said without them."""

import csv
import itertools
import json

import numpy as np
import pytest
from command_line import invoke

from pgdl_eval.formats.predictions import write_predictions
from pgdl_eval.formats.reference import write_reference
from pgdl_eval.metrics.ceiling import CEILING, ceiling
from pgdl_eval.score import main

CELLS = list(itertools.product(range(2), range(3), range(2), range(2)))
MODELS = [f"model_{i}" for i in range(24)]
GRID = {f"h{axis}": [cell[axis] for cell in CELLS] for axis in range(4)}
SETTING = np.random.default_rng(0).random(24)
GAPS = 0.5 * SETTING + 0.1 * np.random.default_rng(1).random((3, 24))
NAMES = ("zoo", "zoo.seed_1", "zoo.seed_2")


@pytest.fixture
def folders(tmp_path):
    """Three seeds of a zoo; a measure of the setting, one of the model, one of neither."""
    for gap, name in zip(GAPS, NAMES, strict=True):
        write_reference(tmp_path / "ref" / name / "model_configs.json", MODELS, GRID, np.ones(24), 1 - gap)
        drawn = {"setting": SETTING, "model": gap, "noise": np.random.default_rng(len(name)).random(24)}
        for measure, values in drawn.items():
            values = dict(zip(MODELS, values.tolist(), strict=True))
            write_predictions(tmp_path / "res" / measure / f"{name}.predict", values)
    return tmp_path


def run(folders):
    done = invoke(main, *(folders / name for name in ("ref", "res", "out")), "--no-pictures")
    return done, json.loads((folders / "out" / "report.json").read_text())


def test_the_ceiling_stands_in_the_report_below_the_measures_in_the_mean_over_seeds(folders):
    done, report = run(folders)
    assert done.exit_code == 0, done.output
    found = {line["measure"]: line for line in report["seeds"]}
    assert list(found) == ["model", "noise", "setting", CEILING]
    expected = ceiling(GAPS, {name: list(map(str, values)) for name, values in GRID.items()})
    limit = found[CEILING]
    assert (limit["score"], limit["spearman"], limit["share_between_seeds"]) == pytest.approx(
        (expected.score, expected.spearman, expected.share_between_seeds)
    )
    assert found["model"]["score"] == pytest.approx(1)  # its mean values are the mean gaps
    assert found["setting"]["fragility"] == pytest.approx(0, abs=1e-9)
    assert found["noise"]["fragility"] == pytest.approx(1, abs=0.3)
    assert 0 < found["model"]["fragility"] < 0.6
    assert {line["task"] for line in report["rows"]} == set(NAMES)  # and each seed by itself
    lines = list(csv.DictReader((folders / "out" / "seeds.csv").read_text().splitlines()))
    assert [line["measure"] for line in lines] == list(found)
    assert f" {CEILING} " in done.output
    assert "zoo: mean over 3 seeds" in done.output
    (note,) = report["notes"]
    assert note == (
        "zoo: its 3 seeds count as tasks in the mean over tasks, whose intervals and noise take them as not independent"
    )
    assert report["ceiling"] is None
    share = f"{100 * expected.share_between_seeds:.0f}% of the variance of the gaps lies between seeds of one setting."
    assert share in done.output
    assert max(map(len, done.output.splitlines()[:-1])) <= 80


def test_a_measure_that_lacks_a_seed_is_not_among_them_and_the_others_are(folders):
    (folders / "res" / "noise" / "zoo.seed_1.predict").unlink()
    _, report = run(folders)
    assert [line["measure"] for line in report["seeds"]] == ["model", "setting", CEILING]


def test_a_zoo_without_a_second_seed_has_no_ceiling_and_says_so(folders):
    for name in ("zoo", "zoo.seed_1"):
        (folders / "ref" / name / "model_configs.json").unlink()
        (folders / "ref" / name).rmdir()
    done, report = run(folders)
    assert (done.exit_code, report["seeds"]) == (0, [])
    assert report["notes"] == ["zoo.seed_2: there is no other seed of zoo: no ceiling, no fragility"]
    assert not (folders / "out" / "seeds.csv").exists()
    said = "no task has a second seed (TASK.seed_1 beside TASK)"
    assert report["ceiling"] == said
    assert f"no ceiling: {said}" in done.output


def test_another_grid_is_no_seed(folders):
    other = {**GRID, "h0": [1 - value for value in GRID["h0"]]}
    write_reference(folders / "ref" / "zoo.seed_1" / "model_configs.json", MODELS, other, np.ones(24), 1 - GAPS[1])
    done, report = run(folders)
    assert done.exit_code == 1
    assert report["errors"] == ["zoo.seed_1 has other models or other hyper-parameters than zoo: no seed of it"]
    assert (report["seeds"], len(report["rows"])) == ([], 12)
