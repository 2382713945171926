"""What the tests share."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pgdl_eval.sample.run import FOLDER


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}")
    return folder


@pytest.fixture
def stored_task(tmp_path, monkeypatch) -> Path:
    """A task of four models of the sample, which are passed on as they are stored: no framework is needed."""
    import pgdl_eval.keras_models as keras_models

    monkeypatch.setattr(keras_models, "build", lambda stored: stored)
    monkeypatch.setattr(keras_models, "clear_session", lambda: None)
    folder = tmp_path / "input" / "digits"
    shutil.copytree(FOLDER / "digits" / "dataset_1", folder / "dataset_1")
    for number in range(4):
        shutil.copytree(FOLDER / "digits" / f"model_{number}", folder / f"model_{number}")
    return folder


@pytest.fixture(scope="session")
def blobs(tmp_path_factory) -> Path:
    """A folder with a data set of four kinds of noisy stripes, 60 + 30 images of 12 pixels."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data")
    arrays = {}
    for part, rows in (("train", 60), ("test", 30)):
        labels = np.arange(rows) % 4
        waves = np.sin(np.arange(12) * (labels[:, None] + 1) / 2)[:, :, None, None]
        noise = rng.standard_normal((rows, 12, 12, 3))
        arrays[f"x_{part}"] = np.clip(128 + 60 * waves + 30 * noise, 0, 255).astype(np.uint8)
        arrays[f"y_{part}"] = labels
    np.savez(folder / "blobs.npz", **arrays)
    return folder


@pytest.fixture(scope="session")
def finished(blobs, tmp_path_factory):
    """The folder of a finished run of resnet18."""
    from training_runs import experiment

    from training.experiment import Place
    from training.loop import train

    return train(experiment("resnet18", epochs=2), Place(blobs, tmp_path_factory.mktemp("runs"), "cpu"))
