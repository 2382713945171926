"""What the tests share."""

import shutil
from pathlib import Path

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
