"""The embedded sample is complete, consistent and small, and its script would make it again."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.reference import check_grid, read_reference
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.sample import make

FOLDER = Path(make.__file__).parent


@pytest.fixture(scope="module")
def task():
    (found,) = find_tasks(FOLDER)
    return found


@pytest.fixture(scope="module")
def reference(task):
    return read_reference(task.reference_file)


def forward(stored, images):
    """The model's logits in float64, without any framework."""
    arrays = iter(stored.weights)
    x = images.astype(np.float64)
    for layer in stored.config.layers:
        if layer.kind == "Conv2D":
            padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            _, height, width, _ = x.shape
            kernel = next(arrays)  # (3, 3, c, f)
            shifted = (padded[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(3) for j in range(3))
            x = sum(shifted) + next(arrays)
        elif layer.kind == "Dense":
            x = x @ next(arrays) + next(arrays)
        elif layer.kind == "MaxPooling2D":
            n, height, width, channels = x.shape
            x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
        elif layer.kind == "Flatten":
            x = x.reshape(len(x), -1)
        else:
            assert layer.kind == "Dropout"
        if layer.arguments.get("activation") == "relu":
            x = np.maximum(x, 0)
    return x


def test_recorded_accuracies_are_those_of_the_files(task, reference):
    parts = (task.training_samples(), reference.train_accuracy), (task.test_samples(), reference.test_accuracy)
    for (inputs, labels), recorded in parts:
        found = [np.mean(forward(task.read_model(name), inputs).argmax(axis=1) == labels) for name in reference.models]
        np.testing.assert_allclose(found, recorded, rtol=0, atol=1e-12)


def test_the_models_fit_their_training_data_and_generalize_to_different_degrees(reference):
    assert reference.train_accuracy.min() >= 0.95
    assert np.ptp(reference.gap) >= 0.05


def test_the_grid_is_complete(task, reference):
    check_grid(reference)
    assert sorted(reference.models) == list(task.models)
    assert len(task.models) >= 24
    assert sum(len(values) > 1 for values in reference.possible_values.values()) >= 3


def test_every_model_started_elsewhere_than_it_ended(task):
    for name in task.models:
        stored = task.read_model(name)
        kernels = [(a, b) for a, b in zip(stored.weights, stored.initial_weights, strict=True) if a.ndim > 1]
        assert all(np.abs(a - b).max() > 0.01 for a, b in kernels), name


def test_the_sample_is_small(task):
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= 4_000_000


def test_the_samples_are_scikit_learns_digits_each_of_them_once(task):
    pytest.importorskip("sklearn")
    from sklearn.datasets import load_digits

    parts = task.training_samples(), task.test_samples()
    for (inputs, labels), (expected, expected_labels) in zip(parts, make.digits(), strict=True):
        np.testing.assert_array_equal(inputs, expected, strict=True)
        np.testing.assert_array_equal(labels, expected_labels, strict=True)
    bunch = load_digits()
    stored = np.concatenate([inputs.reshape(len(inputs), -1) * 16 for inputs, _ in parts])
    rows = [
        np.column_stack([x, y])
        for x, y in ((stored, np.concatenate([y for _, y in parts])), (bunch.data, bunch.target))
    ]
    ours, theirs = (array[np.lexsort(array.T)] for array in rows)
    np.testing.assert_array_equal(ours, theirs)


def test_the_architectures_are_those_of_the_script(task, reference):
    for number, cell in enumerate(itertools.product(*make.GRID.values())):
        hyperparameters = dict(zip(make.GRID, cell, strict=True))
        stored = task.read_model(f"model_{number}")
        assert stored.config == parse_model_config(make.model_config(hyperparameters))
        row = reference.models.index(stored.name)
        assert {name: values[row] for name, values in reference.hyperparameters.items()} == {
            name: str(value) for name, value in hyperparameters.items()
        }


def test_the_script_writes_a_task_that_is_read(tmp_path, monkeypatch):
    """One model with one training epoch: the path from digits to files."""
    pytest.importorskip("keras")
    pytest.importorskip("sklearn")
    monkeypatch.setattr(make, "GRID", {name: values[:1] for name, values in make.GRID.items()})
    monkeypatch.setattr(make, "MAX_EPOCHS", 1)
    make.main.callback(tmp_path)
    (task,) = find_tasks(tmp_path)
    stored = task.read_model("model_0")
    reference = read_reference(task.reference_file)
    for (inputs, labels), accuracy in (
        (task.training_samples(), reference.train_accuracy),
        (task.test_samples(), reference.test_accuracy),
    ):
        assert np.mean(forward(stored, inputs).argmax(axis=1) == labels) == accuracy[0]
    first = find_tasks(FOLDER)[0].read_model("model_0")
    assert [array.shape for array in stored.initial_weights] == [array.shape for array in first.initial_weights]
