"""Runs that crash at each step at which a file is made, written, renamed, removed or brought to the disk.

`python crash_points.py SCENARIO FOLDER` prints what was found as JSON: how many points there are, and what is wrong
after a crash at each; see `crashes`.
"""

import json
import os
import shutil
import sys
import types
from pathlib import Path

import numpy as np
from crashes import CRASHED, Crashes, forked, points_of

import pgdl_eval.keras_models as keras_models
from complexity.measures.registry import Measure
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.task import TRAIN, find_tasks
from pgdl_eval.formats.task_writer import write_samples
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.sample.run import FOLDER


def size(model, dataset, *, scale=1):
    return scale * float(sum(w.size for w in model.weights))


def norm(model, dataset, *, scale=1):
    return scale * float(sum(np.abs(w).sum() for w in model.weights))


MEASURES = [Measure(f.__name__, f, "larger gap", (0.0, np.inf), frozenset(), True, "test") for f in (size, norm)]


def run(task, out, scale):
    ingest(task.parent, out, MEASURES, settings={"scale": scale})


def counted(task, out, scale, note):
    crashes = Crashes()
    run(task, out, scale)
    Path(note).write_text(json.dumps(crashes.steps))


def contents(out):
    """The files without seconds."""
    found = {}
    for path in sorted(out.rglob("*")):
        if path.is_file():
            found[str(path.relative_to(out))] = path.read_text()
            if path.suffix == ".json":
                found[str(path.relative_to(out))] = {**json.loads(path.read_text()), "seconds": None}
    return found


def mislabelled(out, values):
    """Values that are not those of the settings beside them."""
    wrong = []
    for file in out.rglob("*.predict"):
        beside = json.loads(file.with_name("digits.provenance.json").read_text())
        right = values[beside["settings"]["scale"]][file.parent.name]
        content = json.loads(file.read_text())
        wrong += [f"{file.parent.name}: {model}" for model in content if content[model] != right[model]]
    return wrong


def main(scenario, folder):
    keras_models.build, keras_models.clear_session = lambda stored: stored, lambda: None
    keras_models.keras_package = lambda: types.SimpleNamespace(__name__="none", __version__="0")
    task, begun = folder / "input" / "digits", folder / "begun"
    inputs, labels = find_tasks(FOLDER)[0].training_samples()
    write_samples(task / TRAIN, inputs[:4], labels[:4], 1)
    for number in range(2):
        shutil.copytree(FOLDER / "digits" / f"model_{number}", task / f"model_{number}")
    expected, values = {}, {}
    for scale in (1, 2):
        out = folder / f"undisturbed_{scale}"
        assert forked(lambda out=out, scale=scale: run(task, out, scale)) == 0
        expected[scale] = contents(out)
        values[scale] = {one.name: read_values(out / one.name / "digits.predict") for one in MEASURES}
    if scenario == "changed":  # an output folder with values of other settings
        shutil.copytree(folder / "undisturbed_1", begun)
    else:
        begun.mkdir()
    out = folder / "out"
    shutil.copytree(begun, out)
    assert forked(lambda: counted(task, out, 2, folder / "count")) == 0
    points = points_of(json.loads((folder / "count").read_text()))
    os.fsync = lambda handle: None  # of the reruns: nothing here tells a power loss
    wrong = []
    for point in points:
        wrong += [(point, text) for text in crash(task, begun, out, point, expected, values)]
    print(json.dumps({"points": len(points), "wrong": wrong}))


def crash(task, begun, out, point, expected, values):
    """What is wrong after a crash at a point, and after runs that follow it."""
    shutil.rmtree(out)
    shutil.copytree(begun, out)
    status = forked(lambda: (Crashes(point), run(task, out, 2)))
    if status != CRASHED:
        return [f"no crash but status {status}"]
    found = mislabelled(out, values)
    for scale in (2, 1):
        if forked(lambda scale=scale: run(task, out, scale)) != 0:
            found.append(f"the run with {scale} fails")
        elif contents(out) != expected[scale]:
            found.append(f"the run with {scale} differs: {sorted(contents(out))}")
    return found


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
