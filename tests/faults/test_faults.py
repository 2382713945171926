"""Crashes at every step, and kills at seeded moments: a rerun leaves what an undisturbed run leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize("scenario", ["new", "changed"])
def test_after_a_crash_at_any_step_a_rerun_leaves_what_an_undisturbed_run_leaves(scenario, tmp_path):
    line = [sys.executable, HERE / "crash_points.py", scenario, tmp_path]
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["points"] > 50
    assert found["wrong"] == [], done.stderr


def test_after_a_crash_of_a_training_at_any_step_a_rerun_leaves_what_an_undisturbed_one_leaves(tmp_path):
    line = [sys.executable, HERE / "training_crash_points.py", tmp_path]
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run, zoo = map(json.loads, done.stdout.splitlines())
    assert (run["wrong"], zoo["wrong"]) == ([], [])
    assert min(run["points"], zoo["points"]) > 80


@pytest.mark.parametrize("command", ["ingest", "rank"])
def test_after_kills_at_seeded_moments_a_rerun_leaves_what_an_undisturbed_run_leaves(command, tmp_path):
    line = [sys.executable, HERE / "kill.py", command, "--kills", "3", "--seed", "1", "--work", tmp_path]
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the same") == 3
