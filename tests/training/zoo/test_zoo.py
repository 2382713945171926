"""A zoo is a complete task of the competition; its files hold the models that were trained and say how each ended."""

import io
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from click.testing import CliRunner  # noqa: E402
from rich.console import Console  # noqa: E402
from zoos import files_of, make_here, tiny_zoo  # noqa: E402

from complexity.errors import InputError  # noqa: E402
from pgdl_eval.formats.reference import check_grid, read_reference  # noqa: E402
from pgdl_eval.formats.task import find_tasks  # noqa: E402
from pgdl_eval.formats.task_writer import write_model  # noqa: E402
from pgdl_eval.keras_models import build  # noqa: E402
from training.__main__ import commands  # noqa: E402
from training.zoo.architectures import ARCHITECTURES  # noqa: E402
from training.zoo.command import run_zoo  # noqa: E402
from training.zoo.keras_network import keras_weights  # noqa: E402
from training.zoo.model_training import initial_network  # noqa: E402
from training.zoo.tasks import SCALES, StopRule, zoo_task  # noqa: E402
from training.zoo.zoo import Zoo, make_models, make_zoo  # noqa: E402

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


@pytest.mark.parametrize(("name", "published"), [("task1", "task1_v4"), ("task2", "task2_v1")])
def test_the_full_grids_have_the_published_vc_bounds(shared_data, name, published):
    public = shared_data / "pgdl" / "public"
    bounds = json.loads((public / "predictions" / "vc_dimension" / f"{published}.predict").read_text())
    reference = read_reference(public / "reference_data" / published / "model_configs.json")
    task = zoo_task(name, "full")
    found = {}
    for values in task.grid():
        config = ARCHITECTURES[task.architecture]({**task.constants, **values}, (32, 32, 3), 10)
        kernels = [layer["kernel"] for layer in config.weight_shapes() if "kernel" in layer]
        depth, entries = len(kernels), sum(map(math.prod, kernels))
        found[tuple(str(values[h]) for h in reference.hyperparameters)] = (
            depth + 2 * depth * math.log(22 * depth * 32**2) * entries
        )
    settings = zip(*reference.hyperparameters.values(), strict=True)
    expected = {cell: bounds[model] for cell, model in zip(settings, reference.models, strict=True)}
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("name", "models"), [("task1", 96), ("task2", 54), ("task8", 32), ("task9", 32)])
def test_every_grid_is_that_of_the_competition_in_shape(scale, name, models):
    """The mini grids have fewer values; every architecture fits its images."""
    task, full = zoo_task(name, scale), zoo_task(name, "full")
    assert set(task.axes) | set(task.constants) == set(full.axes) | set(full.constants)
    assert len(task.grid()) == models if scale != "mini" else len(task.grid()) >= 16
    side = task.image_side or 28
    for values in task.grid():
        shapes = ARCHITECTURES[task.architecture]({**task.constants, **values}, (side, side, 1), 10).weight_shapes()
        assert [shape for shape in shapes if shape][-1]["bias"] == (10,)


def changed_statistics(network):
    """Biases and normalization as after training, where a wrong order or epsilon shows."""
    draws = torch.Generator().manual_seed(1)
    for module in network:
        for name in ("bias", "running_mean"):
            if getattr(module, name, None) is not None:
                getattr(module, name).data = 0.2 * torch.rand(getattr(module, name).shape, generator=draws) - 0.1
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                tensor.data = 0.5 + torch.rand(tensor.shape, generator=draws)


@pytest.mark.parametrize("keras_name", ["keras", "tf_keras"])
@pytest.mark.parametrize(("name", "side"), [("task1", 16), ("task8", 28), ("task9", 16)])
def test_every_keras_computes_what_pytorch_does(shared_data, tmp_path, keras_name, name, side):
    keras = pytest.importorskip(keras_name)
    images = real_images(shared_data, side)
    task = zoo_task(name, "mini")
    config = ARCHITECTURES[task.architecture]({**task.constants, **task.grid()[-1]}, images.shape[1:], 10)
    network = initial_network(config, 0).eval()
    changed_statistics(network)
    write_model(tmp_path, config, keras_weights(network))
    model = loaded_as_by_the_kit(keras, tmp_path)
    with torch.no_grad():
        ours = network(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
    theirs = np.asarray(model(images))
    assert np.ptp(ours, axis=0).min() > 1e-2
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=3e-6 * np.abs(ours).max())


def loaded_as_by_the_kit(keras, folder: Path):
    """A model out of its files, in as many lines as the starter kit needs."""
    content = json.loads((folder / "config.json").read_text())
    model = keras.Sequential(
        [getattr(keras.layers, layer.pop("layer_name"))(**layer) for layer in content["model_config"]]
    )
    model.build((None, *content["input_shape"]))
    model.load_weights(str(folder / "weights.hdf5"))
    return model


def real_images(shared_data: Path, side: int) -> np.ndarray:
    """Sixteen photographs (16, side, side, 3), standardized."""
    from PIL import Image

    folder = shared_data / "tiny_imagenet"
    content, offsets = (folder / "jpeg_00.bin").read_bytes(), np.load(folder / "offsets.npy")
    found = []
    for start, end in itertools.pairwise(offsets[:17]):
        with Image.open(io.BytesIO(content[start:end])) as image:
            found.append(image.convert("RGB").resize((side, side), Image.Resampling.BOX))
    pixels = np.stack([np.asarray(image, np.float32) for image in found])
    return (pixels - pixels.mean()) / pixels.std()
