"""Damaged task folders: each gives one error that names the file and the place, and what is whole stays readable."""

import json
import shutil

import h5py
import numpy as np
import pytest

from complexity import complexity
from complexity.errors import InputError, InputWarning
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.sample.run import FOLDER


@pytest.fixture
def task(tmp_path):
    """Two models of the sample in a folder that can be damaged."""
    folder = tmp_path / "digits"
    shutil.copytree(FOLDER / "digits" / "dataset_1", folder / "dataset_1")
    for name in ("model_0", "model_1"):
        shutil.copytree(FOLDER / "digits" / name, folder / name)
    return find_tasks(tmp_path)[0]


def change_weights(path, change):
    with h5py.File(path, "r+") as file:
        name = file["dense"].attrs["weight_names"][0]
        dataset = file["dense"][name]
        values = change(np.asarray(dataset))
        del file["dense"][name]
        file["dense"].create_dataset(name, data=values)


def change_config(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def with_value(value):
    def change(array):
        array[0, 0] = value
        return array

    return change


MODEL_DAMAGE = {
    "missing weights": (lambda m: (m / "weights.hdf5").unlink(), ["weights.hdf5", "model_0", "missing"]),
    "truncated weights": (
        lambda m: (m / "weights.hdf5").write_bytes((m / "weights.hdf5").read_bytes()[:3000]),
        ["weights.hdf5", "model_0"],
    ),
    "NaN weights": (
        lambda m: change_weights(m / "weights.hdf5", with_value(np.nan)),
        ["weights.hdf5", "model_0", "dense/kernel:0", "NaN or infinite"],
    ),
    "infinite initial weights": (
        lambda m: change_weights(m / "weights_init.hdf5", with_value(np.inf)),
        ["weights_init.hdf5", "model_0", "dense/kernel:0", "NaN or infinite"],
    ),
    "another shape": (
        lambda m: change_weights(m / "weights.hdf5", lambda array: array[:, 1:]),
        ["weights.hdf5", "model_0", "another shape", "expected (64, 32)", "found (64, 31)"],
    ),
    "unknown layer": (
        lambda m: change_config(m / "config.json", lambda c: c["model_config"][0].update(layer_name="Conv2d")),
        ["config.json", "model_0", "unknown layer", "Conv2d", "Conv2D"],
    ),
    "a layer that would run code": (
        lambda m: change_config(m / "config.json", lambda c: c["model_config"][0].update(layer_name="Lambda")),
        ["config.json", "model_0", "unknown layer", "Lambda"],
    ),
    "unknown argument": (
        lambda m: change_config(m / "config.json", lambda c: c["model_config"][0].update(kernal_size=3)),
        ["config.json", "model_0", "kernal_size"],
    ),
    "malformed JSON": (
        lambda m: (m / "config.json").write_text('{"model_config": ['),
        ["config.json", "model_0", "JSON"],
    ),
    "no input shape": (
        lambda m: change_config(m / "config.json", lambda c: c.pop("input_shape")),
        ["config.json", "model_0", "input_shape"],
    ),
}


@pytest.mark.parametrize("damage", MODEL_DAMAGE)
def test_a_damaged_model_is_an_error_that_names_file_model_and_place(task, damage):
    spoil, words = MODEL_DAMAGE[damage]
    spoil(task.folder / "model_0")
    with pytest.raises(InputError) as caught:
        task.read_model("model_0")
    assert [word for word in words if word not in str(caught.value)] == []
    assert task.read_model("model_1").weights


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


SHARD_DAMAGE = {
    "a flipped bit": (lambda f: flip_a_bit(f / "shard_1.tfrecord"), ["shard_1.tfrecord", "record", "checksum"]),
    "cut short": (
        lambda f: (f / "shard_1.tfrecord").write_bytes((f / "shard_1.tfrecord").read_bytes()[:-5]),
        ["shard_1.tfrecord", "record", "cut short"],
    ),
    "no shard": (lambda f: [p.unlink() for p in f.iterdir()], ["train", "no shard"]),
    "no folder": (lambda f: shutil.rmtree(f), ["train", "no such folder"]),
}


@pytest.mark.parametrize("damage", SHARD_DAMAGE)
def test_damaged_samples_are_an_error_that_names_the_file_and_the_record(task, damage):
    spoil, words = SHARD_DAMAGE[damage]
    spoil(task.folder / "dataset_1" / "train")
    with pytest.raises(InputError) as caught:
        task.training_samples()
    assert [word for word in words if word not in str(caught.value)] == []
    assert len(task.test_samples()[0]) == 1597


def test_shards_are_read_in_numeric_order(task):
    train = task.folder / "dataset_1" / "train"
    before = task.training_samples()[1]
    (train / "shard_1.tfrecord").rename(train / "shard_10.tfrecord")
    (train / "shard_0.tfrecord").rename(train / "shard_2.tfrecord")
    with pytest.warns(InputWarning, match="absent"):
        assert np.array_equal(task.training_samples()[1], before)


def test_absent_initial_weights_matter_only_to_a_measure_that_needs_them(task):
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import build
    from pgdl_eval.measures import find_measure

    (task.folder / "model_0" / "weights_init.hdf5").unlink()
    model = build(task.read_model("model_0"))
    samples = task.training_samples()
    assert complexity(model, samples) == complexity(build(task.read_model("model_0")), samples)
    with pytest.raises(InputError, match="model_0: initial_weights: the model carries no initial weights"):
        find_measure("distance")(model, samples)
    assert find_measure("distance")(build(task.read_model("model_1")), samples) > 0


def test_a_folder_without_tasks_is_an_error(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=str(folder)):
            find_tasks(folder)
