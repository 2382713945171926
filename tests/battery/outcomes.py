"""Runs the whole battery: each part in a process of its own, as many at a time as there are cores."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Part: environment, packages that must be there. The slowest come first.
PARTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "Keras 3 on TensorFlow": ({"KERAS_BACKEND": "tensorflow"}, ("keras", "tensorflow")),
    "tf_keras": ({"TF_USE_LEGACY_KERAS": "1"}, ("tf_keras", "tensorflow")),
    "Keras 3 on PyTorch": ({"KERAS_BACKEND": "torch"}, ("keras", "torch")),
    "PyTorch": ({}, ("torch",)),
    "ONNX": ({}, ("torch", "onnx", "onnxruntime")),
    "data": ({"KERAS_BACKEND": "tensorflow"}, ("torch", "tensorflow", "keras")),
}
MODELS = ("PyTorch", "ONNX", "Keras 3 on TensorFlow", "Keras 3 on PyTorch", "tf_keras")  # in the order of the tables
Outcomes = dict[str, list[dict[str, Any]]]


def missing(part: str) -> list[str]:
    """The packages that a part needs and that are not installed."""
    return [name for name in PARTS[part][1] if importlib.util.find_spec(name) is None]


def run_battery() -> Outcomes:
    """What came of every kind of each part that can run here.

    Raises
    ------
    RuntimeError
        If a part ends with an error.
    """
    here = [part for part in PARTS if not missing(part)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(here, pool.map(run, here), strict=True))


def run(part: str) -> list[dict[str, Any]]:
    own = {name: value for name, value in os.environ.items() if name not in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS")}
    path = [str(ROOT), str(ROOT / "tests" / "support"), os.environ.get("PYTHONPATH", "")]
    threads = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment = {**own, **threads, **PARTS[part][0], "PYTHONPATH": os.pathsep.join(filter(None, path))}
    command = [sys.executable, str(HERE / "observe.py"), part]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{part}: {done.stderr}")
    return list(json.loads(done.stdout.splitlines()[-1]))


def faults(found: dict[str, Any]) -> list[str]:
    """What is not as it should be of a kind's outcome, in words."""
    wrong = [f"the {what} miss the truth {error:.3g} times the bound" for what, error in found["errors"].items()
             if not error <= 1]  # fmt: skip
    if found["comes"] != found["expected"] or found["expected_words"] not in found["words"]:
        came = f"{found['comes']} {found['words']!r}"
        wrong.append(f"should be {found['expected']} {found['expected_words']!r}, is {came}")
    if not found["unchanged"]:
        wrong.append("inputs, weights or samples are not what they should be")
    wrong += [f"{name}: {came}" for name, came in found.get("measures", {}).items() if is_fault(came)]
    return [f"{found['kind']}: {one}" for one in wrong]


def is_fault(came: str) -> bool:
    """Whether a measure failed with a foreign error, or gave a number that is not finite."""
    return came.startswith(("a foreign error", "not finite"))
