"""All kinds of models and data: taken with the truth by NumPy, or refused in words; and docs/models.md says so.

The kinds stand in `kinds/`, each with what should come of it. A test fails with the list of all that is otherwise.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))  # also the folder of `write_docs.py`, which is run as a script
from outcomes import MODELS, PARTS, faults, missing, run_battery
from write_docs import FILE, with_tables

LEAST = {"ONNX": 50}  # kinds of a part; the exporter does not take all


@pytest.fixture(scope="module")
def outcomes():
    return run_battery()


@pytest.mark.parametrize("part", PARTS)
def test_every_kind_is_taken_with_its_truth_or_refused_in_words(part, outcomes):
    if missing(part):
        pytest.skip(f"not installed: {' and '.join(missing(part))}")
    assert len(outcomes[part]) >= LEAST.get(part, 60)
    assert [fault for one in outcomes[part] for fault in faults(one)] == []


@pytest.mark.parametrize("part", MODELS)
def test_no_kind_stands_twice_and_every_measure_is_called_for_what_is_taken(part, outcomes):
    if missing(part):
        pytest.skip(f"not installed: {' and '.join(missing(part))}")
    names = [one["kind"] for one in outcomes[part]]
    assert len(names) == len(set(names))
    assert all(bool(one["measures"]) == (one["comes"] != "refused") for one in outcomes[part])


def test_the_tables_of_the_document_are_what_the_battery_says(outcomes):
    if any(map(missing, PARTS)):
        pytest.skip("the tables need all frameworks")
    text = FILE.read_text(encoding="utf-8")
    assert text == with_tables(text, outcomes), "python tests/battery/write_docs.py writes them anew"
