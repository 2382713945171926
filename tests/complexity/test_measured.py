"""The value of a measure: a float with details."""

import copy
import json
import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from complexity.errors import InputError, InputWarning, warn
from complexity.measures.measured import Measured
from complexity.measures.registry import Measure

DETAILS = {"measure": "angle", "unit": "degrees", "samples": 20, "features": {"spectral_gap": 0.5, "k": {"one": 1}}}
VALUE = Measured(12.5, DETAILS)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, *(lambda v, p=p: pickle.loads(pickle.dumps(v, p)) for p in range(6))],
)
def test_a_copy_is_the_same_value_with_the_same_details(copied):
    again = copied(VALUE)
    assert (type(again), again, again.details) == (Measured, VALUE, DETAILS)


def test_it_comes_back_from_a_worker_process():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        again = workers.submit(copy.copy, VALUE).result()
    assert (again, again.details) == (VALUE, DETAILS)


def test_it_is_the_float_wherever_a_number_is_wanted():
    assert (json.dumps(VALUE), json.dumps([{"a": VALUE}])) == ("12.5", '[{"a": 12.5}]')
    assert (f"{VALUE}", f"{VALUE:.3f}", f"{VALUE:>6.1f}") == ("12.5", "12.500", "  12.5")
    assert type(float(VALUE)) is float
    assert (VALUE == 12.5, VALUE < 13, hash(VALUE) == hash(12.5), sorted([VALUE, 1.0])) == (True, True, True, [1, 12.5])
    assert np.array([VALUE]).dtype == np.float64
    assert pd.DataFrame({"angle": [VALUE, VALUE]}).dtypes["angle"] == np.float64


def test_it_is_shown_with_its_unit_and_its_measure():
    assert repr(VALUE) == str(VALUE) == "12.5 degrees (angle)"
    assert (repr(Measured(2)), repr(Measured(2, {"measure": "distance", "unit": ""}))) == ("2.0", "2.0 (distance)")


def test_in_a_notebook_it_is_a_table_whose_text_is_escaped():
    table = Measured(1, {"measure": "<b>", "warnings": ["a & b"], "long": list(range(1000))})._repr_html_()
    assert table.startswith("<table><caption>1.0 (&lt;b&gt;)</caption><tr><th>measure</th><td>&lt;b&gt;</td></tr>")
    assert "<tr><th>warnings</th><td>[&#x27;a &amp; b&#x27;]</td></tr>" in table
    assert len(table) < 600


def test_its_row_is_flat():
    row = VALUE.to_dict()
    assert row == {
        "measure": "angle", "unit": "degrees", "samples": 20,
        "features.spectral_gap": 0.5, "features.k.one": 1, "value": 12.5,
    }  # fmt: skip
    assert pd.DataFrame([row, row]).shape == (2, 6)


def test_details_are_copied_into_the_types_that_json_holds():
    inner = [np.float32(0.5), np.arange(2)]
    given = {"count": np.int64(3), "flag": np.bool_(True), "list": inner, "pair": (1, None), 7: math.inf, "v": VALUE}
    found = Measured(1, given).details
    expected = {"count": 3, "flag": True, "list": [0.5, [0, 1]], "pair": [1, None], "7": None, "v": 12.5}
    assert found == expected
    assert json.loads(json.dumps(found, allow_nan=False)) == expected
    assert [type(found[name]) for name in ("count", "flag", "v")] == [int, bool, float]
    inner.clear()
    assert found["list"] == [0.5, [0, 1]]


def test_a_detail_that_json_cannot_hold_is_an_error_that_names_it():
    with pytest.raises(InputError) as caught:
        Measured(1, {"rounds": [{"seed": object()}]})
    assert str(caught.value) == (
        "details.rounds[0].seed: a detail that JSON cannot hold (expected numbers, words, None, and lists and "
        "dictionaries of them, found object)"
    )


def measured(function, direction="smaller gap"):
    return Measure("hits", function, direction, (0.0, 1.0), frozenset(), True, "test", unit="share")


def test_whatever_a_measure_gives_its_value_says_which_it_is_and_what_it_warned_of():
    def function(model, dataset):
        warn("few samples")
        return 0.5

    with pytest.warns(InputWarning, match="few samples") as given:
        value = measured(function)(None, None)
    assert value.details == {
        "measure": "hits",
        "unit": "share",
        "direction": "larger means a smaller expected gap",
        "warnings": ["few samples"],
    }
    assert [one.filename for one in given] == [__file__]
    assert value.own_details == {}
    assert measured(lambda model, dataset: Measured(0.5, {"samples": 3}), "larger gap")(None, None).details == {
        "measure": "hits",
        "unit": "share",
        "direction": "larger means a larger expected gap",
        "samples": 3,
        "warnings": [],
    }


def test_a_measure_made_of_another_has_its_own_name_and_the_warnings_of_both():
    def inner(model, dataset):
        warn("inner")
        return 0.5

    def outer(model, dataset):
        return measured(inner)(model, dataset)

    both = Measure("outer", outer, "larger gap", (0.0, 1.0), frozenset(), True, "test")
    with pytest.warns(InputWarning, match="inner"):
        value = both(None, None)
    assert repr(value) == "0.5 (outer)"
    assert value.details["warnings"] == ["inner"]
