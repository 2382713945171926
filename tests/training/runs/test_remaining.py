"""How many hours of a list of runs are left."""

import pytest

from training.recipes.workstation import SIZES
from training.runs.experiment import Experiment, Place
from training.runs.remaining import Remaining, remaining
from training.runs.run import train

MLP, RESNET = SIZES["mlp"], SIZES["resnet20"]


def wrote(out, experiment, seconds, *, finished=False):
    """A run's metrics of so many epochs, as if it had taken these seconds."""
    run = experiment.folder(out)
    run.path.mkdir(parents=True)
    run.append("epoch", {"epoch": 0, "train_seconds": 0.0, "forward_seconds": 1000.0})
    for epoch, taken in enumerate(seconds, start=1):
        run.append("epoch", {"epoch": epoch, "loss": 9.0, "train_seconds": taken - 1, "forward_seconds": 1.0})
    if finished:
        run.append("end", {"epoch": len(seconds)})


def test_what_has_not_begun_takes_what_the_preset_expects(tmp_path):
    found = remaining([Experiment("mlp", "workstation"), Experiment("resnet20", "workstation")], tmp_path)
    assert found == Remaining(2, 2, MLP.epochs * MLP.seconds + RESNET.epochs * RESNET.seconds)


def test_a_run_goes_on_as_it_went_and_the_others_as_much_slower(tmp_path):
    mlp, other = Experiment("mlp", "workstation"), Experiment("mlp", "workstation", seed=1)
    resnet = Experiment("resnet20", "workstation")
    wrote(tmp_path, mlp, [MLP.seconds, 3 * MLP.seconds])
    found = remaining([mlp, other, resnet], tmp_path)
    mlps = (2 * MLP.epochs - 2) * 2 * MLP.seconds
    assert found.seconds == pytest.approx(mlps + RESNET.epochs * 2 * RESNET.seconds)
    assert (found.runs, found.of, found.unknown) == (3, 3, 0)


def test_a_finished_run_leaves_nothing(tmp_path):
    mlp = Experiment("mlp", "workstation")
    wrote(tmp_path, mlp, [10.0] * MLP.epochs, finished=True)
    assert remaining([mlp], tmp_path) == Remaining(0, 1, 0)
    assert remaining([mlp], tmp_path).words(1) == "left: 0 of 1 runs"


def test_without_expectations_the_unknown_is_said(tmp_path):
    begun, new = Experiment("mlp", "laptop"), Experiment("resnet20", "laptop")
    assert remaining([new], tmp_path).words(1) == "left: 1 of 1 runs"
    wrote(tmp_path, begun, [3600.0])
    found = remaining([begun, new], tmp_path)
    assert found.words(1) == "left: 2 of 2 runs, about 11.0 hours without 1 of unknown length"
    assert found.words(2) == "left: 2 of 2 runs, about 5.5 hours without 1 of unknown length"


def test_a_stopped_run_of_the_preset_is_counted_on_and_resumes(tmp_path, blobs):
    few = {"epochs": 3, "batch_size": 16, "subset_rows": 24}
    one = Experiment("mlp", "workstation", "blobs", 0, few)
    place = Place(blobs, tmp_path, "cpu")
    train(one, place, until=1)
    stopped = remaining([one], tmp_path)
    assert stopped.runs == 1
    assert stopped.seconds > 0
    run = train(one, place)
    assert run.epochs() == [0, 1, 2, 3]
    assert run.config["device"]["training"] == "bfloat16, channels last"
    assert remaining([one], tmp_path).runs == 0
