"""Submissions of strangers: computed as the kit computes them, and whatever they do, the others run."""

import importlib.util
import json
import os
import shutil
import socket
import zipfile
from pathlib import Path

import pytest
from command_line import invoke
from misbehaving import BEHAVIOURS, HANGS, LAST, MEMORY, OF_THE_PROCESS, SECONDS, no_keras_needed, submission, task_for

from complexity.errors import InputError
from complexity.measures.combination import stand_in_value
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.formats.submission_files import copy_submission
from pgdl_eval.measures import find_measure
from pgdl_eval.package import package
from pgdl_eval.runner import isolation
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.runner.isolation import BUBBLEWRAP, LIMITS, Isolation, Limits
from pgdl_eval.submission import opened_submissions

WORKS = Isolation(Limits()).kind == BUBBLEWRAP
KINDS = [LIMITS, pytest.param(BUBBLEWRAP, marks=pytest.mark.skipif(not WORKS, reason="bubblewrap does not work here"))]


@pytest.fixture
def plain():
    """Models and samples come as they are stored."""
    with no_keras_needed():
        yield


@pytest.fixture
def task(tmp_path):
    """A folder with a task of two models."""
    task_for(tmp_path / "input", 2)
    return tmp_path / "input"


def written(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "complexity.py").write_text(text)
    return folder


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            archive.write(file, file.relative_to(folder).as_posix())
    return path


