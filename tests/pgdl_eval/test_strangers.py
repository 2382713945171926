"""Measures of strangers: whatever they do, the others get what they were promised."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from stranger_modules import write_strangers

from complexity.measures.registry import Measure
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.measures import find_measure
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.runner.strangers import Strangers, is_apart

STRANGERS = """
def mutates(model, dataset):
    for array in model.weights:
        array[:] = 0
    dataset.inputs[:] = 0
    return 1.0


def mutates_beginning(model, dataset):
    model.initial_weights[0][:] = 0
    return 1.0


def weights(model, dataset):
    return float(sum(abs(w).sum() for w in model.weights + model.initial_weights))


def data(model, dataset):
    return float(abs(dataset.inputs).sum())


def asks_for_the_end(model, dataset):
    sys.exit(0)


def ends(model, dataset):
    if model.name == "model_1":
        os._exit(0)
    return 1.0


def is_killed(model, dataset):
    os.kill(os.getpid(), 9)


def interrupts(model, dataset):
    raise KeyboardInterrupt


def moves(model, dataset):
    os.chdir("/")
    return 1.0


def where(model, dataset):
    return float(os.getcwd() == "/")


def replaces_what_it_finds(model, dataset):
    import json
    import numpy
    numpy.isfinite = lambda value: True
    json.dumps = lambda *a, **k: "{}"
    os.write = lambda *a: 0
    return float("nan")


def answers_for_the_process(model, dataset):
    os.write(int(sys.argv[2]), b'{"value": "a word"}\\n')
    time.sleep(60)


def leaves_a_child(model, dataset):
    if os.fork() == 0:
        time.sleep(5)
    os._exit(3)


def hangs(model, dataset):
    time.sleep(600)


def prints(model, dataset):
    print("what a stranger says\\x1b[2J")
    return 1.0
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    return write_strangers(tmp_path, monkeypatch, STRANGERS)


@pytest.fixture
def run(stored_task, tmp_path, module):
    def run(*names, out="out", **options):
        measures = [find_measure(f"{module}:{name}") for name in names]
        return ingest(stored_task.parent, tmp_path / out, measures, **options)

    return run


def kept(folder, module, name):
    folder = folder if (folder / "digits.predict").exists() else folder / f"{module}.{name}"
    provenance = json.loads((folder / "digits.provenance.json").read_text())
    return json.loads((folder / "digits.predict").read_text()), provenance


@pytest.mark.parametrize("workers", [1, 2])
def test_a_measure_that_changes_model_and_samples_is_named_and_the_next_gets_what_is_stored(
    run, tmp_path, module, workers
):
    run("weights", "data", out="alone")
    run("mutates", "weights", "mutates_beginning", "data", workers=workers)
    for name in ("weights", "data"):
        assert kept(tmp_path / "out", module, name)[0] == kept(tmp_path / "alone", module, name)[0]
        assert kept(tmp_path / "out", module, name)[1]["warnings"] == {}
    said = kept(tmp_path / "out", module, "mutates")[1]["warnings"]
    assert [text.split(";")[0] for text in said["model_0"]] == [
        "the measure changed the model",
        "the measure changed the samples",
    ]
    assert len(kept(tmp_path / "out", module, "mutates_beginning")[1]["warnings"]["model_3"]) == 1


def test_functions_that_are_handed_over_run_here_and_are_watched_as_well(stored_task, tmp_path):
    def declared(function):
        return Measure(function.__name__, function, "larger gap", (-np.inf, np.inf), frozenset(), True, "test")

    def mutates(model, dataset):
        model.weights[0][:] = 0
        dataset.inputs[:] = 0
        os.chdir("/")
        return 1.0

    def total(model, dataset):
        return float(sum(np.abs(w).sum() for w in model.weights)) + float(np.abs(dataset.inputs).sum())

    here = Path.cwd()
    assert not is_apart(declared(total))
    ingest(stored_task.parent, tmp_path / "alone", [declared(total)])
    ingest(stored_task.parent, tmp_path / "out", [declared(mutates), declared(total)])
    assert Path.cwd() == here
    assert read_values(tmp_path / "out/total/digits.predict") == read_values(tmp_path / "alone/digits.predict")
    said = json.loads((tmp_path / "out/mutates/digits.provenance.json").read_text())["warnings"]
    assert [len(texts) for texts in said.values()] == [3, 3, 3, 3]


