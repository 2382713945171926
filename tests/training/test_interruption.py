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
GOES_ON = "what is done is kept, and the same command goes on from there"
LONG = ["--set", "epochs=100000"]
CHECKPOINT = "**/checkpoints/[0-9]*"


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


def test_ctrl_c_ends_a_run_and_a_second_command_in_its_folder_is_refused_before(stripes, tmp_path):
    line = [*RUN, *LONG, "--data-dir", stripes, "--out", tmp_path]
    process = begun(line, tmp_path, CHECKPOINT)
    second = subprocess.run([sys.executable, *map(str, line)], env=ENVIRONMENT, capture_output=True, text=True)
    folder = tmp_path / "stripes" / "mlp" / "seed_0"
    assert second.returncode == 1
    assert second.stderr.startswith(f"error: {folder}: another command is at work in this folder; wait for its end")
    assert f"(found process {process.pid} on " in second.stderr
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate()[1].strip() == f"interrupted: {GOES_ON}"
    assert process.returncode == 130
    assert not (folder / "lock").exists()


@pytest.mark.parametrize(
    ("arguments", "seen", "number", "status", "word"),
    [
        ([TESTS / "faults" / "small_zoo.py"], "unfinished/model_*/checkpoints", signal.SIGTERM, 143, "terminated"),
        ([*RUN, *LONG, "--seeds", "2", "--workers", "2"], CHECKPOINT, signal.SIGINT, 130, "interrupted"),
    ],
)
def test_a_signal_ends_a_command_and_its_workers_at_once(stripes, tmp_path, arguments, seen, number, status, word):
    out = tmp_path / "out"
    places = [stripes, out, 2] if "small_zoo" in str(arguments[0]) else ["--data-dir", stripes, "--out", out]
    process = begun([*arguments, *places], out, seen)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)  # a terminal sends it to the whole group
    assert process.communicate(timeout=60)[1].strip() == f"{word}: {GOES_ON}"
    assert process.returncode == status
    assert group_ends(process)