def provenance(folder):
    return json.loads((folder / "digits.provenance.json").read_text())


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hangs", [False, True], ids=["ends", "hangs"])
def test_whatever_a_submission_does_is_said_of_that_model_and_the_others_run(tmp_path, kind, hangs, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # each has a stack, which counts as memory
    wanted = [one for one in BEHAVIOURS if kind == LIMITS or one[0] in OF_THE_PROCESS]
    behaviours = [one for one in wanted if (one[0] in HANGS) == hangs or one[0] == LAST]
    limits = Limits(SECONDS if hangs else 60.0, MEMORY, kind)
    task_for(tmp_path / "input", len(behaviours))
    path = written(tmp_path / "everything", submission(behaviours))
    with opened_submissions([path]) as opened:
        outcome = ingest(tmp_path / "input", tmp_path / "out", opened, limits=limits)
    failures = {model: why for _, _, model, why in outcome.failures}
    for number, (name, _, words) in enumerate(behaviours):
        assert words in failures.pop(f"model_{number:02d}", ""), name
    assert failures == {}
    values = read_values(tmp_path / "out" / "digits.predict")
    assert list(values.values()) == ([1.5, 2.5, 3.0, 4.5] if kind == LIMITS and not hangs else [4.5])
    assert {one["isolation"] for one in provenance(tmp_path / "out")["details"].values()} == {kind}
    if kind == LIMITS and not hangs:
        said = (tmp_path / "out" / "digits.log").read_text()
        assert "ZeroDivisionError" in said
        assert said.replace("\n", "").replace("\t", "").isprintable()


@pytest.fixture
def port():
    """A port of this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


NOSY = """
import os, socket, sys, tempfile

def complexity(model, dataset, program_dir):
    {probe}
    return 1.0
"""


@pytest.mark.usefixtures("plain")
@pytest.mark.skipif(not WORKS, reason="bubblewrap does not work here")
def test_under_bubblewrap_a_submission_sees_and_changes_nothing_but_what_it_was_given(
    task, tmp_path, port, monkeypatch
):
    monkeypatch.setenv("TOKEN", "secret")
    secret, elsewhere = tmp_path / "secret", Path(__file__).parent / "written_by_a_submission"
    secret.write_text("")
    for name in ("model_configs.json", "dataset_1/test"):
        (task / "digits" / name).parent.mkdir(exist_ok=True)
        (task / "digits" / name).write_text("{}")
    hidden = [str(secret), *(str(task / "digits" / name) for name in ("model_configs.json", "dataset_1/test"))]
    probe = f"""
    assert os.listdir(program_dir) == ["complexity.py"] and sys.path[0] == program_dir
    assert [path for path in {hidden} if os.path.exists(path)] == []
    assert "TOKEN" not in os.environ and os.getuid() == {os.getuid()}
    for path in ({str(elsewhere)!r}, "/x", "/home/x", "/dev/x", program_dir + "/x", {str(task / "digits" / "x")!r}):
        try:
            open(path, "w")
        except OSError:
            continue
        raise AssertionError(path)
    tempfile.TemporaryFile().write(bytes(10))
    open("in_scratch", "w").write("x")
    try:
        socket.create_connection(("127.0.0.1", {port}), timeout=1)
    except OSError:
        return 2.0
"""
    path = written(tmp_path / "nosy", NOSY.format(probe=probe))
    done = invoke(commands, "ingest", task, tmp_path / "out", "--submission", path, "--isolation", "bubblewrap")
    assert (done.exit_code, read_values(tmp_path / "out" / "digits.predict")) == (
        0, {"model_00": 2.0, "model_01": 2.0},
    ), done.stderr  # fmt: skip
    assert "under bubblewrap (no network, no writes outside a scratch folder)" in done.stderr
    assert not elsewhere.exists()


@pytest.mark.usefixtures("plain")
def test_without_bubblewrap_it_works_too_and_says_so_unless_it_was_asked_for(task, tmp_path, monkeypatch):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: None)
    path = written(tmp_path / "one", "import os\ndef complexity(model, dataset):\n    return len(os.listdir('.'))\n")
    done = invoke(commands, "ingest", task, tmp_path / "out", "--submission", path, "--memory-limit", 1)
    assert done.exit_code == 0
    assert (
        "under limits alone (bubblewrap is not installed; network and writes are not held back), each with 1 GB of "
        "memory and 900 s a model" in done.stderr
    )
    assert read_values(tmp_path / "out" / "digits.predict") == {"model_00": 0.0, "model_01": 0.0}
    done = invoke(commands, "ingest", task, tmp_path / "2", "--submission", path, "--isolation", "bubblewrap")
    assert done.exit_code == 1
    assert "error: isolation: bubblewrap is not installed (expected bubblewrap)\n" in done.stderr


@pytest.mark.usefixtures("plain")
def test_a_changed_submission_is_computed_anew_and_another_form_of_the_same_files_is_not(task, tmp_path):
    path = written(tmp_path / "one", "def complexity(model, dataset):\n    return 1\n")

    def run(given):
        done = invoke(commands, "ingest", task, tmp_path / "out", "--submission", given)
        return done.stderr.splitlines()[-1].partition(",")[0], done.stderr

    assert run(path)[0] == "2 computed"
    assert provenance(tmp_path / "out")["settings"]["submission"].startswith("1 files, sha256 ")
    assert run(path)[0] == "0 computed"
    assert run(zipped(path, tmp_path / "one.zip"))[0] == "0 computed"
    written(path, "def complexity(model, dataset):\n    return 2\n")
    count, said = run(path)
    assert count == "2 computed"
    assert "settings or data have changed since; one is computed anew" in said
    assert set(read_values(tmp_path / "out" / "digits.predict").values()) == {2.0}


@pytest.mark.usefixtures("plain")
def test_submissions_stand_beside_measures_each_with_modules_of_its_own(task, tmp_path):
    one = written(tmp_path / "one", "import training\ncomplexity = lambda model, dataset: training.VALUE\n")
    (one / "training.py").write_text("VALUE = 1\ncalls = []\n")
    two = tmp_path / "two"
    (two / "complexity").mkdir(parents=True)
    (two / "complexity" / "__init__.py").write_text("from .inside import complexity\n")
    (two / "complexity" / "inside.py").write_text(
        "seen = []\ndef complexity(model, dataset, program_dir):\n    seen.append(dataset)\n"
        "    assert all(one is dataset for one in seen)\n    return len(dataset)\n"
    )
    arguments = ("--submission", one, "--submission", zipped(two, tmp_path / "two.zip"), "--measure", "vc_dimension")
    done = invoke(commands, "ingest", task, tmp_path / "out", *arguments, "--workers", 2)
    assert done.exit_code == 0, done.stderr
    found = {path.parent.name: set(read_values(path).values()) for path in (tmp_path / "out").rglob("*.predict")}
    assert (found["one"], found["two"], len(found)) == ({1.0}, {20.0}, 3)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def other(): pass", "no function in the submission (expected complexity, found NoneType)"),
        ("complexity = 3", "no function in the submission (expected complexity, found int)"),
        ("def complexity(", "SyntaxError: '(' was never closed"),
        ("import os; os._exit(0)", "ended with status 0 before it gave a value"),
    ],
)
def test_a_submission_that_cannot_be_imported_is_a_failure_of_every_model(task, tmp_path, text, words):
    with opened_submissions([written(tmp_path / "bad", text)]) as opened:
        outcome = ingest(task, tmp_path / "out", opened)
    assert [model for _, _, model, _ in outcome.failures] == ["model_00", "model_01"]
    assert all(words in why for *_, why in outcome.failures)


IN_THE_KIT = """
import tensorflow as tf

def complexity(model, dataset, program_dir):
    x, y = next(iter(dataset.batch(5)))
    with tf.GradientTape() as tape:
        outputs = tf.reduce_sum(model(x, tape=tape))
    assert tape.gradient(outputs, x).shape == x.shape and y.shape == (5,) and isinstance(dataset, tf.data.Dataset)
    assert model.layers[-1]._last_seen_input.shape[0] == 5
    assert len(model.initial_weights) == len(model.get_weights())
    return tf.constant(2.0)
"""


def test_a_packaged_measure_gives_what_ingest_gives_and_model_and_data_are_those_of_the_kit(task, tmp_path):
    for package_name in ("keras", "tensorflow"):
        if importlib.util.find_spec(package_name) is None:
            pytest.skip(f"{package_name} is not installed")
    package("distance+angle", tmp_path / "packed.zip")
    options = ("--measure", "distance+angle", "--submission", tmp_path / "packed.zip")
    options = (*options, "--submission", written(tmp_path / "kit", IN_THE_KIT))
    done = invoke(commands, "ingest", task, tmp_path / "out", *options)
    assert done.exit_code == 0, done.stderr
    names = ("angle", "distance", "packed", "kit")
    found = {name: read_values(tmp_path / "out" / name / "digits.predict") for name in names}
    assert set(found["kit"].values()) == {2.0}
    combination = find_measure("distance+angle")
    for model, value in found["packed"].items():
        column = [found[part.name][model] for part in combination.components]
        stand_in = stand_in_value(combination.components, column, combination.settings["weights"])
        assert value == pytest.approx(stand_in, rel=1e-6)


def test_names_and_arguments_that_cannot_be_are_said(task, tmp_path):
    one = written(tmp_path / "angle", "")
    done = invoke(commands, "ingest", task, tmp_path / "out", "--measure", "angle", "--submission", one)
    assert "error: angle: a submission has the name of a measure (expected another name)\n" in done.stderr
    (tmp_path / "other").mkdir()
    with (
        pytest.raises(InputError, match="two submissions of one name"),
        opened_submissions([one, Path(shutil.copytree(one, tmp_path / "other" / "angle"))]),
    ):
        pass
    assert "give a --measure or a --submission" in invoke(commands, "ingest", task, tmp_path / "out").stderr


def test_a_folder_is_copied_without_what_python_left_there_and_links_are_refused(tmp_path):
    one = written(tmp_path / "one", "x = 1")
    (one / "__pycache__").mkdir()
    (one / "__pycache__" / "complexity.pyc").write_bytes(b"1")
    (tmp_path / "copy").mkdir()
    assert copy_submission(one, tmp_path / "copy").startswith("1 files, sha256 ")
    assert os.listdir(tmp_path / "copy") == ["complexity.py"]
    (one / "link").symlink_to("/etc/passwd")
    (tmp_path / "again").mkdir()
    with pytest.raises(InputError, match="link: a link in a submission"):
        copy_submission(one, tmp_path / "again")
