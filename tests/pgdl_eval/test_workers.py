"""Models computed in several processes: what comes of it is what comes of one."""

import importlib
import json
import multiprocessing
import os

import pytest
from command_line import invoke
from stranger_modules import write_strangers

from complexity.errors import InputError
from complexity.measures.registry import Measure
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.measures import address, find_measure
from pgdl_eval.runner.ingestion import ingest

STRANGERS = """
def number(model, dataset, *, scale=1.0):
    if model.name == "model_1":
        raise ZeroDivisionError("no such luck")
    if model.name == "model_2":
        warnings.warn("a doubt", InputWarning, stacklevel=1)
    return scale * sum(float(abs(array).sum()) for array in model.weights) + float(dataset.inputs.sum())


def process(model, dataset):
    time.sleep(0.1)
    return float(os.getpid())


def slow(model, dataset):
    time.sleep(0.2)
    return 1.0


def last_is_slow(model, dataset):
    time.sleep(60 if model.name == "model_3" else 0)
    return 1.0


def ends_its_process(model, dataset):
    if model.name == "model_1":
        time.sleep(0.5)
        os._exit(1)
    return 1.0
"""


@pytest.fixture
def strangers(tmp_path, monkeypatch):
    """The name of the module of strangers, new for each test."""
    return write_strangers(tmp_path, monkeypatch, STRANGERS)


def files(folder):
    """Predictions as they are, and provenance without the seconds."""
    found = {}
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_text()
        found[file.relative_to(folder).as_posix()] = content
        if file.suffix == ".json":
            found[file.relative_to(folder).as_posix()] = {**json.loads(content), "seconds": None}
    return found


def test_values_files_and_failures_are_those_of_one_process(stored_task, tmp_path, strangers, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (stored_task / "model_3" / "config.json").write_text("{")
    names = ["distance+angle", "angle[layer=logits]", f"{strangers}:number", f"{strangers}:number[scale=2]"]
    measures = [find_measure(name) for name in names]
    said, steps = {1: [], 2: []}, {1: [], 2: []}
    outcomes = [
        ingest(
            stored_task.parent, tmp_path / f"out{workers}", measures, workers=workers,
            say=said[workers].append, step=lambda *now, workers=workers: steps[workers].append(now),
        )
        for workers in (1, 2)
    ]  # fmt: skip
    assert outcomes[0] == outcomes[1]
    assert outcomes[0].computed > 0
    assert {failure[2] for failure in outcomes[0].failures} == {"model_1", "model_3"}
    assert files(tmp_path / "out1") == files(tmp_path / "out2")
    assert steps[1] == steps[2]
    assert said[1] == said[2]
    assert any("a doubt" in text for text in said[2])
    again = ingest(stored_task.parent, tmp_path / "out2", measures, workers=2)
    assert (again.computed, again.skipped) == (0, outcomes[0].computed)


def test_other_processes_compute_and_end(stored_task, tmp_path, strangers):
    name = f"{strangers}:process"
    options = ("--workers", "2", "--isolation", "limits")  # else all have the same number, each in a world of its own
    done = invoke(commands, "ingest", stored_task.parent, tmp_path / "out", "--measure", name, *options)
    assert done.exit_code == 0
    assert "4 computed" in done.stderr
    found = set(read_values(tmp_path / "out" / "digits.predict").values())
    assert len(found) == 2
    assert float(os.getpid()) not in found
    assert multiprocessing.active_children() == []
    assert all(not _lives(int(one)) for one in found)


def test_the_time_limit_leaves_the_values_that_one_process_leaves(stored_task, tmp_path, strangers):
    slow = find_measure(f"{strangers}:slow")
    outcome = ingest(stored_task.parent, tmp_path / "out", [slow], seconds_per_model=0.075, workers=3)
    values = read_values(tmp_path / "out" / "digits.predict")
    assert values == {"model_0": 1.0, "model_1": 1.0, "model_2": "EXCEEDED", "model_3": "EXCEEDED"}
    assert (outcome.computed, outcome.exceeded) == (2, 2)


def test_an_interruption_ends_the_workers_and_keeps_what_they_have_done(stored_task, tmp_path, strangers):
    def interrupt(task, model, number, models):
        if model == "model_3":
            raise KeyboardInterrupt

    measure = find_measure(f"{strangers}:last_is_slow")
    with pytest.raises(KeyboardInterrupt):
        ingest(stored_task.parent, tmp_path / "out", [measure], workers=2, step=interrupt)
    assert sorted(read_values(tmp_path / "out" / "digits.predict")) == ["model_0", "model_1", "model_2"]
    assert multiprocessing.active_children() == []


def test_a_worker_that_ends_is_an_error_and_what_was_done_is_kept(stored_task, tmp_path, strangers):
    function = importlib.import_module(strangers).ends_its_process
    measure = Measure("ends", function, "larger gap", (0.0, 1.0), frozenset(), True, "test")  # handed over in Python
    with pytest.raises(InputError, match="a worker process ended unexpectedly"):
        ingest(stored_task.parent, tmp_path / "out", [measure], workers=2)
    assert read_values(tmp_path / "out" / "digits.predict")["model_0"] == 1.0


def test_a_measure_that_no_other_process_finds_is_an_error_before_anything_is_computed(stored_task, tmp_path):
    def inner(model, dataset):
        return 1.0

    unknown = Measure("inner", inner, "larger gap", (0.0, 1.0), frozenset(), True, "test")
    with pytest.raises(InputError, match=r"inner: no other process finds this measure"):
        ingest(stored_task.parent, tmp_path / "out", [unknown], workers=2)
    assert not (tmp_path / "out").exists()


def test_addresses_lead_to_the_same_function(strangers):
    module = importlib.import_module(strangers)
    plain = find_measure("angle")
    assert address(plain) == "complexity.measures.model_data_angle:angle_to_data"
    assert find_measure(address(plain)) is plain
    fixed = find_measure("angle[layer=logits]")
    assert address(fixed).endswith(":angle_to_data[layer=logits]")
    assert find_measure(address(fixed)).fixed == {"layer": "logits"}
    assert find_measure(address(find_measure(f"{strangers}:slow"))).function is module.slow


def _lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
