"""A zoo is a complete task of the competition; its files hold the models that were trained and say how each ended."""

import io
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from click.testing import CliRunner  # noqa: E402
from rich.console import Console  # noqa: E402

from complexity.errors import InputError  # noqa: E402
from pgdl_eval.formats.model_configs import check_grid, read_reference  # noqa: E402
from pgdl_eval.formats.task import find_tasks  # noqa: E402
from pgdl_eval.keras_models import build  # noqa: E402
from training.__main__ import commands  # noqa: E402
from training.zoo.architectures import ARCHITECTURES  # noqa: E402
from training.zoo.command import run_zoo  # noqa: E402
from training.zoo.keras_network import keras_network, keras_weights  # noqa: E402
from training.zoo.make import Zoo, make_model, make_zoo  # noqa: E402
from training.zoo.tasks import TASKS, StopRule, zoo_task  # noqa: E402

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def stripes(tmp_path_factory) -> Path:
    """A folder with a data set of four kinds of noisy stripes, 96 + 40 images of 12 pixels."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data")
    arrays = {}
    for part, rows in (("train", 96), ("test", 40)):
        labels = np.arange(rows) % 4
        waves = np.sin(np.arange(12) * (labels[:, None] + 1) / 2)[:, :, None, None]
        noise = rng.standard_normal((rows, 12, 12, 3))
        arrays[f"x_{part}"] = np.clip(128 + 50 * waves + 40 * noise, 0, 255).astype(np.uint8)
        arrays[f"y_{part}"] = labels
    np.savez(folder / "stripes.npz", **arrays)
    return folder


AXES: dict[str, dict[str, tuple]] = {"task1": {"conv_blocks": (1, 2)}, "task9": {"depth": (3, 6)}}


def tiny_zoo(data_dir: Path, out: Path, name="task1", **changes) -> Zoo:
    """Four small models of a task at the mini scale, on the stripes."""
    values = {"dropout": 0.25, "weight_decay": 0.001, "conv_width": 4, "conv_blocks": 1, "batch_size": 16}
    task = zoo_task(name, "mini")
    settings = replace(
        task,
        axes={**AXES[name], "batch_size": (8, 16)},
        constants={**values, **task.constants},
        stop=StopRule("accuracy", 0.9, 12),
        milestones=(8,),
        image_side=8,
    )
    return Zoo(name, "mini", replace(settings, **changes), "stripes", data_dir, out)


def make_here(zoo: Zoo) -> None:
    """Make a zoo in this process."""
    for _, _, error in make_zoo(zoo, 1):
        assert error is None


@pytest.fixture
def in_this_process(monkeypatch):
    """Models are trained here and not in processes of their own, which take seconds to start."""

    def call_all(function, calls, workers):
        for call in calls:
            try:
                function(*call)
                yield call, None
            except InputError as error:
                yield call, error

    monkeypatch.setattr("training.zoo.make.in_processes", call_all)


def files_of(folder: Path) -> dict[str, bytes]:
    """All that the competition knows of: the same for two equal zoos, bit by bit."""
    files = [file for kind in ("hdf5", "tfrecord", "json") for file in sorted(folder.rglob(f"*.{kind}"))]
    ours = ("training.json", "zoo.json", "zoo_status.json")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.name not in ours}


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
    stored = task.read_model("model_3")
    assert stored.initial_weights is not None
    assert not np.array_equal(stored.weights[0], stored.initial_weights[0])


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
        assert inputs.shape[1:] == (8, 8, 3)
        assert inputs.dtype == np.float32
        for model, accuracy in zip(reference.models, recorded, strict=True):
            logits = build(task.read_model(model)).predict(inputs, verbose=0)
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
    make_model(stopped, waiting, until=3)  # and one is under way
    assert not (stopped.out / stopped.models[waiting]).exists()
    assert list(stopped.folder.unfinished(stopped.models[waiting]).rglob("weights.safetensors"))
    make_here(stopped)
    assert files_of(stopped.out) == files_of(straight.out)
    assert len(files_of(straight.out)) == 4 * 3 + 6 + 1


def test_a_finished_zoo_is_left_as_it_is(stripes, tmp_path, in_this_process, monkeypatch):
    zoo = tiny_zoo(stripes, tmp_path)
    make_here(zoo)
    monkeypatch.setattr("training.zoo.make.make_model", None)
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


def changed_statistics(network):
    """Normalization as after training, where a wrong order or epsilon shows."""
    generator = torch.Generator().manual_seed(1)
    for module in network:
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                tensor.data = 0.5 + torch.rand(tensor.shape, generator=generator)
        elif getattr(module, "bias", None) is not None:
            module.bias.data = torch.rand(module.bias.shape, generator=generator) - 0.5


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("side", [16, 28])
def test_keras_and_pytorch_compute_the_same(shared_data, name, side):
    pytest.importorskip("keras")
    from pgdl_eval.formats.task import StoredModel

    images = real_images(shared_data, side)
    task = zoo_task(name, "mini")
    for values in (task.grid()[0], task.grid()[-1]):
        config = ARCHITECTURES[task.architecture]({**task.constants, **values}, images.shape[1:], 10)
        network = keras_network(config)
        changed_statistics(network)
        network.eval()
        model = build(StoredModel("model_0", Path("."), config, keras_weights(network), None))
        with torch.no_grad():
            ours = network(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
        theirs = np.asarray(model(images))
        assert np.ptp(ours) > 0.1
        np.testing.assert_allclose(theirs, ours, atol=2e-6 * np.abs(ours).max())


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
