"""Combinations a+b: over the models of a task by rank aggregation, in the plug-in by a weighted sum."""

import json
import math

import pytest
from click.testing import CliRunner
from stranger_modules import write_strangers

from complexity.errors import InputError
from complexity.measures.combination import Combination, combination_of, on_common_scale, resolve
from complexity.measures.measured import Measured
from complexity.measures.registry import Measure
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.measures import all_measures, find_measure
from pgdl_eval.runner.ingestion import ingest

VALUES = {
    "rises": {"model_0": 10.0, "model_1": 20.0, "model_2": 20.0, "model_3": 40.0},
    "falls": {"model_0": 0.4, "model_1": 0.1, "model_2": 0.9, "model_3": 0.2},
    "fails": {"model_0": 1.0, "model_1": 2.0, "model_2": 3.0},
}
calls = []


def fake(name, direction, bounds, needs=()):
    def function(model, dataset, *, scale=1):
        calls.append((name, model.name))
        return Measured(scale * VALUES[name][model.name], {"scale": scale})

    return Measure(name, function, direction, bounds, frozenset(needs), True, "test")


RISES = fake("rises", "larger gap", (0.0, math.inf))
FALLS = fake("falls", "smaller gap", (0.0, 1.0), needs=("labels",))
FAILS = fake("fails", "larger gap", (0.0, 1.0))


@pytest.fixture
def run(stored_task, tmp_path):
    calls.clear()

    def run(*measures, **settings):
        return ingest(stored_task.parent, tmp_path / "out", measures, settings=settings)

    return run


def written(output, measure):
    folder = output / "out" / measure
    return read_values(folder / "digits.predict"), json.loads((folder / "digits.provenance.json").read_text())


def test_a_combination_writes_the_ranks_of_the_aggregate_and_its_components_beside_them(run, tmp_path):
    outcome = run(combination_of([RISES, FALLS]))
    assert (outcome.computed, outcome.skipped, outcome.failures) == (12, 0, [])
    values, beside = written(tmp_path, "rises+falls")
    # The second measure breaks the tie of the first: its higher value means the smaller gap.
    assert values == {"model_0": 1.0, "model_2": 2.0, "model_1": 3.0, "model_3": 4.0}
    assert beside["settings"] == {
        "method": "mean_rank",
        "weights": [1.0, 0.05],
        "components": {"rises": {"scale": 1}, "falls": {"scale": 1}},
    }
    assert beside["aggregation"]["unique"] is True
    assert beside["aggregation"]["of"].startswith("ranks over the whole list of models, exact")
    assert beside["aggregation"]["spearman_with_stand_in"] == 1.0
    assert written(tmp_path, "falls")[0] == VALUES["falls"]
    assert beside["seconds"]["model_0"] == pytest.approx(
        sum(written(tmp_path, name)[1]["seconds"]["model_0"] for name in ("rises", "falls"))
    )


def test_components_that_are_there_are_not_computed_again(run, tmp_path):
    run(RISES, FALLS)
    assert len(calls) == 8
    outcome = run(combination_of([FALLS, RISES]), combination_of([RISES, FALLS]))
    assert (len(calls), outcome.computed, outcome.skipped) == (8, 8, 8)
    assert run(combination_of([FALLS, RISES])).skipped == 12
    run(combination_of([FALLS, RISES]), method="kemeny", weights=[1, 0.5])
    assert len(calls) == 8
    assert written(tmp_path, "falls+rises")[1]["settings"]["method"] == "kemeny"


def test_a_setting_of_one_component_changes_it_and_the_combination_alone(run, tmp_path):
    run(combination_of([RISES, FALLS]))
    run(combination_of([RISES, FALLS]), **{"rises.scale": 2})
    assert [name for name, _ in calls[8:]] == ["rises"] * 4
    beside = written(tmp_path, "rises+falls")[1]
    assert beside["settings"]["components"] == {"rises": {"scale": 2}, "falls": {"scale": 1}}


def test_components_with_values_for_different_models_are_an_error_that_names_the_models(run, tmp_path):
    outcome = run(combination_of([RISES, FAILS]))
    assert [failure[:3] for failure in outcome.failures] == [
        ("digits", "fails", "model_3"),
        ("digits", "rises+fails", "all models"),
    ]
    problem = "the components have values for different models: fails has none for model_3"
    assert problem in outcome.failures[1][3]
    beside = json.loads((tmp_path / "out" / "rises+fails" / "digits.provenance.json").read_text())
    assert beside["failures"] == dict.fromkeys(VALUES["rises"], problem)
    assert json.loads((tmp_path / "out" / "rises+fails" / "digits.predict").read_text()) == {}


