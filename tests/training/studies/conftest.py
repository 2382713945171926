"""What the tests of the studies share: a few small runs on noise."""

from pathlib import Path

import pytest
from image_files import write_noise

from training.runs.experiment import Experiment, Place
from training.runs.run import train
from training.runs.run_folder import find_runs
from training.studies.cohort import Cohort, cohorts

TINY = {"epochs": 2, "batch_size": 16, "subset_rows": 24}


RUNS = [("resnet18", 0), ("resnet18", 1), ("resnet18_shuffled_labels", 0), ("autoencoder", 0), ("simclr", 0)]


@pytest.fixture(scope="session")
def noise(tmp_path_factory) -> Path:
    """A folder with a data set of noise of 12 pixels."""
    return write_noise(tmp_path_factory.mktemp("noise"), seed=0)


@pytest.fixture(scope="session")
def runs(noise, tmp_path_factory) -> Path:
    """Four recipes, three paradigms, two seeds and a run that has not ended."""
    out = tmp_path_factory.mktemp("studied")
    place = Place(noise, out, "cpu")
    for recipe, seed in RUNS:
        train(Experiment(recipe, "smoke", "noise", seed, TINY), place)
    train(Experiment("mlp", "smoke", "noise", 0, TINY), place, until=1)
    return out


@pytest.fixture(scope="session")
def cohort(runs) -> Cohort:
    (found,) = cohorts(find_runs(runs))
    return found
