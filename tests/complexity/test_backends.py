"""One number on every Keras: each submission runs from its folder alone, with the kit's kind of model and data set."""

import importlib.util
import json
import os
import subprocess
import sys
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from complexity import InputWarning, angle
from pgdl_eval.measures import all_measures
from pgdl_eval.package import package

MEASURES = {name: one for name, one in all_measures().items() if name != "alpha"}  # which needs a package of its own
EVERYTHING_ELSE = "pgdl_eval,baselines,training,sklearn,google_crc32c,matplotlib"
# Name: environment, packages that must be there, packages that are blocked.
KERAS = {
    "Keras 3 on TensorFlow": ({"KERAS_BACKEND": "tensorflow"}, ("keras", "tensorflow"), "torch,tf_keras"),
    "Keras 3 on PyTorch, without TensorFlow": ({"KERAS_BACKEND": "torch"}, ("keras", "torch"), "tensorflow,tf_keras"),
    "tf_keras": ({"TF_USE_LEGACY_KERAS": "1"}, ("tf_keras", "tensorflow"), "torch"),
}


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    """The unpacked submission of every measure, each in a folder of its name."""
    root = tmp_path_factory.mktemp("submissions")
    for name in MEASURES:
        file = tmp_path_factory.mktemp("zip") / "submission.zip"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InputWarning)  # of measures that fail on the kit's own task
            package(name, file)
        with zipfile.ZipFile(file) as archive:
            archive.extractall(root / name)
    return root


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Weights of a small network, samples that it classifies correctly, and its float64 angle."""
    rng = np.random.default_rng(5)
    inputs = rng.random((200, 8, 8, 1), dtype=np.float32)
    shapes = [(3, 3, 1, 6), (6,), (6,), (6,), (6,), (6,), (96, 12), (12,), (12, 4), (4,)]
    weights = [(rng.standard_normal(shape) * 0.3).astype(np.float32) for shape in shapes]
    weights[5] = np.abs(weights[5]) + 0.5
    features = float64_features(inputs.astype(np.float64), [w.astype(np.float64) for w in weights])
    weights[9] = -np.mean(features @ weights[8], axis=0, dtype=np.float32)  # so that all classes are there
    logits = features @ weights[8] + weights[9]
    assert set(logits.argmax(axis=1)) == {0, 1, 2, 3}
    arrays = {f"weight_{i}": w for i, w in enumerate(weights)} | {f"initial_{i}": w / 2 for i, w in enumerate(weights)}
    path = tmp_path_factory.mktemp("stored") / "model.npz"
    np.savez(path, inputs=inputs, labels=logits.argmax(axis=1).astype(np.int32), **arrays)
    left = [np.linalg.svd(m.reshape(len(m), -1), full_matrices=False)[0][:, 0] for m in (features, inputs)]
    return path, angle(*left)


def float64_features(inputs, weights):
    kernel, bias, gamma, beta, mean, variance, dense, dense_bias = weights[:8]
    padded = np.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))  # (n, 8, 8, 1, 3, 3)
    maps = np.maximum(np.einsum("nxycij,ijcf->nxyf", windows, kernel) + bias, 0)
    maps = (maps - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    pooled = maps.reshape(len(maps), 4, 2, 4, 2, 6).max(axis=(2, 4))
    return np.maximum(pooled.reshape(len(maps), -1) @ dense + dense_bias, 0)


@pytest.fixture(scope="module")
def values(submissions, stored):
    """For each Keras that is installed: measure -> form of the data set -> value; a process each, side by side."""
    names = [name for name in KERAS if installed(name)]
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: run(name, submissions, stored[0]), names), strict=True))


def installed(name):
    return all(importlib.util.find_spec(package_name) is not None for package_name in KERAS[name][1])


def run(name, submissions, path):
    variables, _, blocked = KERAS[name]
    environment = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS")}
    script = Path(__file__).resolve().parents[1] / "support" / "run_on_keras.py"
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(submissions), str(path), f"{blocked},{EVERYTHING_ELSE}"],
        env={**environment, **variables, "TF_CPP_MIN_LOG_LEVEL": "3"}, capture_output=True, text=True, cwd=path.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", KERAS)
def test_the_unpacked_submission_gives_the_float64_angle_on_every_keras(name, values, stored):
    if not installed(name):
        pytest.skip(f"not installed: {' or '.join(KERAS[name][1])}")
    found = values[name]["angle"]
    assert found == pytest.approx(dict.fromkeys(found, stored[1]), abs=1e-4)
    assert ("tf.data" in found) == ("tensorflow" in KERAS[name][1])


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_one_value_on_every_keras_and_for_every_form_of_the_data(name, values):
    if len(values) < 2:
        pytest.skip("one Keras only is installed")
    forms = {(keras, form): value for keras, found in values.items() for form, value in found[name].items()}
    if not MEASURES[name].order_free:
        forms = {key: value for key, value in forms.items() if "reshuffled" not in key}
    (expected, *_) = forms.values()
    assert expected != 0
    assert forms == pytest.approx(dict.fromkeys(forms, expected), rel=1e-4)
