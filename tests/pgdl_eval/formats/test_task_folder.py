"""Task folders: which are found, what stands in them, and that no deep-learning framework is needed to read one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from complexity.errors import InputError, InputWarning
from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.task import StoredModel, Task, find_tasks
from pgdl_eval.formats.task_writer import write_model, write_samples

CONFIG = parse_model_config(
    {
        "model_config": [
            {"layer_name": "Conv2D", "filters": 2, "kernel_size": 3, "activation": "relu"},
            {"layer_name": "BatchNormalization"},
            {"layer_name": "Flatten"},
            {"layer_name": "Dropout", "rate": 0.5},
            {"layer_name": "Dense", "units": 3},
        ],
        "input_shape": [4, 4, 1],
    }
)


def weights(seed=0):
    rng = np.random.default_rng(seed)
    shapes = [shape for layer in CONFIG.weight_shapes() for shape in layer.values()]
    return [rng.random(shape).astype(np.float32) for shape in shapes]


def write_task(folder, models=("model_0",)):
    """A whole task with the samples of `samples`."""
    for number, name in enumerate(models):
        write_model(folder / name, CONFIG, weights(number), weights(number + 100))
    for part in ("train", "test"):
        write_samples(folder / "dataset_1" / part, *samples(part), shards=3)
    return folder


def samples(part):
    count = {"train": 11, "test": 7}[part]
    rng = np.random.default_rng(count)
    return rng.random((count, 4, 4, 1), dtype=np.float32), np.arange(count, dtype=np.int32)


def test_what_is_written_is_read(tmp_path):
    write_task(tmp_path / "task", ("model_0", "model_1"))
    (task,) = find_tasks(tmp_path)
    for found, part in ((task.training_samples(), "train"), (task.test_samples(), "test")):
        for one, other in zip(found, samples(part), strict=True):
            np.testing.assert_array_equal(one, other, strict=True)
    stored = task.read_model("model_1")
    assert (stored.name, stored.folder, stored.config) == ("model_1", tmp_path / "task" / "model_1", CONFIG)
    for found, expected in ((stored.weights, weights(1)), (stored.initial_weights, weights(101))):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


def test_absent_initial_weights_are_fine(tmp_path):
    task = find_tasks(write_task(tmp_path / "task"))[0]
    (task.folder / "model_0" / "weights_init.hdf5").unlink()
    assert task.read_model("model_0").initial_weights is None


@pytest.mark.parametrize("inside", ["", "input_data"])
def test_tasks_lie_in_the_folder_or_in_input_data(tmp_path, inside):
    for name in ("task2_v1", "task1_v4"):
        write_task(tmp_path / inside / name)
    write_task(tmp_path / inside / "__MACOSX")
    (tmp_path / inside / ".DS_Store").touch()
    (tmp_path / inside / "notes").mkdir()
    found = find_tasks(tmp_path)
    folders = [tmp_path / inside / name for name in ("task1_v4", "task2_v1")]
    assert found == [Task(folder.name, folder, ("model_0",)) for folder in folders]


def test_a_task_itself_may_be_given(tmp_path, monkeypatch):
    write_task(tmp_path / "task")
    monkeypatch.chdir(tmp_path / "task")
    for path in (tmp_path / "task", Path(".")):
        assert [(task.name, task.models) for task in find_tasks(path)] == [("task", ("model_0",))]


def test_models_are_sorted_as_text_and_foreign_files_are_left_out(tmp_path):
    write_task(tmp_path / "task", [f"model_{number}" for number in (2, 11, 0, 1, 10)])
    for name in (".DS_Store", "model_configs.json", "model_3.zip"):
        (tmp_path / "task" / name).touch()
    (tmp_path / "task" / "model_0" / "__MACOSX").mkdir()
    (task,) = find_tasks(tmp_path)
    assert task.models == ("model_0", "model_1", "model_10", "model_11", "model_2")


def test_the_reference_lies_in_the_task_or_under_reference_data(tmp_path):
    write_task(tmp_path / "input_data" / "task")
    apart = tmp_path / "reference_data" / "task" / "model_configs.json"
    apart.parent.mkdir(parents=True)
    apart.touch()
    (task,) = find_tasks(tmp_path)
    assert task.reference_file == apart
    inside = task.folder / "model_configs.json"
    inside.touch()
    assert task.reference_file == inside


def test_samples_without_models_are_left_out_with_a_warning(tmp_path):
    write_task(tmp_path / "task")
    write_samples(tmp_path / "empty" / "dataset_1" / "train", *samples("train"))
    with pytest.warns(InputWarning) as caught:
        assert [task.name for task in find_tasks(tmp_path)] == ["task"]
    assert str(caught[0].message) == f"{tmp_path / 'empty'}: samples, but no model_N: not a task"


def other_config(**first):
    layers = [{"layer_name": layer.kind, **layer.arguments} for layer in CONFIG.layers]
    layers[0].update(first)
    return parse_model_config({"model_config": layers, "input_shape": [4, 4, 1]})


MISFITS = {
    "another shape": (
        other_config(filters=4),
        "conv2d/kernel:0: weights of another shape (layer 0, Conv2D) (expected (3, 3, 1, 4), found (3, 3, 1, 2))",
    ),
    "a weight too many": (
        other_config(use_bias=False),
        "conv2d: other weights (layer 0, Conv2D) (expected kernel, found conv2d/kernel:0, conv2d/bias:0)",
    ),
    "a layer too few": (
        parse_model_config({"model_config": [{"layer_name": "Dense", "units": 3}], "input_shape": [3]}),
        "layer_names: another number of layers with weights than in config.json (expected 1, found 3)",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_weights_that_do_not_fit_the_configuration_are_an_error(tmp_path, misfit):
    config, message = MISFITS[misfit]
    folder = write_task(tmp_path / "task") / "model_0"
    weights_file = (folder / "weights.hdf5").read_bytes()
    (folder / "weights_init.hdf5").unlink()
    shapes = [shape for layer in config.weight_shapes() for shape in layer.values()]
    write_model(folder, config, [np.zeros(shape, np.float32) for shape in shapes])
    (folder / "weights.hdf5").write_bytes(weights_file)
    with pytest.raises(InputError) as caught:
        find_tasks(tmp_path)[0].read_model("model_0")
    assert str(caught.value) == f"{folder / 'weights.hdf5'}: model_0: {message}"


def test_the_competitions_own_task_is_read(shared_data):
    (task,) = find_tasks(shared_data / "pgdl" / "sample_data")
    assert task.name == "toy_data"
    assert task.models == tuple(sorted(f"model_{number}" for number in range(18)))
    assert [array.shape for array in (*task.training_samples(), *task.test_samples())] == [
        (200, 3), (200,), (100, 3), (100,)
    ]  # fmt: skip
    models = [task.read_model(name) for name in task.models]
    assert all(isinstance(model, StoredModel) and model.initial_weights is not None for model in models)
    assert task.reference_file.is_file()


def test_reading_a_task_imports_no_deep_learning_framework(tmp_path):
    write_task(tmp_path / "task")
    program = """
import sys
from pathlib import Path
from pgdl_eval.formats.task import find_tasks
task, = find_tasks(Path(sys.argv[1]))
task.read_model("model_0"), task.training_samples()
print(sorted({"tensorflow", "keras", "tf_keras", "torch", "jax", "sklearn"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
