"""A run that was killed early, or whose files were damaged since, ends as an undisturbed one."""

import random
import shutil

import pytest
from training_files import training_files
from training_runs import experiment

from complexity.errors import InputWarning
from training.machine.checkpoint_files import DamagedFile
from training.machine.progress import Watcher
from training.runs.experiment import Place
from training.runs.run import train


class Killed(Watcher):
    """Stops a run within its first epoch."""

    def step(self, iteration, loss):
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def undisturbed(blobs, tmp_path_factory):
    return train(experiment("mlp"), Place(blobs, tmp_path_factory.mktemp("undisturbed"), "cpu"))


@pytest.fixture(scope="module")
def stopped(blobs, tmp_path_factory):
    """A run of which three of four epochs are done."""
    return train(experiment("mlp"), Place(blobs, tmp_path_factory.mktemp("stopped"), "cpu"), until=3)


def test_a_run_that_was_killed_in_its_first_epoch_goes_on(tmp_path, blobs, undisturbed):
    place = Place(blobs, tmp_path, "cpu")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train(experiment("mlp"), place, Killed())
    run = train(experiment("mlp"), place)
    assert training_files(run.path) == training_files(undisturbed.path)
    assert [line["epoch"] for line in run.lines("session")] == [0, 0, 0]


def damage(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (["checkpoints/0003/weights.safetensors"], "not what was written .*; training goes on from epoch 2"),
        (["checkpoints/0003/optimizer.pt", "checkpoints/0002/optimizer.pt"], "; training goes on from its start"),
        (["epochs/0003.npz"], "not what was written .*; training goes on from epoch 2"),
        (["epochs/0001.npz"], "not what was written .*; training goes on from its start"),
        (["first_epoch.npz"], "not what was written .*; training goes on from its start"),
        (["data.npz"], "not what was written .*; it is made again"),
    ],
)
def test_what_was_damaged_is_named_and_the_run_goes_on_from_before_it(
    tmp_path, blobs, undisturbed, stopped, damaged, words
):
    run = experiment("mlp").folder(tmp_path)
    shutil.copytree(stopped.path, run.path)
    for name in damaged:
        damage(run.path / name)
    with pytest.warns(InputWarning, match=f"{run.path / damaged[0]}: {words}|{words}"):
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
    assert training_files(run.path) == training_files(undisturbed.path)
    (told,) = [line["warnings"] for line in run.lines("session") if "warnings" in line]
    assert [text.partition(": ")[0] for text in told] == [str(run.path / name) for name in damaged]


def test_a_damaged_line_of_the_metrics_is_named_and_its_epoch_trained_again(tmp_path, blobs, undisturbed, stopped):
    run = experiment("mlp").folder(tmp_path)
    shutil.copytree(stopped.path, run.path)
    file = run.path / "metrics.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:-1], b"\xff" + lines[-1]]))
    with pytest.raises(DamagedFile, match=f"{file}: line 5: this line cannot be read"):
        run.finished()
    with pytest.warns(InputWarning, match=f"{file}: line 5: .*; training goes on from epoch 2"):
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
    assert training_files(run.path) == training_files(undisturbed.path)


@pytest.mark.parametrize("name", ["epochs/0004.npz", "checkpoints/0004/weights.safetensors"])
def test_a_finished_run_that_was_damaged_since_is_mended(tmp_path, blobs, undisturbed, name):
    run = experiment("mlp").folder(tmp_path)
    shutil.copytree(undisturbed.path, run.path)
    damage(run.path / name)
    with pytest.warns(InputWarning, match="training goes on from epoch 3"):
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
    assert training_files(run.path) == training_files(undisturbed.path)


def test_each_of_500_flipped_bits_of_a_record_is_noticed(tmp_path, undisturbed):
    run = experiment("mlp").folder(tmp_path)
    shutil.copytree(undisturbed.path, run.path)
    draws, unnoticed = random.Random(0), []
    for _ in range(500):
        name = draws.choice(["epochs/0002.npz", "first_epoch.npz", "data.npz"])
        whole = (run.path / name).read_bytes()
        place = draws.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        (run.path / name).write_bytes(damaged)
        if run.whole():
            unnoticed.append((name, place))
        (run.path / name).write_bytes(whole)
    assert unnoticed == []
    assert run.whole()
