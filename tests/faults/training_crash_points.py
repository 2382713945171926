"""Trainings that crash at each step that changes a file, and are begun again.

`python training_crash_points.py run|zoo FOLDER` prints what was found as JSON: how many points there are, and what is
wrong after a crash at each: every file that the rerun leaves is held against that of an undisturbed training, byte for
byte, seconds and sessions aside. See `crashes`.
"""

import json
import os
import shutil
import sys
import warnings
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import torch
from crashes import CRASHED, STEPS, Crashes, forked, points_of
from training_files import training_files
from zoos import tiny_zoo

import training.runs.experiment
import training.runs.recording
import training.runs.run
import training.zoo.group_training
import training.zoo.zoo
from training.runs.experiment import Experiment, Place
from training.runs.run import train
from training.zoo.tasks import StopRule
from training.zoo.zoo import make_zoo

STEPS = (*(name for name in STEPS if name != "fsync"), "rmdir")  # nothing here tells a power loss
TINY = {"epochs": 2, "batch_size": 8, "subset_rows": 8, "p_vectors": 1, "iteration_records": 1}


def train_run(data, out):
    train(Experiment("mlp", "smoke", "few", 0, TINY), Place(data, out, "cpu"))


def train_zoo(data, out):
    settings = {"axes": {"dropout": (0.0, 0.5)}, "stop": StopRule("accuracy", 2.0, 2)}
    zoo = tiny_zoo(data, out, **settings)
    for _, _, error in make_zoo(replace(zoo, data="few"), 1):
        assert error is None


def call_here(function, calls, workers):
    for call in calls:
        yield call, function(*call), None


def write_few_images(folder):
    draws = np.random.default_rng(0)
    arrays = {f"x_{part}": draws.integers(0, 256, (16, 12, 12, 3), np.uint8) for part in ("train", "test")}
    folder.mkdir()
    np.savez(folder / "few.npz", **arrays, y_train=np.arange(16) % 4, y_test=np.arange(16) % 4)


def counted(work, data, out, note):
    crashes = Crashes(names=STEPS)
    work(data, out)
    Path(note).write_text(json.dumps(crashes.steps))


def crash(work, data, out, point, expected):
    """What is wrong after a crash at a point, and after the run that follows it."""
    shutil.rmtree(out)
    status = forked(lambda: (Crashes(point, STEPS), work(data, out)))
    if status != CRASHED:
        return [f"no crash but status {status}"]
    work(data, out)
    found = training_files(out)
    return [f"{name} differs" for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]


def main(kind, folder):
    torch.set_num_threads(1)
    warnings.simplefilter("error")  # a crash damages nothing
    work, data, out = {"run": train_run, "zoo": train_zoo}[kind], folder / "data", folder / "out"
    # What takes long and changes no file.
    os.fsync = lambda handle: None
    training.runs.recording.decompose = lambda name, matrix, k, **of: {name: matrix[:2].numpy()}
    for module in (training.runs.experiment, training.runs.run, training.zoo.zoo):
        module.environment = lambda device: {"device": device.describe()}
    training.zoo.zoo.in_processes = call_here
    training.zoo.group_training.CHECKPOINT_SECONDS = -1.0  # after each epoch
    write_few_images(data)
    work(data, folder / "undisturbed")  # here, so that all is imported before processes are forked
    expected = training_files(folder / "undisturbed")
    assert forked(lambda: counted(work, data, out, folder / "count")) == 0
    steps = json.loads((folder / "count").read_text())
    wrong = []
    for point in points_of(steps):
        wrong += [(point, steps[point[0] - 1], text) for text in crash(work, data, out, point, expected)]
    print(json.dumps({"steps": len(steps), "points": len(points_of(steps)), "wrong": wrong}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
