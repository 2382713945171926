"""Every measure, packaged, in a process that does what the starter kit's program does: the values of `ingest`."""

import json
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest

from complexity.errors import InputWarning
from complexity.measures.combination import Combination, stand_in_value
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.task import TRAIN, find_tasks
from pgdl_eval.formats.task_writer import write_samples
from pgdl_eval.measures import all_measures
from pgdl_eval.package import package
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.sample.run import FOLDER

PROGRAM = Path(__file__).parents[1] / "support" / "kit_program.py"
# Of float32 passes on two engines. Sharpness is the end of a search that follows the gradient's signs.
EQUAL, EQUAL_AFTER_A_SEARCH = 1e-4, 2e-3


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """A task of two models whose names are sorted differently as text and as numbers."""
    folder = tmp_path_factory.mktemp("kit") / "digits"
    inputs, labels = find_tasks(FOLDER)[0].training_samples()
    write_samples(folder / TRAIN, inputs[:40], labels[:40], 2)
    for name in ("model_2", "model_10"):
        shutil.copytree(FOLDER / "digits" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def expected(task, tmp_path_factory):
    """The values of `ingest`; a combination's stand-in from those of its components."""
    output, measures = tmp_path_factory.mktemp("ingest"), all_measures()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        outcome = ingest(task, output, list(measures.values()))
    assert outcome.failures == []
    found = {name: dict(read_values(output / name / "digits.predict")) for name in measures}
    for name, measure in measures.items():
        if isinstance(measure, Combination):
            parts = [found[part.name] for part in measure.components]
            for model in found[name]:
                column = [part[model] for part in parts]
                found[name][model] = stand_in_value(measure.components, column, measure.settings["weights"])
    return found


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submissions")
    for name in all_measures():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputWarning)  # the kit's own toy task has no images
            package(name, folder.parent / "one.zip")
        with zipfile.ZipFile(folder.parent / "one.zip") as archive:
            archive.extractall(folder / name)
    return folder


@pytest.mark.parametrize("legacy", ["0", "1"], ids=["Keras 3", "tf_keras"])
def test_every_submission_gives_in_the_kit_what_ingest_gives(task, submissions, expected, tmp_path, legacy):
    pytest.importorskip("tf_keras" if legacy == "1" else "keras")
    pytest.importorskip("tensorflow")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "KERAS_BACKEND")}
    environment |= {"TF_USE_LEGACY_KERAS": legacy, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-P", "-W", "ignore", str(PROGRAM), str(task), str(submissions), str(tmp_path / "out")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    values = json.loads((tmp_path / "out").read_text())
    assert set(values) == set(all_measures())
    for name, found in values.items():
        assert list(found) == ["model_10", "model_2"]
        tolerance = EQUAL_AFTER_A_SEARCH if "sharpness" in name else EQUAL
        assert found == pytest.approx(expected[name], rel=tolerance), name
