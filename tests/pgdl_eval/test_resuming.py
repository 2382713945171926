"""What a run finds of earlier ones: nothing is lost, and no value stands for other models or settings than its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from complexity.errors import InputError
from complexity.measures.registry import Measure
from pgdl_eval.formats.folder_lock import LOCK, locked
from pgdl_eval.formats.predictions import read_predictions, read_values
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.sample.run import FOLDER
from pgdl_eval.sheet import Sheet, open_sheet

calls = []


def sum_of_weights(model, dataset, *, scale=1.0):
    """A measure that counts its calls."""
    calls.append(model.name)
    return scale * float(sum(np.abs(w).sum() for w in model.weights))


def never(model, dataset):
    """A measure without a value."""
    raise ZeroDivisionError


def declared(function):
    return Measure(function.__name__, function, "larger gap", (-np.inf, np.inf), frozenset(), True, "test")


@pytest.fixture
def run(stored_task, tmp_path):
    calls.clear()

    def run(*functions, **options):
        return ingest(stored_task.parent, tmp_path / "out", [declared(one) for one in functions], **options)

    return run


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_leaves_predictions_and_provenance_alone(run, tmp_path):
    run(sum_of_weights)
    assert names(tmp_path / "out") == ["digits.predict", "digits.provenance.json"]


def test_a_sheet_without_a_value_is_resumed(run, tmp_path):
    assert len(run(never).failures) == 4
    outcome = run(never)
    assert (len(outcome.failures), outcome.skipped) == (4, 0)
    with pytest.raises(InputError, match="no predictions"):
        read_predictions(tmp_path / "out" / "digits.predict", ["model_0"])


def test_a_folder_of_an_earlier_version_is_resumed(run, tmp_path):
    run(sum_of_weights)
    file = tmp_path / "out" / "digits.provenance.json"
    content = json.loads(file.read_text())
    del content["files"]
    file.write_text(json.dumps(content))
    said = []
    assert run(sum_of_weights, say=said.append).skipped == 4
    assert "4 values of an earlier version are kept" in said[0]
    assert "weights.hdf5" in json.loads(file.read_text())["files"]["model_0"]
    assert run(sum_of_weights, say=said.append).skipped == 4
    assert len(said) == 1


def test_changed_weights_are_noticed_and_that_model_alone_is_computed_anew(run, stored_task, tmp_path):
    run(sum_of_weights)
    before = read_values(tmp_path / "out" / "digits.predict")
    with h5py.File(stored_task / "model_1" / "weights.hdf5", "r+") as file:
        dataset = next(item for item in map(file.get, walk(file)) if isinstance(item, h5py.Dataset) and item.size > 9)
        dataset[...] = 2 * dataset[...]
    said = []
    outcome = run(sum_of_weights, say=said.append)
    after = read_values(tmp_path / "out" / "digits.predict")
    assert (outcome.computed, outcome.skipped) == (1, 3)
    assert [model for model in after if after[model] != before[model]] == ["model_1"]
    assert "the files of model_1 have changed since" in said[0]


def walk(file):
    found = []
    file.visit(found.append)
    return found


def test_a_model_that_is_gone_leaves_the_sheet(run, stored_task, tmp_path):
    run(sum_of_weights)
    shutil.rmtree(stored_task / "model_2")
    said = []
    assert run(sum_of_weights, say=said.append).skipped == 3
    assert sorted(read_values(tmp_path / "out" / "digits.predict")) == ["model_0", "model_1", "model_3"]
    assert "model_2" not in (tmp_path / "out" / "digits.provenance.json").read_text()
    assert "model_2 gone since" in said[0]


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_journal_of_a_killed_run_is_gone_on_with_and_a_line_that_is_cut_is_dropped(run, tmp_path, monkeypatch, cut):
    monkeypatch.setattr(Sheet, "close", lambda sheet: None)  # as after a kill
    run(sum_of_weights)
    monkeypatch.undo()
    journal = tmp_path / "out" / "digits.journal.jsonl"
    content = journal.read_bytes()
    assert content.count(b"\n") == 5
    journal.write_bytes(content[: len(content) - cut])
    assert names(tmp_path / "out") == ["digits.journal.jsonl"]
    outcome = run_stored(run)
    assert (outcome.skipped, outcome.computed) == ((4, 0) if cut == 0 else (3, 1))
    assert names(tmp_path / "out") == ["digits.predict", "digits.provenance.json"]


def run_stored(run):
    """Run again with models as they are stored: undoing has put the real ones back."""
    import pgdl_eval.keras_models as keras_models

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras_models, "build", lambda stored: stored)
        patch.setattr(keras_models, "clear_session", lambda: None)
        return run(sum_of_weights)


@pytest.mark.parametrize("damage", [b"\0" * 300, b'{"model": "model_3", "value": NaN}\n', b"[" * 5000 + b"\n"])
def test_lines_that_are_none_end_a_journal(tmp_path, damage):
    file, say = tmp_path / "digits.predict", lambda text: None
    sheet = open_sheet(file, declared(never), {}, "digits", "hash", say)
    sheet.begin()
    sheet.keep("model_0", 1.0, seconds=0.5)
    with (tmp_path / "digits.journal.jsonl").open("ab") as journal:
        journal.write(damage)
    sheet.keep("model_1", 2.0)
    assert open_sheet(file, declared(never), {}, "digits", "hash", say).values == {"model_0": 1.0}


def test_values_of_other_settings_stay_as_they_are_until_the_run_with_the_new_ones_leaves(run, tmp_path):
    run(sum_of_weights)
    before = read_values(tmp_path / "out" / "digits.predict")

    def stops(task, model, number, models):
        if model == "model_2":
            file = tmp_path / "out" / "digits.provenance.json"
            assert json.loads(file.read_text())["settings"] == {"scale": 1.0}
            assert read_values(tmp_path / "out" / "digits.predict") == before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(sum_of_weights, settings={"scale": 2.0}, step=stops)
    assert json.loads((tmp_path / "out" / "digits.provenance.json").read_text())["settings"] == {"scale": 2.0}
    assert list(read_values(tmp_path / "out" / "digits.predict").values()) == [2 * before[f"model_{i}"] for i in (0, 1)]


def test_two_runs_at_once_are_refused_and_it_is_said_who_works_there(run, tmp_path):
    with locked(tmp_path / "out", print), pytest.raises(InputError) as refused:
        run(sum_of_weights)
    assert "another command is at work in this folder" in str(refused.value)
    assert f"process {os.getpid()} on " in str(refused.value)
    assert calls == []
    assert run(sum_of_weights).computed == 4


def test_a_lock_of_a_dead_process_is_taken_over(run, tmp_path):
    holding = "import sys, time; from pathlib import Path; from pgdl_eval.formats.folder_lock import locked\n"
    holding += "with locked(Path(sys.argv[1]), print): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", holding, tmp_path / "out"], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match=f"process {process.pid} on "):
            run(sum_of_weights)
        process.kill()
    assert (tmp_path / "out" / LOCK).exists()
    assert run(sum_of_weights).computed == 4
    assert not (tmp_path / "out" / LOCK).exists()


def test_where_locks_do_not_work_that_is_said_and_the_run_goes_on(run, monkeypatch):
    import fcntl

    def refuses(handle, operation):
        raise OSError(95, "Operation not supported")

    said = []
    monkeypatch.setattr(fcntl, "flock", refuses)
    assert run(sum_of_weights, say=said.append).computed == 4
    assert "locks do not work here (Operation not supported)" in said[0]


def test_temporary_files_of_a_crash_are_removed_by_the_next_run_and_those_of_others_stay(run, tmp_path):
    (tmp_path / "out").mkdir()
    for name in (".digits.predict.abcdefgh.part", ".digits.provenance.json.12345678.part", ".notes.part", "other.part"):
        (tmp_path / "out" / name).write_text("half")
    run(sum_of_weights)
    assert names(tmp_path / "out") == [".notes.part", "digits.predict", "digits.provenance.json", "other.part"]


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_command_with_its_status_a_line_and_all_values_so_far(tmp_path, sent, status):
    line = [sys.executable, "-m", "pgdl_eval", "ingest", FOLDER, tmp_path / "out", "--measure", "sharpness", "--quiet"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        journal = tmp_path / "out" / "digits.journal.jsonl"
        while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(sent)
        said = process.stderr.read().decode()
    assert process.returncode == status
    word = {signal.SIGTERM: "terminated", signal.SIGINT: "interrupted"}[sent]
    assert said.strip() == f"{word}: what is done is kept, and the same command goes on from there"
    assert names(tmp_path / "out") == ["digits.predict", "digits.provenance.json"]
    assert len(read_values(tmp_path / "out" / "digits.predict")) >= 1