def test_a_wish_to_end_the_process_is_a_failure_here_as_well(stored_task, tmp_path):
    def leaves(model, dataset):
        raise SystemExit(0)

    measure = Measure("leaves", leaves, "larger gap", (0.0, 1.0), frozenset(), True, "test")
    assert len(ingest(stored_task.parent, tmp_path / "out", [measure]).failures) == 4


@pytest.mark.parametrize("workers", [1, 2])
def test_the_end_of_a_strangers_process_is_a_failure_of_that_model_and_the_others_run(run, tmp_path, module, workers):
    outcome = run("ends", "data", workers=workers)
    assert [failure[1:3] for failure in outcome.failures] == [(f"{module}:ends", "model_1")]
    assert "the process of the measure ended with status 0 before it gave a value" in outcome.failures[0][3]
    assert kept(tmp_path / "out", module, "ends")[0] == {f"model_{i}": 1.0 for i in (0, 2, 3)}
    assert len(kept(tmp_path / "out", module, "data")[0]) == 4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("asks_for_the_end", "asked for the end of the process"),
        ("is_killed", "ended by the signal SIGKILL, perhaps for lack of memory"),
        ("interrupts", "KeyboardInterrupt"),
        ("replaces_what_it_finds", "no finite number"),
        ("answers_for_the_process", "answered no result"),
        ("leaves_a_child", "ended with status 3"),
    ],
)
def test_what_a_stranger_does_is_its_failure_and_the_next_measure_has_its_values(run, tmp_path, module, name, words):
    outcome = run(name, "data")
    assert {failure[1] for failure in outcome.failures} == {f"{module}:{name}"}
    assert len(outcome.failures) == 4
    assert words in outcome.failures[0][3]
    assert len(kept(tmp_path / "out", module, "data")[0]) == 4


def test_a_changed_directory_is_changed_back_and_said(run, tmp_path, module, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("moves", "where", out="relative")
    assert set(kept(tmp_path / "relative", module, "where")[0].values()) == {0.0}
    said = kept(tmp_path / "relative", module, "moves")[1]["warnings"]["model_0"]
    assert said == ["the measure changed the working directory, which has been changed back"]


def test_processes_end_with_the_run(run, monkeypatch):
    started = []
    original = Strangers.__exit__

    def noting(self, *error):
        started.extend(process for stranger in self.all for process in stranger.processes.values())
        original(self, *error)

    monkeypatch.setattr(Strangers, "__exit__", noting)
    run("data")
    assert len(started) == 1
    assert not started[0].lives


def test_an_interruption_keeps_what_others_have_done_beside_a_stranger_that_hangs(run, tmp_path, stored_task, module):
    measures = [find_measure("vc_dimension"), find_measure(f"{module}:hangs")]
    journal = tmp_path / "out" / "vc_dimension" / "digits.journal.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pgdl_eval.runner.workers._Begun.result", interrupted_once_done)
        with pytest.raises(KeyboardInterrupt):
            ingest(stored_task.parent, tmp_path / "out", measures, workers=2)
    assert not journal.exists()
    assert "model_0" in kept(tmp_path / "out" / "vc_dimension", module, "")[0]


def interrupted_once_done(begun):
    """Wait for the part that is no stranger's, as a user may before Ctrl-C."""
    begun.parts[0].result()
    raise KeyboardInterrupt


def test_what_a_stranger_prints_lies_beside_its_predictions_as_a_terminal_may_show_it(run, tmp_path, capfd):
    run("prints")
    assert "what a stranger says" not in capfd.readouterr().out
    said = (tmp_path / "out" / "digits.log").read_text()
    assert said == "".join(f"== model_{number}\nwhat a stranger says\\x1b[2J\n" for number in range(4))


def test_measures_of_this_project_run_in_this_process(module):
    assert not is_apart(find_measure("angle"))
    assert is_apart(find_measure(f"{module}:data"))
