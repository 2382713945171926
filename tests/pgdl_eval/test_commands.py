"""What all commands promise: examples in their help, quiet runs, results as JSON, and a quick start."""

import json
import re
import subprocess
import sys

import pytest
from command_line import invoke

from pgdl_eval.__main__ import COMMANDS, commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.reference import read_reference
from pgdl_eval.measures import PAPER, all_measures
from pgdl_eval.sample.run import FOLDER
from pgdl_eval.stored_network import StoredNetwork
from pgdl_eval.table1 import USUAL

HEAVY = {"keras", "matplotlib", "onnx", "pandas", "scipy.stats", "sklearn", "tensorflow", "torch"}


@pytest.fixture
def stored(tmp_path):
    """References and predictions of two measures on the sample: the depth, and the model's number."""
    reference = read_reference(FOLDER / "digits" / "model_configs.json")
    (tmp_path / "ref" / "digits").mkdir(parents=True)
    (tmp_path / "ref" / "digits" / "model_configs.json").write_bytes(reference.file.read_bytes())
    numbers = {model: float(model.removeprefix("model_")) for model in reference.models}
    depths = dict(zip(reference.models, map(float, reference.hyperparameters["conv_blocks"]), strict=True))
    for name, values in {"angle": numbers, "other": depths}.items():
        (tmp_path / "predictions" / name).mkdir(parents=True)
        (tmp_path / "predictions" / name / "digits.predict").write_text(json.dumps(values))
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_has_an_example_in_a_line_of_its_own(name):
    done = invoke(commands, name, "--help")
    assert done.exit_code == 0
    starts = r"python pgdl_eval/score\.py|pvector \w+"
    assert re.search(rf"^  ({starts}).*$", done.output, re.MULTILINE)
    assert all(len(re.findall(starts, line)) < 2 for line in done.output.splitlines())


def test_commands_are_imported_without_what_they_need_later():
    modules = ", ".join(sorted({target.partition(":")[0] for target, _ in COMMANDS.values()} | {"pgdl_eval.terminal"}))
    code = f"import sys, {modules}; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_score_prints_the_report_as_json_or_nothing(stored):
    arguments = ["score", stored / "ref", stored / "predictions", stored / "out"]
    done = invoke(commands, *arguments, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (stored / "out" / "report.json").read_text()
    quiet = invoke(commands, *arguments, "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")
    (stored / "predictions" / "other" / "digits.predict").unlink()
    (stored / "predictions" / "other" / "more.predict").write_text("{}")
    failed = invoke(commands, *arguments, "--quiet")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("error: ")


def test_score_shows_and_writes_the_differences_between_measures(stored):
    done = invoke(commands, "score", stored / "ref", stored / "predictions", stored / "out")
    assert "which scores best, minus each other measure" in done.stdout
    head, line = (stored / "out" / "differences.csv").read_text().splitlines()
    (found,) = json.loads((stored / "out" / "report.json").read_text())["differences"]
    assert head == (
        "task,first,second,score.value,score.interval.low,score.interval.high,"
        "spearman.value,spearman.interval.low,spearman.interval.high"
    )
    numbers = [part[key] for part in (found["score"], found["spearman"]) for key in ("value", "interval")]
    flat = [x for one in numbers for x in ((one["low"], one["high"]) if isinstance(one, dict) else (one,))]
    assert line.split(",") == [found["task"], found["first"], found["second"], *map(repr, flat)]
    rows = {row["measure"]: row for row in json.loads((stored / "out" / "report.json").read_text())["rows"]}
    assert found["score"]["value"] == pytest.approx(rows[found["first"]]["score"] - rows[found["second"]]["score"])
    assert found["score"]["value"] >= 0


def test_table1_prints_its_rows_as_json_or_nothing(stored):
    arguments = ["table1", stored, stored / "ref", "--out", stored / "out"]
    done = invoke(commands, *arguments, "--json")
    assert (done.exit_code, done.stderr.strip()) == (0, "")
    found = json.loads(done.stdout)
    assert sorted(found) == ["errors", "notes", "rows"]
    rows = {row["measure"]: row for row in found["rows"]}
    assert set(rows) == {*USUAL, "other"}
    assert (rows["angle"]["paper"], rows["distance"]["digits_score"]) == (3.325, None)
    assert rows["angle"]["digits_score"] > 0
    quiet = invoke(commands, *arguments, "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")


def test_a_quiet_ingest_says_failures_alone(stored_task, tmp_path):
    arguments = ["ingest", stored_task.parent, tmp_path / "out", "--measure", "distance", "--quiet"]
    (stored_task / "model_1" / "config.json").write_text("{")
    done = invoke(commands, *arguments, "--task", "digits")
    assert (done.exit_code, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert all(line.startswith("failed digits model_") for line in lines)
    assert sum("model_1 distance: " in line for line in lines) == 1


def test_measures_are_listed_as_lines_or_as_json():
    lines = invoke(commands, "measures").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    listed = json.loads(invoke(commands, "measures", "--json").stdout)
    assert [one["name"] for one in listed] == list(all_measures())
    heads = [line.partition(":")[0].strip() for line in lines if line.startswith("  ") and line[2:3].strip()]
    others = sorted(name for name in all_measures() if name not in PAPER)
    assert heads == [*PAPER, *others]
    assert [line for line in lines if line[:1].strip()] == ["Of the paper's Table 1", "Others"]
    assert "  angle: higher means a larger gap" in lines
    angle = next(one for one in listed if one["name"] == "angle")
    assert (angle["higher_means"], angle["bounds"]) == (all_measures()["angle"].higher_means, [0, 90])
    assert (angle["unit"], angle["cost"]) == ("degrees", all_measures()["angle"].cost)
    assert set(angle["settings"]) == set(all_measures()["angle"].settings)
    assert next(one for one in listed if one["name"] == "distance")["bounds"] == [0, None]
    combined = next(one for one in listed if one["name"] == "distance+angle")
    assert combined["settings"] == {"method": "mean_rank", "weights": [1.0, 0.05]}


def test_ctrl_c_leaves_the_values_so_far_and_the_same_command_goes_on(stored_task, tmp_path, monkeypatch):
    def stops(stored):
        if stored.name == "model_2":
            raise KeyboardInterrupt
        return StoredNetwork(stored)

    arguments = ["ingest", stored_task.parent, tmp_path / "out", "--measure", "distance", "--quiet"]
    monkeypatch.setattr("pgdl_eval.stored_network.StoredNetwork", stops)
    done = invoke(commands, *arguments)
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr.lstrip() == "interrupted: what is done is kept, and the same command goes on from there\n"
    assert sorted(read_values(tmp_path / "out" / "digits.predict")) == ["model_0", "model_1"]
    monkeypatch.setattr("pgdl_eval.stored_network.StoredNetwork", StoredNetwork)
    assert invoke(commands, *arguments).exit_code == 0
    assert len(read_values(tmp_path / "out" / "digits.predict")) == 4
