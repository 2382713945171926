"""Runs in small form: their size, the precision of their angles, and what is refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from training_runs import experiment

from complexity.errors import InputError
from training.command import train as commands
from training.runs.experiment import Place
from training.runs.keeping import MOST_EPOCHS, ROWS, _spread, keep, keep_runs, rounded
from training.runs.kept_epochs import StackedEpoch
from training.runs.run import train
from training.runs.run_folder import CENTERING, RunFolder, decomposition
from training.studies.vectors import degrees


@pytest.fixture(scope="module")
def kept(finished, tmp_path_factory) -> RunFolder:
    out = tmp_path_factory.mktemp("kept")
    keep(finished, out)
    return RunFolder(out)


def test_a_kept_run_reads_as_the_run_that_it_was(finished, kept):
    assert kept.epochs() == finished.epochs() == [0, 1, 2]
    assert kept.metrics() == finished.metrics()
    assert kept.finished()
    assert {**kept.config, "kept": None} == {**finished.config, "kept": None}
    assert kept.config["kept"]["rows"] == {"train": 60, "test": 30}
    assert {"checkpoints/0002/weights.safetensors", "epochs/0001.npz"} <= set(kept.config["kept"]["sha256"])
    assert not list(kept.path.rglob("*.safetensors"))
    assert isinstance(kept.epoch(1), StackedEpoch)
    for epoch in kept.epochs():
        assert set(kept.epoch(epoch)) == set(finished.epoch(epoch))


def test_angles_and_singular_values_of_a_kept_run_are_right_to_the_stated_precision(finished, kept):
    files = [*((finished.epoch(epoch), kept.epoch(epoch)) for epoch in (0, 1, 2)), (finished.data(), kept.data())]
    matrices = 0
    for whole, small in files:
        for name in {name.split("/un")[0] for name in whole if name.endswith("uncentered/vectors")}:
            for center in CENTERING.values():
                expected, found = (decomposition(arrays, name, center=center) for arrays in (whole, small))
                assert degrees(expected.vectors[:, 0], found.vectors[:, 0]) < 0.3
                kept_values = len(found.singular_values)
                assert found.singular_values == pytest.approx(expected.singular_values[:kept_values], rel=1e-6)
                assert np.array_equal(found.converged, expected.converged)
                matrices += 1
    assert matrices > 60


def test_rows_that_are_left_out_move_an_angle_by_what_a_random_sample_of_them_does():
    rng, moved = np.random.default_rng(0), []
    for _ in range(100):
        cosine = np.cos(np.radians(rng.uniform(10, 90)))
        u = rng.standard_normal((20_000, 2)) @ np.array([[1, cosine], [0, np.sqrt(1 - cosine**2)]])
        small = rounded(u[: ROWS["train"]])
        true = degrees(u[:, 0], u[:, 1])
        expected = np.degrees(np.sin(np.radians(true)) / np.sqrt(ROWS["train"])) * np.sqrt(1 - ROWS["train"] / 20_000)
        moved.append((degrees(small[:, 0], small[:, 1]) - true) / expected)
    assert np.std(moved) == pytest.approx(1, abs=0.2)
    assert np.abs(moved).max() < 4


@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_rounding_turns_a_vector_by_a_quarter_degree_at_most(offset):
    u = np.random.default_rng(0).standard_normal((60_000, 1)) + offset
    small = rounded(u)
    assert small.dtype == np.float16
    assert degrees(u[:, 0], small[:, 0]) < 0.26
    assert len(np.unique(small)) < 1500
    assert np.isnan(rounded(np.full((5, 1), np.nan))).all()
    assert np.ptp(rounded(np.ones((5, 1)))) == 0


def test_of_many_epochs_some_are_kept_the_first_two_and_the_last_among_them(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("training.runs.keeping.MOST_EPOCHS", 2)
    keep(finished, tmp_path)
    assert RunFolder(tmp_path).epochs() == [0, 1]
    monkeypatch.undo()
    assert len(_spread(list(range(41)))) == MOST_EPOCHS
    assert _spread(list(range(41)))[:2] == [0, 1]
    assert _spread(list(range(41)))[-1] == 40


def test_the_command_keeps_what_is_finished_and_says_what_is_not(blobs, tmp_path):
    place = Place(blobs, tmp_path / "runs", "cpu")
    train(experiment("mlp", epochs=1), place)
    train(experiment("autoencoder"), place, until=1)
    call = ["keep", str(tmp_path / "runs"), str(tmp_path / "kept")]
    for _ in range(2):
        result = CliRunner().invoke(commands, call)
        assert result.exit_code == 0, result.output
        assert f"{tmp_path}/runs/blobs/autoencoder/seed_3: not finished, left out\n" in result.output
        assert f"{tmp_path}/runs/blobs/mlp/seed_3: 0.0" in result.output
    assert [file.parent.parent.name for file in (tmp_path / "kept").rglob("config.json")] == ["mlp"]
    assert RunFolder(tmp_path / "kept/blobs/mlp/seed_3").epochs() == [0, 1]


def test_a_run_is_kept_neither_over_another_nor_over_itself_nor_twice(finished, kept, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**finished.config, "seed": 4}))
    with pytest.raises(InputError, match="seed: the folder holds a run of another config"):
        keep(finished, tmp_path)
    with pytest.raises(InputError, match="a run cannot be kept in its own folder"):
        list(keep_runs(finished.path, finished.path))
    with pytest.raises(InputError, match="the run is a kept one already"):
        keep(kept, tmp_path / "again")
