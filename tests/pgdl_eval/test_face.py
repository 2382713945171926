"""Measures by name, from Python."""

import json

import numpy as np
import pytest

import pgdl_eval
from complexity.errors import InputError
from complexity.models import TrainedModel
from pgdl_eval.measures import all_measures, find_measure


class Network(TrainedModel):
    """A network of NumPy alone."""

    name = "network"

    def features(self, inputs):
        return np.maximum(inputs.reshape(len(inputs), -1) @ self.weights()[0], 0)

    def logits(self, inputs):
        return self.features(inputs)[:, :5]

    def weights(self):
        return [np.random.default_rng(1).standard_normal((64, 20)).astype(np.float32)]

    def initial_weights(self):
        return [np.zeros((64, 20), np.float32)]


rng = np.random.default_rng(0)
DATA = rng.random((30, 8, 8, 1), dtype=np.float32), np.arange(30) % 5


def test_the_list_holds_all_that_are_installed_with_what_they_declare():
    table = pgdl_eval.list_measures()
    assert list(table.columns) == ["name", "direction", "needs", "unit", "bounds", "cost", "source"]
    assert list(table["name"]) == list(all_measures())
    one = table.set_index("name").loc["pseudo_validation"]
    assert (one["direction"], one["needs"], one["unit"]) == ("smaller expected gap", "images, labels", "share")
    assert (table.set_index("name").loc[["angle", "distance+angle"], "needs"]).tolist() == ["", "initial weights"]
    assert table["cost"].all()
    assert all(column in repr(table) for column in table.columns)
    assert all(name in repr(table) for name in table["name"])


@pytest.mark.parametrize(
    ("name", "settings", "unit"),
    [
        ("angle", {"max_samples": 20}, "degrees"),
        ("angle[layer=logits]", {}, "degrees"),
        ("subspace_stability", {"k": 2}, "share"),
        ("distance+angle", {"weights": [1, 0.5]}, ""),
    ],
)
def test_any_measure_variant_or_combination_is_computed_by_name(name, settings, unit):
    value = pgdl_eval.compute(name, Network(), DATA, **settings)
    assert value == find_measure(name)(Network(), DATA, **settings)
    assert (value.details["measure"], value.details["unit"], value.details["warnings"]) == (name, unit, [])
    assert value.details["direction"].startswith("larger means a ")
    assert json.loads(json.dumps(value.details)) == value.details


def test_settings_of_a_combinations_components_go_to_each_that_has_them():
    value = pgdl_eval.compute("distance+angle", Network(), DATA, max_samples=20, layer="logits")
    angle = pgdl_eval.compute("angle", Network(), DATA, max_samples=20, layer="logits")
    assert value.details["components"]["angle"] == {"value": float(angle), **angle.own_details}
    with pytest.raises(InputError, match=r"distance\+angle has no such setting; did you mean max_samples\?"):
        pgdl_eval.compute("distance+angle", Network(), DATA, max_sample=20)
    with pytest.raises(InputError, match=r"max_samples: angle cannot take this setting \(expected a whole number"):
        pgdl_eval.compute("distance+angle", Network(), DATA, max_samples="20")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (Network(), "name: the name of a measure comes first (expected compute(NAME, model, data) with a name of "
                    "list_measures(), or package.module:function, found Network)"),
        ("math:hypot", "no measure at 'math:hypot': no signature found for builtin <built-in function hypot> "
                       "(expected a function (model, dataset, *, settings) of Python)"),
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_measure_is_a_clear_error(name, message):
    with pytest.raises(InputError) as caught:
        pgdl_eval.compute(name, Network(), DATA)
    assert str(caught.value) == message


def test_it_takes_batches_where_the_data_do_not_say_what_they_are():
    batches = [(DATA[0][:10], DATA[1][:10]), (DATA[0][10:], DATA[1][10:])]
    for name in ("angle", "angle[layer=logits]", "distance+angle", "pseudo_validation"):
        expected = pgdl_eval.compute(name, Network(), DATA)
        assert pgdl_eval.compute(name, Network(), batches, batched=True, progress=False) == expected
        with pytest.raises(InputError, match="expected the setting batched=True in the call if each item is a batch"):
            pgdl_eval.compute(name, Network(), batches)


def test_an_unknown_name_and_an_unknown_setting_are_errors_that_suggest_the_nearest():
    with pytest.raises(InputError, match=r"no such measure; did you mean angle\?"):
        pgdl_eval.compute("angel", Network(), DATA)
    with pytest.raises(InputError, match=r"angle has no such setting; did you mean max_samples\?"):
        pgdl_eval.compute("angle", Network(), DATA, max_sample=5)
    with pytest.raises(AttributeError, match="module 'pgdl_eval' has no attribute 'comptue'"):
        pgdl_eval.comptue  # noqa: B018
