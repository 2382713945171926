"""A zoo is a complete task of the competition; its files hold the models that were trained and say how each ended."""

import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console
from zoos import files_of, make_here, tiny_zoo

from complexity.errors import InputError
from pgdl_eval.formats.reference import check_grid, read_reference
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.keras_models import build
from pgdl_eval.metrics.evaluation import task_statistics
from pgdl_eval.metrics.over_seeds import over_seeds
from training.command import train as commands
from training.zoo.command import run_zoo
from training.zoo.tasks import StopRule
from training.zoo.zoo import Zoo, make_models, make_zoo

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_processes_make_a_complete_task(stripes, tmp_path):
    zoo = tiny_zoo(stripes, tmp_path / "zoo" / "tiny")
    ended = list(make_zoo(zoo, 2))
    assert sorted(model for model, _, _ in ended) == zoo.models
    (task,) = find_tasks(tmp_path / "zoo")
    assert task.models == tuple(zoo.models)
    reference = read_reference(task.reference_file)
    check_grid(reference)
    assert reference.possible_values == {"conv_blocks": ("1", "2"), "batch_size": ("8", "16")}
    assert not (zoo.out / "unfinished").exists()
    assert_standardized_means_of_areas(task.test_samples(), stripes)
    stored = task.read_model("model_3")
    assert stored.initial_weights is not None
    assert not np.array_equal(stored.weights[0], stored.initial_weights[0])


def assert_standardized_means_of_areas(samples, stripes):
    """The samples are the set's images, 12 pixels to 6, on the scale of the training images' channels."""
    with np.load(stripes / "stripes.npz") as arrays:
        train, test = (arrays[f"x_{part}"].reshape(-1, 6, 2, 6, 2, 3).mean(axis=(2, 4)) for part in ("train", "test"))
        labels = arrays["y_test"]
    expected = (test - train.mean(axis=(0, 1, 2))) / train.std(axis=(0, 1, 2))
    inputs, found_labels = samples
    for image, label in zip(inputs, found_labels, strict=True):
        distances = np.abs(expected - image).max(axis=(1, 2, 3))
        assert distances.min() < 1e-5
        assert labels[distances.argmin()] == label


@pytest.mark.parametrize("name", ["task1", "task9"])
def test_the_recorded_accuracies_are_those_of_the_files(stripes, tmp_path, in_this_process, name):
    pytest.importorskip("keras")
    zoo = tiny_zoo(stripes, tmp_path / "tiny", name)
    make_here(zoo)
    (task,) = find_tasks(zoo.out)
    reference = read_reference(task.reference_file)
    for recorded, (inputs, labels) in (
        (reference.train_accuracy, task.training_samples()),
        (reference.test_accuracy, task.test_samples()),
    ):
        assert inputs.shape[1:] == (6, 6, 3)
        assert inputs.dtype == np.float32
        for model, accuracy in zip(reference.models, recorded, strict=True):
            logits = np.asarray(build(task.read_model(model))(inputs))
            assert np.mean(logits.argmax(axis=1) == labels) == pytest.approx(accuracy, abs=1e-6)
    assert np.ptp(reference.train_accuracy) > 0


def test_a_killed_zoo_goes_on_where_it_stopped(stripes, tmp_path, in_this_process):
    straight, stopped = (tiny_zoo(stripes, tmp_path / name) for name in ("straight", "stopped"))
    make_here(straight)
    first = make_zoo(stopped, 1)
    next(first)
    first.close()  # one model is finished, three are not begun
    assert not (stopped.out / "model_configs.json").exists()
    waiting = next(number for number, model in enumerate(stopped.models) if not (stopped.out / model).exists())
    make_models(stopped, [waiting], until=3)  # and one is under way
    assert not (stopped.out / stopped.models[waiting]).exists()
    assert list(stopped.folder.unfinished(stopped.models[waiting]).rglob("weights.safetensors"))
    make_here(stopped)
    assert files_of(stopped.out) == files_of(straight.out)
    assert len(files_of(straight.out)) == 4 * 3 + 6 + 1


def test_a_finished_zoo_is_left_as_it_is(stripes, tmp_path, in_this_process, monkeypatch):
    zoo = tiny_zoo(stripes, tmp_path)
    make_here(zoo)
    monkeypatch.setattr("training.zoo.zoo.make_models", None)
    before = files_of(tmp_path)
    make_here(zoo)
    assert files_of(tmp_path) == before


