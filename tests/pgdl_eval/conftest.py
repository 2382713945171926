"""What the tests of pgdl_eval share."""

import gc
import json
import shutil
from pathlib import Path

import pytest

from pgdl_eval.formats.task import TRAIN, find_tasks
from pgdl_eval.formats.task_writer import write_samples
from pgdl_eval.sample.run import FOLDER


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
    inputs, labels = find_tasks(FOLDER)[0].training_samples()
    write_samples(folder / "digits" / TRAIN, inputs[:40], labels[:40], 1)
    configs = json.loads((FOLDER / "digits" / "model_configs.json").read_text())
    kept = {}
    for number in range(4):
        shutil.copytree(FOLDER / "digits" / f"model_{number}", folder / "digits" / f"model_{number}")
        kept[str(number)] = entry = configs[str(number)]
        entry["hparams"] = {
            "first": {"possible_values": [0, 1], "current_value": number % 2},
            "second": {"possible_values": [0, 1], "current_value": number // 2},
        }
    (folder / "digits" / "model_configs.json").write_text(json.dumps(kept))
    return folder
