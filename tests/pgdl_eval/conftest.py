"""What the tests of pgdl_eval share."""

import gc
from pathlib import Path

import pytest
from small_task import write_four_models


@pytest.fixture(scope="session")
def keras_at_hand():
    """Keras, imported; the garbage collector, which runs between models, need not search it: 0.3 s a model."""
    keras = pytest.importorskip("keras")
    gc.collect()
    gc.freeze()
    yield keras
    gc.unfreeze()


@pytest.fixture(scope="session")
def four_models(tmp_path_factory) -> Path:
    """A folder with a task of four models of the sample and 40 of its training images; their grid is complete."""
    folder = tmp_path_factory.mktemp("input")
    write_four_models(folder)
    return folder
