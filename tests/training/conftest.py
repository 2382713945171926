"""What the tests of training share: data sets, a finished run, and zoos made in this process."""

from pathlib import Path

import pytest
import torch
from image_files import write_stripes
from training_runs import experiment

from complexity.errors import InputError
from training.runs.experiment import Place
from training.runs.run import train


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """One thread, as the processes of a zoo have: for networks as small as these the fastest."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def blobs(tmp_path_factory) -> Path:
    """A folder with a data set of four kinds of noisy stripes, 60 + 30 images of 12 pixels."""
    return write_stripes(tmp_path_factory.mktemp("data"), "blobs", rows=(60, 30), contrast=60, noise=30)


@pytest.fixture(scope="session")
def stripes(tmp_path_factory) -> Path:
    """The like with 96 + 40 images that are harder to tell apart."""
    return write_stripes(tmp_path_factory.mktemp("data"), "stripes", rows=(96, 40), contrast=50, noise=40)


@pytest.fixture(scope="session")
def finished(blobs, tmp_path_factory):
    """The folder of a finished run of resnet18."""
    return train(experiment("resnet18", epochs=2), Place(blobs, tmp_path_factory.mktemp("runs"), "cpu"))


@pytest.fixture
def in_this_process(monkeypatch):
    """Models of a zoo, and lists of runs, are made here, not in processes of their own, which take seconds to start."""

    def call_all(function, calls, workers):
        for call in calls:
            try:
                yield call, function(*call), None
            except InputError as error:
                yield call, None, error

    for user in ("training.zoo.zoo", "training.runs.experiments"):
        monkeypatch.setattr(f"{user}.in_processes", call_all)
