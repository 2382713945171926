"""Values of .predict files: integers keep their order however large they are, or are refused."""

import json
import warnings

import numpy as np
import pytest

from complexity.errors import InputError, InputWarning
from pgdl_eval.formats.predictions import read_predictions, read_values
from pgdl_eval.formats.reference import read_reference
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing


def write(folder, values):
    path = folder / "task.predict"
    path.write_text(json.dumps({f"model_{number}": value for number, value in enumerate(values)}))
    return path, [f"model_{number}" for number in range(len(values))]


@pytest.mark.parametrize(
    "values",
    [
        [10**18 + rank for rank in (3, 0, 2, 1)],
        [-(10**18) - rank for rank in (3, 0, 2, 1)],
        [2**53 + 1, 2**53, 2**53 + 2],
        [10**300 + 7, 10**300],
        [2**60 + 1, float(2**60), 2**60 + 5],
    ],
)
def test_large_integers_are_read_as_differences_from_the_least(tmp_path, values):
    path, models = write(tmp_path, values)
    with pytest.warns(InputWarning, match=r"task\.predict: integers above 2\^53"):
        found = read_predictions(path, models)
    least = min(int(value) for value in values)
    assert found.tolist() == [int(value) - least for value in values]


@pytest.mark.parametrize("values", [[2**53 + 1, 0.5], [2**53 + 1, -(2**53) - 2], [10**300 + 1, 0]])
def test_large_integers_whose_differences_no_float_holds_are_refused(tmp_path, values):
    path, models = write(tmp_path, values)
    with pytest.raises(InputError, match=r"task\.predict: integers that no float holds exactly"):
        read_predictions(path, models)


def test_integers_that_floats_hold_are_read_as_they_are(tmp_path):
    values = [2**53, -(2**53), 10**18, 3, 0.1, 1e300]
    path, models = write(tmp_path, values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_predictions(path, models).tolist() == values
    assert list(read_values(path).values()) == values


def test_values_that_are_kept_are_not_rounded(tmp_path):
    path, _ = write(tmp_path, [1.0, 10**18 + 1])
    with pytest.raises(InputError, match="model_1: an integer that no float holds exactly"):
        read_values(path)


def test_the_official_scores_of_large_integers_are_reproduced(shared_data):
    cases = shared_data.parent / "cases" / "kit" / "ints_huge"
    if not cases.is_dir():
        pytest.skip(f"no cases at {cases}")
    official = {"task1_v4": 0.286613527487, "task2_v1": 0.268853004337}
    for task, score in official.items():
        reference = read_reference(shared_data / "pgdl" / "public" / "reference_data" / task / "model_configs.json")
        with pytest.warns(InputWarning, match="differences"):
            values = read_predictions(cases / f"{task}.predict", reference.models)
        models = pairing(reference.gap, reference.hyperparameters)
        assert float(conditional_mutual_information(values, models)) == pytest.approx(score, abs=1e-12)
        assert len(np.unique(values)) == len(values)
