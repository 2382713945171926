"""One number on every Keras: the plug-in runs from its folder alone, with the kit's kind of model and data set."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from complexity import angle
from pgdl_eval.package import package

EVERYTHING_ELSE = "pgdl_eval,baselines,training,sklearn,google_crc32c,matplotlib"
# Name: environment, packages that must be there, packages that are blocked.
KERAS = {
    "Keras 3 on TensorFlow": ({"KERAS_BACKEND": "tensorflow"}, ("keras", "tensorflow"), "torch,tf_keras"),
    "Keras 3 on PyTorch, without TensorFlow": ({"KERAS_BACKEND": "torch"}, ("keras", "torch"), "tensorflow,tf_keras"),
    "tf_keras": ({"TF_USE_LEGACY_KERAS": "1"}, ("tf_keras", "tensorflow"), "torch"),
}


@pytest.fixture(scope="module")
def submission(tmp_path_factory):
    """The unpacked submission of the angle."""
    import zipfile

    folder = tmp_path_factory.mktemp("submission")
    package("angle", folder / "angle.zip")
    with zipfile.ZipFile(folder / "angle.zip") as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Weights of a small network and inputs, and its float64 angle."""
    rng = np.random.default_rng(5)
    inputs = rng.random((200, 8, 8, 1), dtype=np.float32)
    shapes = [(3, 3, 1, 6), (6,), (6,), (6,), (6,), (6,), (96, 12), (12,), (12, 4), (4,)]
    weights = [(rng.standard_normal(shape) * 0.3).astype(np.float32) for shape in shapes]
    weights[5] = np.abs(weights[5]) + 0.5
    path = tmp_path_factory.mktemp("stored") / "model.npz"
    labels = rng.integers(0, 4, 200).astype(np.int32)
    np.savez(path, inputs=inputs, labels=labels, **{f"weight_{i}": w for i, w in enumerate(weights)})
    return path, float64_angle(inputs.astype(np.float64), [w.astype(np.float64) for w in weights])


def float64_angle(inputs, weights):
    kernel, bias, gamma, beta, mean, variance, dense, dense_bias = weights[:8]
    padded = np.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))  # (n, 8, 8, 1, 3, 3)
    maps = np.maximum(np.einsum("nxycij,ijcf->nxyf", windows, kernel) + bias, 0)
    maps = (maps - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    pooled = maps.reshape(len(maps), 4, 2, 4, 2, 6).max(axis=(2, 4))
    features = np.maximum(pooled.reshape(len(maps), -1) @ dense + dense_bias, 0)
    left = [np.linalg.svd(m.reshape(len(m), -1), full_matrices=False)[0][:, 0] for m in (features, inputs)]
    return angle(*left)


@pytest.mark.parametrize("name", KERAS)
def test_the_unpacked_submission_gives_the_same_angle_on_every_keras(name, submission, stored):
    variables, needed, blocked = KERAS[name]
    for package_name in needed:
        if importlib.util.find_spec(package_name) is None:
            pytest.skip(f"{package_name} is not installed")
    environment = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS")}
    path, expected = stored
    script = Path(__file__).with_name("run_on_keras.py")
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(submission), str(path), f"{blocked},{EVERYTHING_ELSE}"],
        env={**environment, **variables, "TF_CPP_MIN_LOG_LEVEL": "3"}, capture_output=True, text=True, cwd=path.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout.splitlines()[-1])
    assert values == pytest.approx(dict.fromkeys(values, expected), abs=1e-4)
    assert ("tf.data" in values) == ("tensorflow" in needed)
