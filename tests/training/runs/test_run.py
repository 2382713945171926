"""A run resumes bit for bit, differs from that of another seed, and says what it was."""

import json

import numpy as np
import pytest
import torch
from training_runs import TINY, experiment

from complexity.errors import InputError
from training.runs.experiment import Experiment, Place
from training.runs.first_epoch import recorded_iterations
from training.runs.run import train
from training.runs.run_folder import RunFolder, decomposition, find_runs

SECONDS = "_seconds"


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


@pytest.mark.parametrize("recipe", ["resnet20", "autoencoder", "supcon"])
def test_training_in_bfloat16_begins_as_in_float32_and_resumes_bit_for_bit(tmp_path, blobs, recipe):
    few = {"precision": "bfloat16", "optimization.rise": 0.2}
    exact = train(experiment(recipe, **{**few, "precision": "float32"}), Place(blobs, tmp_path / "exact", "cpu"))
    whole = train(experiment(recipe, **few), Place(blobs, tmp_path / "whole", "cpu"))
    losses = [[line["loss"] for line in run.metrics()[1:]] for run in (exact, whole)]
    assert losses[0] != losses[1]
    assert losses[1][0] == pytest.approx(losses[0][0], rel=0.05)
    place = Place(blobs, tmp_path / "parts", "cpu")
    parts = train(experiment(recipe, **few), place, until=2)
    train(experiment(recipe, **few), place)
    assert what_remains(parts) == what_remains(whole)


def test_a_run_that_does_not_say_what_came_later_goes_on(tmp_path, blobs):
    place = Place(blobs, tmp_path, "cpu")
    run = train(experiment("mlp"), place, until=1)
    file = run.path / "config.json"
    config = json.loads(file.read_text())
    del config["settings"]["precision"], config["settings"]["optimization"]["rise"]
    file.write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"settings.precision: the folder holds a run of another config"):
        train(experiment("mlp", precision="bfloat16"), place)
    assert train(experiment("mlp"), place).finished()


def test_another_seed_is_another_run(tmp_path, blobs):
    runs = [
        train(Experiment("mlp", "smoke", "blobs", seed, TINY), Place(blobs, tmp_path, "cpu"), until=1)
        for seed in (0, 1)
    ]
    first, second = (decomposition(run.epoch(1), "train").vectors[:, 0] for run in runs)
    assert not np.allclose(first, second)
    assert find_runs(tmp_path) == runs


def test_shuffled_labels_change_the_labels_alone(tmp_path, blobs):
    place = Place(blobs, tmp_path, "cpu")
    runs = [train(experiment(recipe), place, until=1) for recipe in ("resnet18", "resnet18_shuffled_labels")]
    plain, shuffled = (run.epoch(0) for run in runs)
    assert all(np.array_equal(plain[name], shuffled[name]) for name in plain)
    assert runs[0].metrics()[1]["loss"] != runs[1].metrics()[1]["loss"]


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


def test_iterations_of_the_first_epoch_are_spread_in_the_logarithm():
    found = recorded_iterations(391, 30)
    assert (found[0], found[1], found[-1]) == (0, 1, 391)
    assert 30 <= len(found) - 1 <= 32
    ratios = np.array(found[12:]) / found[11:-1]
    assert ratios.max() < 1.3
    assert recorded_iterations(40, 0) == recorded_iterations(40, 50) == list(range(41))
