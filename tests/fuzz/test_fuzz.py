"""20,000 changed inputs: each is an InputError, or what a reference reader gives; none hangs or ends Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
COUNTS = {
    "config": 4000, "model_configs": 3000, "predict": 3000, "example": 4000, "tfrecord": 2000, "weights": 2000,
    "onnx": 2000,
}  # fmt: skip


def test_there_are_20_000():
    assert sum(COUNTS.values()) == 20_000


@pytest.mark.parametrize("target", COUNTS)
def test_changed_inputs_are_errors_or_right_values(tmp_path, target):
    command = [sys.executable, RUN, target, str(COUNTS[target]), "24", tmp_path / "found"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout, done.stderr
    record = json.loads(done.stdout)
    assert record["wrong"] == {}, done.stderr
    assert record["inputs"] == COUNTS[target]
    assert record["values"] > 20, "some inputs must still be good ones, or nothing is compared"
    assert record["errors"] > 20
