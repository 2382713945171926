"""Settings of measures are checked by name and type before anything is computed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
import pytest

from complexity import complexity
from complexity.errors import InputError
from complexity.measures.combination import combination_of
from complexity.measures.registry import Measure
from complexity.measures.settings import check_settings
from complexity.samples import read_samples

INPUTS, LABELS = np.random.default_rng(0).random((8, 4)), np.arange(8) % 2


def function(
    model, dataset, *, count: int | None = 5, share: float = 0.5, flag: bool = False, layer: str = "logits",
    weights: Sequence[float] = (1.0,), names: str | Sequence[str] = "auto", kind: Literal["a", "b"] = "a",
    number=3, switch=True, anything=None, late: int = None, pair: tuple[int, str] = (1, "a"),  # noqa: RUF013
):  # fmt: skip
    """Stands for a measure; four of them tell little of their types."""


check = partial(check_settings, "test", function)


@pytest.mark.parametrize(
    "settings",
    [
        {"count": 7}, {"count": None}, {"count": np.int32(7)}, {"share": 1}, {"share": np.float32(1)}, {"flag": True},
        {"flag": np.bool_(True)}, {"weights": [1, 0.5]}, {"weights": (1, 2)}, {"weights": np.ones(2)}, {"weights": []},
        {"names": "all"}, {"names": ["crop"]}, {"kind": "b"}, {"number": 0.5}, {"switch": False}, {"anything": object},
        {"late": None}, {"pair": [2, "b"]}, {},
    ],
)  # fmt: skip
def test_what_the_signature_allows_is_taken(settings):
    check(settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 2.5}, "count: test cannot take this setting (expected a whole number or None, found 2.5 (float))"),
        ({"count": "7"}, "count: test cannot take this setting (expected a whole number or None, found '7' (str))"),
        ({"flag": "no"}, "flag: test cannot take this setting (expected True or False, found 'no' (str))"),
        ({"weights": [1, "b"]}, "weights: test cannot take this setting (expected a list, each entry a finite number, "
         "found [1, 'b'] (list))"),
        ({"names": 3}, "names: test cannot take this setting (expected a word or a list, each entry a word, found 3 "
         "(int))"),
        ({"kind": "c"}, "kind: test cannot take this setting (expected 'a' or 'b', found 'c' (str))"),
        ({"pair": 3}, "pair: test cannot take this setting (expected a list of 2: a whole number, a word, found 3 "
         "(int))"),
        ({"cuont": 7}, "cuont: test has no such setting; did you mean count? (expected one of anything, count, flag, "
         "kind, late, layer, names, number, pair, share, switch, weights, found cuont)"),
    ],
)  # fmt: skip
def test_what_it_does_not_allow_is_an_error_that_says_what_is(settings, message):
    with pytest.raises(InputError) as caught:
        check(settings)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "settings",
    [
        {"count": True}, {"count": float("nan")}, {"share": float("nan")}, {"share": float("inf")}, {"share": True},
        {"share": None}, {"flag": 1}, {"flag": None}, {"layer": None}, {"layer": 3}, {"weights": "ab"}, {"weights": 1},
        {"weights": {"a": 1}}, {"names": [1]}, {"number": "3"}, {"switch": "no"}, {"late": "x"}, {"pair": [2]},
        {"pair": ["b", 2]}, {"kind": np.ones(2)},
    ],
)  # fmt: skip
def test_values_of_other_types_are_errors(settings):
    with pytest.raises(InputError, match="test cannot take this setting"):
        check(settings)


def test_settings_that_are_fixed_already_and_functions_that_take_all_are_understood():
    check_settings("test", partial(function, count=3), {"count": 4})
    check_settings("test", lambda model, dataset, **settings: 0.0, {"whatever": 1})
    with pytest.raises(InputError, match=r"test has no such setting \(expected no settings, found k\)"):
        check_settings("test", lambda model, dataset: 0.0, {"k": 1})


def test_the_face_checks_them_before_it_looks_at_model_and_data():
    with pytest.raises(InputError) as caught:
        complexity(object(), object(), center_features="no")
    assert str(caught.value) == (
        "center_features: angle cannot take this setting (expected True or False, found 'no' (str))"
    )


def test_a_measure_gets_pythons_numbers_for_those_of_numpy():
    def counting(model, dataset, *, count: int = 1):
        assert type(count) is int
        return float(count)

    assert Measure("counting", counting, "larger gap", (0, 9), frozenset(), True, "test")(0, 0, count=np.int64(5)) == 5


def test_every_call_takes_what_reads_the_data_and_names_it_beside_its_own_settings():
    batches = [(INPUTS[:4], LABELS[:4]), (INPUTS[4:], LABELS[4:])]

    def count(model, dataset, *, k: int = 1):
        return float(len(read_samples(dataset)))

    measure = Measure("count", count, "larger gap", (0.0, 10.0), frozenset(), True, "test")
    assert measure(None, batches, batched=True) == 8
    with pytest.raises(InputError, match="expected the setting batched=True in the call if each item is a batch"):
        measure(None, batches)
    with pytest.raises(InputError, match=r"bad setting \(expected True, False or None, found 1\)"):
        measure(None, batches, batched=1)
    with pytest.raises(InputError, match=r"did you mean batched\? \(expected one of k, batched, progress, found"):
        measure(None, batches, batch=True)
    assert combination_of([measure, replace(measure, name="again")])(None, batches, batched=True) > 0


def test_a_measure_with_such_a_setting_of_its_own_is_told_as_well():
    def told(model, dataset, *, batched: bool | None = False):
        return float(bool(batched))

    measure = Measure("told", told, "larger gap", (0.0, 1.0), frozenset(), True, "test")
    assert (measure(None, None), measure(None, None, batched=True)) == (0, 1)
