"""A run records what its documentation says, resumes bit for bit, and stops with a clear error."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from click.testing import CliRunner  # noqa: E402

import training.recording  # noqa: E402
from complexity.errors import InputError  # noqa: E402
from complexity.models.torch_model import TorchModel  # noqa: E402
from training.__main__ import commands, main  # noqa: E402
from training.checkpoint import load_weights  # noqa: E402
from training.data import standardization, tensors  # noqa: E402
from training.experiment import Experiment, Place  # noqa: E402
from training.first_epoch import recorded_iterations  # noqa: E402
from training.loop import train  # noqa: E402
from training.matrix import matrix  # noqa: E402
from training.networks import Network, make_encoder  # noqa: E402
from training.paradigms import PARADIGMS, make_paradigm  # noqa: E402
from training.recipes import RECIPES  # noqa: E402
from training.run_folder import CENTERING, RunFolder, decomposition, find_runs  # noqa: E402

TINY = {"epochs": 4, "batch_size": 16, "subset_rows": 24}
SECONDS = "_seconds"


@pytest.fixture(scope="session")
def blobs(tmp_path_factory) -> Path:
    """A folder with a data set of four kinds of noisy stripes, 60 + 30 images of 12 pixels."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data")
    arrays = {}
    for part, rows in (("train", 60), ("test", 30)):
        labels = np.arange(rows) % 4
        waves = np.sin(np.arange(12) * (labels[:, None] + 1) / 2)[:, :, None, None]
        noise = rng.standard_normal((rows, 12, 12, 3))
        arrays[f"x_{part}"] = np.clip(128 + 60 * waves + 30 * noise, 0, 255).astype(np.uint8)
        arrays[f"y_{part}"] = labels
    np.savez(folder / "blobs.npz", **arrays)
    return folder


def experiment(recipe, **changes):
    return Experiment(recipe, "smoke", "blobs", 3, {**TINY, **changes})


def what_remains(run: RunFolder):
    """Everything that two equal runs must share: files bit by bit, metrics but for seconds."""
    files = {file: file.read_bytes() for file in sorted(run.path.rglob("*")) if file.is_file()}
    kept = {str(file.relative_to(run.path)): content for file, content in files.items() if file.suffix != ".jsonl"}
    metrics = [{k: v for k, v in line.items() if not k.endswith(SECONDS)} for line in run.metrics()]
    return kept, metrics, run.lines("end")


