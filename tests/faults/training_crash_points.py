"""Trainings that crash at each step that changes a file, and are begun again.

`python training_crash_points.py FOLDER` prints what was found as JSON, a line for a run and one for a zoo: how many
points there are, and what is wrong after a crash at each, and after kills at seeded moments. Every file that the rerun
leaves is held against that of an undisturbed training, byte for byte, seconds and sessions aside. See `crashes`.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import torch
from crashes import STEPS, Halt, Halts, points_of
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
KILLS = 4
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


def crash(work, data, out, point, expected):
    """What is wrong after a crash at a point, and after the run that follows it."""
    shutil.rmtree(out)
    with Halts(point, STEPS) as halts, suppress(Halt):
        work(data, out)
    if not halts.over:
        return ["no crash"]
    work(data, out)
    return differences(out, expected)


def killed(work, data, out, moment, expected):
    """What is wrong after a kill so many seconds after the begin, and after the run that follows it."""
    shutil.rmtree(out)
    process = os.fork()
    if process == 0:
        work(data, out)
        os._exit(0)
    time.sleep(moment)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    work(data, out)
    return differences(out, expected)


def differences(out, expected):
    found = training_files(out)
    return [f"{name} differs" for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]


def main(folder):
    torch.set_num_threads(1)
    warnings.simplefilter("error")  # a crash damages nothing
    # What takes long and changes no file.
    os.fsync = lambda handle: None
    training.runs.recording.decompose = lambda name, matrix, k, **of: {name: matrix[:2].numpy()}
    for module in (training.runs.experiment, training.runs.run, training.zoo.zoo):
        module.environment = lambda device: {"device": device.describe()}
    training.zoo.zoo.in_processes = call_here
    training.zoo.group_training.CHECKPOINT_SECONDS = -1.0  # after each epoch
    write_few_images(folder / "data")
    for work in (train_run, train_zoo):
        print(json.dumps(crash_everywhere(work, folder / "data", folder / work.__name__)))


def crash_everywhere(work, data, folder):
    """How many steps and points there are, and what is wrong after a crash at each."""
    work(data, folder / "undisturbed")
    expected, out, wrong = training_files(folder / "undisturbed"), folder / "out", []
    with Halts(names=STEPS) as halts:
        began = time.monotonic()
        work(data, out)
        seconds = time.monotonic() - began
    points = points_of(halts.steps)
    for point in points:
        wrong += [(point, halts.steps[point[0] - 1], text) for text in crash(work, data, out, point, expected)]
    moments = random.Random(0)
    for _ in range(KILLS):
        moment = moments.uniform(0, seconds)
        wrong += [(moment, "kill", text) for text in killed(work, data, out, moment, expected)]
    return {"steps": len(halts.steps), "points": len(points), "wrong": wrong}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
