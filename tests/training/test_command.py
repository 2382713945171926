"""The command line: runs, many runs at once, lists, and what is said of bad arguments."""

import json

import pytest
from click.testing import CliRunner
from training_runs import experiment

from training.__main__ import main
from training.command import train as commands
from training.runs.experiment import Experiment
from training.runs.run_folder import find_runs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet2"], "error: recipe: no such recipe; did you mean resnet20 or"),
        (["resnet20", "--preset", "labtop"], "error: preset: no such preset; did you mean laptop? (expected one of"),
        (["resnet20", "--set", "epoch=3"], "error: setting: no such setting; did you mean epochs? (expected one of"),
        (["resnet20", "--set", "epochs="], "error: epochs=: a setting without a value"),
        (["resnet20", "--set", "epochs=x"], "error: epochs: a setting of another type (expected int, found 'x')"),
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


def test_all_runs_are_made_and_those_that_fail_are_named(tmp_path, blobs, in_this_process, monkeypatch):
    few = [experiment("mlp", epochs=1), Experiment("mlp", "smoke", "no_such_data")]
    monkeypatch.setattr("training.runs.experiments.all_experiments", lambda preset, data: few)
    arguments = ["all", "--preset", "smoke", "--data-dir", str(blobs), "--out", str(tmp_path), "--workers", "1"]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 1
    assert "blobs mlp seed 3: done\n" in result.stderr
    assert "left: 2 of 2 runs\n" in result.stderr
    assert "left: 1 of 2 runs\n" in result.stderr
    assert "no_such_data mlp seed 0: failed: data no_such_data: no data found at " in result.stderr
    assert [run.config["recipe"] for run in find_runs(tmp_path)] == ["mlp"]


def test_recipes_studies_and_tasks_are_listed():
    for name, line in {
        "recipes": "resnet20: supervised, resnet20; He, Zhang",
        "studies": "own_convergence: Angle of each checkpoint",
        "tasks": "task1 mini: 64 models, vgg_like, cifar10",
    }.items():
        result = CliRunner().invoke(commands, [name])
        assert result.exit_code == 0, result.output
        assert any(one.startswith(line) for one in result.output.splitlines()), result.output
