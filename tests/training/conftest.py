"""What the tests of training share: data sets, a finished run, and zoos made in this process."""

from pathlib import Path

import numpy as np
import pytest
import torch
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


def write_stripes(folder: Path, name: str, *, rows: tuple[int, int], contrast: float, noise: float) -> Path:
    """Write FOLDER/NAME.npz with images of four classes, which differ in the number of their stripes."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in zip(("train", "test"), rows, strict=True):
        labels = np.arange(n) % 4
        waves = np.sin(np.arange(12) * (labels[:, None] + 1) / 2)[:, :, None, None]
        pixels = 128 + contrast * waves + noise * rng.standard_normal((n, 12, 12, 3))
        arrays[f"x_{part}"] = np.clip(pixels, 0, 255).astype(np.uint8)
        arrays[f"y_{part}"] = labels
    np.savez(folder / f"{name}.npz", **arrays)
    return folder


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
