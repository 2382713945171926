"""Ctrl-C and SIGTERM end a training with one line and the status of a shell, its workers with it; a rerun goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TESTS.parent), "OMP_NUM_THREADS": "1"}
RUN = ["-m", "training", "run", "mlp", "--preset", "smoke", "--data", "stripes", "--device", "cpu", "--quiet"]
RUN += ["--set", "epochs=100000"]
ZOO = str(TESTS / "faults" / "small_zoo.py")
GOES_ON = "what is done is kept, and the same command goes on from there"


def begun(line, out, seen):
    """A command that has come to files of this pattern, in a process group of its own."""
    line = [sys.executable, *map(str, line)]
    process = subprocess.Popen(line, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not any(out.glob(seen)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return process


def group_ends(process):
    """Wait until no process of its group is left."""
    for _ in range(1000):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("line", "seen", "number", "status", "word"),
    [
        ([*RUN, "--data-dir", "DATA", "--out", "OUT"], "**/checkpoints/[0-9]*", signal.SIGTERM, 143, "terminated"),
        ([ZOO, "DATA", "OUT", "1"], "unfinished/model_*/checkpoints", signal.SIGINT, 130, "interrupted"),
    ],
)
def test_a_signal_ends_a_command_and_its_workers_at_once(stripes, tmp_path, line, seen, number, status, word):
    out = tmp_path / "out"
    process = begun([{"DATA": stripes, "OUT": out}.get(part, part) for part in line], out, seen)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)  # a terminal sends it to the whole group
    assert process.communicate(timeout=60)[1].strip() == f"{word}: {GOES_ON}"
    assert process.returncode == status
    assert group_ends(process)
    assert not list(out.rglob("lock"))