@pytest.mark.parametrize("recipe", ["resnet20", "denoising_autoencoder", "simclr"])
def test_a_stopped_and_resumed_run_is_the_same_bit_for_bit(tmp_path, blobs, recipe):
    whole = train(experiment(recipe), Place(blobs, tmp_path / "whole", "cpu"))
    place = Place(blobs, tmp_path / "parts", "cpu")
    parts = train(experiment(recipe), place, until=2)
    assert not parts.finished()
    # What a process killed in the third epoch leaves behind.
    (parts.path / "epochs" / "0003.npz").write_bytes(b"not of this run")
    (parts.path / "checkpoints" / ".draft.x").mkdir()
    with (parts.path / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "epoch", "epoch": 3}\n{"kind": "ep')
    train(experiment(recipe), place)
    assert what_remains(parts) == what_remains(whole)
    assert [line["epoch"] for line in parts.lines("session")] == [0, 2]
    before = (whole.path / "metrics.jsonl").read_bytes()
    train(experiment(recipe), Place(blobs, tmp_path / "whole", "cpu"))
    assert (whole.path / "metrics.jsonl").read_bytes() == before


def test_another_seed_is_another_run(tmp_path, blobs):
    runs = [
        train(Experiment("mlp", "smoke", "blobs", seed, TINY), Place(blobs, tmp_path, "cpu"), until=1)
        for seed in (0, 1)
    ]
    first, second = (decomposition(run.epoch(1), "train").vectors[:, 0] for run in runs)
    assert not np.allclose(first, second)
    assert find_runs(tmp_path) == runs


@pytest.fixture(scope="session")
def finished(blobs, tmp_path_factory) -> RunFolder:
    return train(experiment("resnet18", epochs=2), Place(blobs, tmp_path_factory.mktemp("runs"), "cpu"))


def restored(run: RunFolder, blobs):
    """The trained network and its data, by way of the checkpoint."""
    settings = run.config["settings"]
    data = Place(blobs, run.path).image_set("blobs", experiment("resnet18").settings())
    paradigm = make_paradigm(settings["paradigm"], settings["paradigm_arguments"])
    encoder = make_encoder(settings["network"], data.shape, settings["network_arguments"])
    network = Network(encoder, paradigm.head(encoder, data.classes))
    load_weights(run.path / "checkpoints" / "0002" / "weights.safetensors", network)
    return network.eval(), data


def standardized(samples, data):
    cpu = torch.device("cpu")
    return standardization(data.train.inputs, cpu)(tensors(samples, cpu).images)


@pytest.mark.parametrize("convention", sorted(CENTERING))
def test_records_are_the_singular_vectors_of_the_features(finished, blobs, convention):
    network, data = restored(finished, blobs)
    record, center = finished.epoch(2), CENTERING[convention]
    for name, samples in (("train", data.train), ("test", data.test), ("subset", data.train.first(24))):
        # The plug-in finds the input of the last dense layer by itself.
        features = TorchModel(network).features(standardized(samples, data).numpy()).astype(float)
        u, s, _ = np.linalg.svd(features - center * features.mean(axis=0), full_matrices=False)
        found = decomposition(record, name, center=center)
        assert found.singular_values == pytest.approx(s, rel=1e-5, abs=1e-5 * s[0])
        assert np.abs((u[:, :3] * found.vectors[:, :3]).sum(axis=0)) == pytest.approx(np.ones(3), abs=1e-4)
        assert found.explained_variance_ratio == pytest.approx(s[:6] ** 2 / (s**2).sum(), rel=1e-4)
        assert found.vectors.shape == (len(samples), 6)


def test_other_conventions_and_blocks_stand_beside(finished, blobs):
    network, data = restored(finished, blobs)
    record = finished.epoch(2)
    inputs = standardized(data.train.first(24), data)
    with torch.no_grad():
        logits = network(inputs)
        outputs, x = [], network.encoder.stem(inputs)
        for block in network.encoder.blocks():
            x = block(x)
            outputs.append(x.flatten(1))
        network.train()
        by_batch = network.features(inputs)
    matrices = {"logits": logits, "batch_statistics": by_batch}
    matrices |= {f"block_{number}": output for number, output in enumerate(outputs, start=1)}
    assert len(outputs) == 8
    for name, expected in matrices.items():
        u = np.linalg.svd(expected.double().numpy())[0][:, 0]
        assert abs(u @ decomposition(record, name).vectors[:, 0]) == pytest.approx(1, abs=1e-5), name
    plain, augmented = (decomposition(record, name).vectors[:, 0] for name in ("subset", "augmented"))
    assert 0.5 < abs(plain @ augmented) < 1 - 1e-6


def test_within_the_first_epoch_the_untrained_and_the_last_iteration_are_those_of_the_epochs(finished):
    within = finished.first_epoch()
    assert list(within["iterations"]) == [0, 1, 2, 3, 4]
    for position, epoch in ((0, 0), (-1, 1)):
        vectors = within["subset/uncentered/vectors"][position, :, 0]
        expected = decomposition(finished.epoch(epoch), "subset").vectors[:, 0]
        assert vectors == pytest.approx(expected, abs=1e-5)


def test_data_p_vectors_are_those_of_the_inputs(finished, blobs):
    _, data = restored(finished, blobs)
    arrays = finished.data()
    assert np.array_equal(arrays["train/labels"], data.train.labels)
    for name, inputs in (("raw", data.train.matrix()), ("standardized", standardized(data.train, data))):
        flat = np.asarray(inputs, float).reshape(60, -1)
        for center in (False, True):
            u = np.linalg.svd(flat - center * flat.mean(axis=0))[0][:, 0]
            found = decomposition(arrays, f"train/{name}", center=center).vectors[:, 0]
            assert abs(u @ found) == pytest.approx(1, abs=1e-5)


def test_a_run_says_what_it_was(finished):
    config = finished.config
    assert (config["recipe"], config["preset"], config["seed"]) == ("resnet18", "smoke", 3)
    assert config["settings"]["optimization"]["source"].startswith("He, Zhang, Ren and Sun 2016")
    assert config["data"]["train_rows"] == 60
    assert len(config["data"]["sha256"]) == len(config["data"]["order_sha256"]) == 64
    assert config["device"]["threads"] == torch.get_num_threads()
    assert torch.__version__.startswith(config["versions"]["torch"])
    assert finished.finished()
    last = finished.metrics()[-1]
    assert 0 <= last["test_accuracy"] <= 1
    assert last["decomposition_seconds"] > 0


def test_shuffled_labels_change_the_labels_alone(tmp_path, blobs):
    place = Place(blobs, tmp_path, "cpu")
    runs = [train(experiment(recipe), place, until=1) for recipe in ("resnet18", "resnet18_shuffled_labels")]
    plain, shuffled = (run.epoch(0) for run in runs)
    assert all(np.array_equal(plain[name], shuffled[name]) for name in plain)
    assert runs[0].metrics()[1]["loss"] != runs[1].metrics()[1]["loss"]


def test_a_folder_of_another_config_is_refused(finished, blobs):
    out = finished.path.parents[2]
    with pytest.raises(InputError) as caught:
        train(experiment("resnet18", epochs=2, batch_size=8), Place(blobs, out, "cpu"))
    assert str(caught.value) == (
        f"{finished.path}/config.json: settings.batch_size: the folder holds a run of another config; "
        "choose another --out (expected 8, found 16)"
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [("weights.safetensors", "no weights can be read: "), ("optimizer.pt", "no optimizer's state can be read: ")],
)
def test_a_damaged_checkpoint_is_named(tmp_path, blobs, name, problem):
    place = Place(blobs, tmp_path, "cpu")
    run = train(experiment("mlp"), place, until=1)
    file = run.path / "checkpoints" / "0001" / name
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(InputError) as caught:
        train(experiment("mlp"), place)
    assert str(caught.value).startswith(f"{file}: {problem}")


def test_a_checkpoint_of_another_network_is_refused(finished, blobs):
    network, _ = restored(finished, blobs)
    wider = make_encoder("resnet18", (3, 12, 12), {"width": 16})
    file = finished.path / "checkpoints" / "0002" / "weights.safetensors"
    with pytest.raises(InputError) as caught:
        load_weights(file, network.encoder)
    assert str(caught.value) == (
        f"{file}: encoder.stages.0.convolutions.0.weight: weights of another network: only the file has this one"
    )
    with pytest.raises(InputError) as caught:
        load_weights(file, Network(wider, network.head))
    assert str(caught.value) == (
        f"{file}: encoder.stem.0.weight: weights of another network (expected (16, 3, 3, 3), found (8, 3, 3, 3))"
    )


@pytest.mark.parametrize(
    ("recipe", "changes", "problem"),
    [
        ("denoising_autoencoder", {"paradigm_arguments": {"noise": 1e38}}, "the loss became nan"),
        ("resnet20", {"optimization.learning_rate": 1e30}, "subset: features hold NaN or infinity"),
    ],
)
def test_a_network_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(
    tmp_path, blobs, recipe, changes, problem
):
    with pytest.raises(InputError) as caught:
        train(experiment(recipe, **changes), Place(blobs, tmp_path, "cpu"))
    folder = experiment(recipe).folder(tmp_path).path
    assert str(caught.value) == f"{folder}: {problem} in epoch 1; the checkpoint of epoch 0 is kept"
    assert (folder / "checkpoints" / "0000" / "weights.safetensors").exists()


def test_lack_of_memory_says_sizes_and_what_to_lower(tmp_path, blobs, monkeypatch):
    def fail(*arguments):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB\nmore lines")

    monkeypatch.setattr(training.recording, "evaluate", fail)
    with pytest.raises(InputError) as caught:
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
    assert str(caught.value) == (
        "device: out of memory with 60 + 30 images of shape (3, 12, 12), batches of 16 and 24 subset rows: CUDA out of "
        "memory. Tried to allocate 9 GiB; lower batch_size, train_limit or subset_rows by --set"
    )


def test_iterations_of_the_first_epoch_are_spread_in_the_logarithm():
    found = recorded_iterations(391, 30)
    assert (found[0], found[1], found[-1]) == (0, 1, 391)
    assert 30 <= len(found) - 1 <= 32
    ratios = np.array(found[12:]) / found[11:-1]
    assert ratios.max() < 1.3
    assert recorded_iterations(40, 0) == recorded_iterations(40, 50) == list(range(41))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet2"], "error: recipe: no such recipe; did you mean resnet20 or"),
        (["resnet20", "--preset", "labtop"], "error: preset: no such preset; did you mean laptop? (expected one of"),
        (["resnet20", "--set", "epoch=3"], "error: setting: no such setting; did you mean epochs? (expected one of"),
        (["resnet20", "--set", "epochs=x"], "error: epochs=x: a setting without a value"),
        (["resnet20", "--set", "epochs=1.5"], "error: epochs: a setting of another type (expected int, found 1.5)"),
        (["resnet20", "--device", "tpu"], "error: device: no such device: "),
    ],
)
def test_bad_arguments_are_said_on_one_line(monkeypatch, capsys, tmp_path, blobs, arguments, message):
    common = ["--data", "blobs", "--data-dir", str(blobs), "--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["training", "run", *arguments, *common])
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().err.strip().startswith(message)
    assert not list(tmp_path.iterdir())


def test_the_command_runs_a_recipe_with_several_seeds_at_once(tmp_path, blobs):
    arguments = ["--data", "blobs", "--data-dir", str(blobs), "--out", str(tmp_path), "--device", "cpu"]
    few = ["--preset", "smoke", "--set", "epochs=1", "--seeds", "2", "--workers", "2"]
    result = CliRunner().invoke(commands, ["run", "mlp", *few, *arguments])
    assert result.exit_code == 0, result.output
    runs = find_runs(tmp_path)
    assert [run.config["seed"] for run in runs] == [0, 1]
    assert all(run.finished() for run in runs)
    lines = [json.loads(line) for line in (runs[0].path / "metrics.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["session", "epoch", "epoch", "end"]


def test_a_matrix_names_the_runs_that_fail_and_makes_the_others(tmp_path, blobs, monkeypatch):
    few = [experiment("mlp", epochs=1), Experiment("mlp", "smoke", "no_such_data")]
    monkeypatch.setattr("training.__main__.matrix", lambda preset, data: few)
    arguments = ["matrix", "--preset", "smoke", "--data-dir", str(blobs), "--out", str(tmp_path), "--workers", "1"]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 1
    assert "blobs mlp seed 3: done\n" in result.stderr
    assert "no_such_data mlp seed 0: failed: data no_such_data: no data found at " in result.stderr
    assert [run.config["recipe"] for run in find_runs(tmp_path)] == ["mlp"]


def test_the_matrix_of_the_laptop_holds_what_the_studies_compare():
    runs = matrix("laptop")
    assert {run.recipe for run in runs if run.data == "cifar10"} == set(RECIPES)
    assert len(set(map(repr, runs))) == len(runs)
    for data in ("cifar10", "mnist", "cifar100"):
        seeds = {paradigm: set() for paradigm in PARADIGMS}
        shuffled = []
        for run in runs:
            if run.data == data:
                seeds[run.settings().paradigm].add((run.recipe, run.seed))
                shuffled.append(run.settings().shuffled_labels)
        assert all({seed for _, seed in made} == {0, 1} for made in seeds.values())
        assert any(shuffled)
    assert max(run.settings().train_limit + run.settings().test_limit for run in runs) <= 5000
