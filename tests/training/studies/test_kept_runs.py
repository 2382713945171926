"""The studies on runs in small form: the same tables, and labels from the data set."""

from dataclasses import replace

import pytest
from image_files import write_noise

from complexity.errors import InputError
from training.runs.keeping import keep_runs
from training.runs.run_folder import find_runs
from training.studies import STUDIES
from training.studies.cohort import Cohort, Missing, cohorts


@pytest.fixture(scope="session")
def kept_cohort(runs, noise, tmp_path_factory) -> Cohort:
    out = tmp_path_factory.mktemp("kept")
    list(keep_runs(runs, out))
    (found,) = cohorts(find_runs(out), noise)
    return found


@pytest.mark.parametrize("name", [name for name in STUDIES if name != "image_folder_cosines"])
def test_tables_of_kept_runs_are_those_of_the_runs_to_the_stated_precision(cohort, kept_cohort, name):
    tables = [STUDIES[name].compute(one) for one in (cohort, kept_cohort)]
    numbers = [table.select_dtypes("number") for table in tables]
    assert tables[0].drop(columns=numbers[0]).equals(tables[1].drop(columns=numbers[1]))
    precision = {"degrees": 0.5, "smoothed": 0.1}
    for column in numbers[0].columns.intersection(
        [*precision, "explained_variance", "singular_value", "test_accuracy"]
    ):
        expected, found = (table[column].to_numpy(float) for table in numbers)
        assert found == pytest.approx(expected, rel=1e-6, abs=precision.get(column, 1e-6), nan_ok=True), column


def test_kept_runs_hold_no_labels_and_take_them_from_the_data_set_that_they_were_trained_on(
    cohort, kept_cohort, tmp_path
):
    member = kept_cohort.members[0]
    assert not [name for name in member.data if "labels" in name]
    for part in ("train", "test"):
        assert kept_cohort.labels(part).tolist() == cohort.labels(part).tolist()
    write_noise(tmp_path, seed=1)
    with pytest.raises(InputError, match="SHA-256 of noise: the data set is not the one that the runs were trained on"):
        replace(kept_cohort, data_dir=tmp_path).labels("train")
    with pytest.raises(InputError, match=r"no data found at .*noise\.npz"):
        replace(kept_cohort, data_dir=tmp_path / "nothing").labels("train")
    with pytest.raises(Missing, match="kept runs hold no labels: give the folder of the data set by --data-dir"):
        STUDIES["agreement_parts"].compute(replace(kept_cohort, data_dir=None))