def said_by(zoo: Zoo) -> tuple[str, int]:
    """What the command prints, and its exit status."""
    console = Console(width=500, record=True, file=io.StringIO())
    status = 0
    try:
        run_zoo(zoo, 1, console)
    except SystemExit as end:
        status = int(end.code or 0)
    return console.export_text(), status


def test_missed_targets_are_said_and_recorded(stripes, tmp_path, in_this_process):
    zoo = tiny_zoo(stripes, tmp_path, stop=StopRule("cross_entropy", 1e-9, 1), axes={"batch_size": (8, 16)})
    said, status = said_by(zoo)
    assert status == 0
    assert said.splitlines()[-1] == (
        f"{tmp_path}: 0 of 2 models reached a training cross-entropy of 1e-09 within 1 epochs; "
        "missed by model_0, model_1"
    )
    models = json.loads((tmp_path / "zoo_status.json").read_text())["models"]
    assert {(model["epochs"], model["target_reached"]) for model in models.values()} == {(1, False)}
    assert all(model["cross_entropy"] > 0.1 and model["seconds"] > 0 for model in models.values())


def test_a_model_whose_loss_is_not_finite_fails_and_the_others_go_on(stripes, tmp_path, in_this_process):
    zoo = tiny_zoo(stripes, tmp_path, axes={"learning_rate": (1e12, 0.01), "batch_size": (16,)})
    said, status = said_by(zoo)
    assert status == 1
    assert f"model_0: failed: {tmp_path}: model_0: the loss became nan in epoch 1" in said
    assert said.splitlines()[-1].endswith("; 1 failed")
    assert read_reference(tmp_path / "model_configs.json").models == ("model_1",)
    failures = json.loads((tmp_path / "zoo_status.json").read_text())["failures"]
    assert failures == {"model_0": f"{tmp_path}: model_0: the loss became nan in epoch 1"}


def test_seeds_are_zoos_of_the_same_grid_side_by_side(stripes, tmp_path, in_this_process):
    """The first is what the zoo is without others; the second has other models of the same settings."""
    make_here(tiny_zoo(stripes, tmp_path / "alone" / "zoo"))
    run_zoo(tiny_zoo(stripes, tmp_path / "zoo"), 1, Console(quiet=True), seeds=2)
    assert files_of(tmp_path / "zoo") == files_of(tmp_path / "alone" / "zoo")
    first, second = (read_reference(tmp_path / name / "model_configs.json") for name in ("zoo", "zoo.seed_1"))
    assert (first.models, first.hyperparameters) == (second.models, second.hyperparameters)
    assert not np.array_equal(first.gap, second.gap)
    seeds = []
    for name in ("zoo", "zoo.seed_1"):
        status = json.loads((tmp_path / name / "zoo_status.json").read_text())["models"]
        seeds.append({model: one["seed"] for model, one in status.items()})
    assert not set(seeds[0].values()) & set(seeds[1].values())
    assert len(set(seeds[1].values())) == 4
    found = over_seeds({
        name: task_statistics(one.models, one.gap, one.hyperparameters)
        for name, one in (("zoo", first), ("zoo.seed_1", second))
    })  # fmt: skip
    assert found.ceiling.seeds == 2


def test_another_zoo_in_the_same_folder_is_an_error(stripes, tmp_path, in_this_process):
    make_here(tiny_zoo(stripes, tmp_path))
    with pytest.raises(InputError) as caught:
        list(make_zoo(tiny_zoo(stripes, tmp_path, decay=0.5), 1))
    assert str(caught.value) == (
        f"{tmp_path / 'zoo.json'}: settings.decay: the folder holds another zoo; choose another --out "
        "(expected 0.5, found 0.2)"
    )


def test_a_second_command_in_the_same_folder_is_an_error(stripes, tmp_path, in_this_process):
    zoo = tiny_zoo(stripes, tmp_path)
    first = make_zoo(zoo, 1)
    next(first)
    with pytest.raises(InputError, match=f"{tmp_path}: another command is at work in this folder"):
        list(make_zoo(zoo, 1))
    first.close()
    make_here(zoo)
    assert not (tmp_path / "unfinished").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tasc1"], "task: no such task; did you mean task1"),
        (["task1", "--scale", "mni"], "scale: no such scale; did you mean mini?"),
        (["task1", "--data", "nowhere"], "data nowhere: no data found at"),
    ],
)
def test_bad_arguments_are_said_before_anything_is_written(tmp_path, arguments, message):
    out = tmp_path / "out"
    result = CliRunner().invoke(commands, ["zoo", *arguments, "--out", str(out), "--data-dir", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert str(result.exception).startswith(message)
    assert not out.exists()