def test_a_model_that_no_component_could_measure_is_left_out_and_named(run, stored_task, tmp_path):
    (stored_task / "model_2" / "config.json").write_text("{")
    outcome = run(combination_of([RISES, FALLS]))
    assert [failure[1:3] for failure in outcome.failures][-1] == ("rises+falls", "model_2")
    values, beside = written(tmp_path, "rises+falls")
    assert values == {"model_0": 1.0, "model_1": 2.0, "model_3": 3.0}
    assert beside["failures"] == {"model_2": "no component has a value for this model"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "borda"}, "method: unknown method (expected one of mean_rank, footrule, kemeny, found borda)"),
        ({"weights": [1]}, "weights: weights do not fit (expected 2 numbers, found [1])"),
        ({"falls.scal": 1}, "falls.scal: no chosen measure has this setting (expected one of ['method', 'scale', "
         "'weights'], found falls.scal)"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_an_error_before_anything_is_computed(run, settings, message):
    with pytest.raises(InputError) as caught:
        run(combination_of([RISES, FALLS]), **settings)
    assert (str(caught.value), calls) == (message, [])


class Model:
    name = "model_2"


def test_the_stand_in_is_the_weighted_sum_of_the_oriented_values_on_a_common_scale():
    both = combination_of([RISES, FALLS, FAILS])
    value = both(Model(), None)
    assert value == pytest.approx(math.log(1 + 20) / 25 + 0.05 * -0.9 + 0.05 * 3.0, rel=1e-15)
    assert both(Model(), None, weights=[0, 1, 0]) == -0.9
    assert value.details["components"]["falls"] == {"value": 0.9, "scale": 1}
    assert value.details["stand_in"].startswith("weighted sum for one model")
    assert (both.name, both.higher_means, both.needs) == ("rises+falls+fails", "larger gap", {"labels"})
    assert both.bounds == (-0.05, math.inf)
    assert on_common_scale(fake("degrees", "larger gap", (0.0, 90.0)), 45.0) == 0.5


def test_a_measure_that_may_be_anything_has_no_stand_in_but_ranks(run, tmp_path):
    free = fake("rises", "larger gap", (-math.inf, math.inf))
    both = combination_of([free, FALLS])
    assert both.bounds == (-math.inf, math.inf)
    with pytest.raises(InputError, match=r"rises: no common scale for this measure \(expected a finite range"):
        both(Model(), None)
    assert run(both).failures == []
    assert written(tmp_path, "rises+falls")[1]["aggregation"]["spearman_with_stand_in"] is None


def test_the_papers_combinations_are_registered_and_all_others_are_found():
    assert {"pseudo_validation+angle", "distance+angle"} <= set(all_measures())
    found = find_measure("distance+pseudo_validation+angle")
    assert isinstance(found, Combination)
    assert found.needs == {"images", "initial weights", "labels"}
    assert find_measure(found.dotted_name).name == found.name
    assert resolve("angle").name == "angle"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pseudo_validatoin+angle", "measure: no such measure; did you mean pseudo_validation?"),
        ("angle+", "measure: no such measure (expected one of"),
        ("angle+angle", "angle+angle: a combination needs different measures"),
    ],
)
def test_a_name_that_is_no_combination_is_a_clear_error(name, message):
    with pytest.raises(InputError) as caught:
        find_measure(name)
    assert str(caught.value).startswith(message)


STRANGERS = """
def weights_sum(model, dataset):
    return float(sum(w.sum() for w in model.weights))

def entries(model, dataset):
    return float(sum(w.size for w in model.weights))
"""


def test_the_command_takes_a_combination_and_says_how_it_came_about(stored_task, tmp_path, monkeypatch):
    module = write_strangers(tmp_path, monkeypatch, STRANGERS)
    name = f"{module}:weights_sum+{module}:entries"
    arguments = [
        "ingest",
        str(stored_task.parent),
        str(tmp_path / "out"),
        "--measure",
        name,
        "--set",
        "method=footrule",
    ]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "footrule of 4 models with weights 1, 0.05, the only optimum; the plug-in's stand-in" in done.stderr
    assert "12 computed, 0 already done, 0 out of time, 0 failed" in done.stderr
    (folder,) = (tmp_path / "out").glob("*+*")
    assert sorted(read_values(folder / "digits.predict").values()) == [1.0, 2.0, 3.0, 4.0]
