"""Models computed by a cluster's workers: what comes of it is what comes of one process, whatever happens to them."""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from command_line import invoke
from stranger_modules import write_strangers

pytest.importorskip("distributed")

from dask_cluster import cluster, wait_until

import pgdl_eval.runner.cluster as connecting
from complexity.errors import InputError
from complexity.measures.registry import Measure
from pgdl_eval import rank
from pgdl_eval.__main__ import commands
from pgdl_eval.formats.predictions import read_values
from pgdl_eval.measures import find_measure
from pgdl_eval.runner.ingestion import ingest
from pgdl_eval.sample.run import FOLDER

MODELS, MANY = 6, 32
FUNCTIONS = """
PLACE = os.path.dirname(__file__)


def at_work(model, dataset):
    # Tells who is at work on what, and waits until it may go on.
    open(os.path.join(PLACE, f"{model.name}.{os.getpid()}"), "w").close()
    while not os.path.exists(os.path.join(PLACE, "go")):
        time.sleep(0.02)
    return sum(float(abs(array).sum()) for array in model.weights) + float(dataset.inputs.sum())


def ends_workers(model, dataset):
    if model.name == "model_1":
        open(os.path.join(PLACE, f"ended.{os.getpid()}"), "w").close()
        os._exit(1)
    return 1.0


def process(model, dataset):
    return float(os.getpid())


def fails(model, dataset):
    if model.name == "model_2":
        raise ZeroDivisionError("no such luck")
    warnings.warn("a doubt", InputWarning, stacklevel=1)
    return 1.0
"""
FACTORY = """
import torch

def network():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
"""
NO_PACKAGE = "sys.modules['pgdl_eval'] = None"
OTHER_NUMPY = (
    "import importlib.metadata as m; known = m.version; m.version = lambda n: '0.1' if n == 'numpy' else known(n)"
)
MOST_SECONDS = 240  # of a test: a cluster that waits for nothing must not hold all others up
BLIND = (  # to the path of the models
    "import pgdl_eval.formats.portable as p; known = p.file_checksum; "
    "p.file_checksum = lambda path: None if {place!r} in str(path) else known(path)"
)
NOTHING_SENT = "import pgdl_eval.runner.cluster_worker as w; w.Samples = None"
NO_DATA = (
    "from pathlib import Path as P; known = P.is_dir; "
    "P.is_dir = lambda path: {place!r} not in str(path) and known(path)"
)
LYING = "import pgdl_eval.runner.cluster_worker as w; w.answer = lambda question, data: {'angle': {'value': 'high'}}"


@pytest.fixture(autouse=True)
def an_end():
    """An error in place of a wait without end."""

    def end(number, frame):
        raise TimeoutError(f"not done after {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(MOST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def task(tmp_path):
    """A task of a few models, alone in its folder."""
    folder = tmp_path / "input" / "digits"
    shutil.copytree(FOLDER / "digits" / "dataset_1", folder / "dataset_1")
    copy_models(folder, range(MODELS))
    return folder


def copy_models(folder, numbers):
    for number in numbers:
        shutil.copytree(FOLDER / "digits" / f"model_{number}", folder / f"model_{number}")


@pytest.fixture
def functions(tmp_path, monkeypatch):
    """Measures of the module of strangers, as Python hands them over: workers compute these."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    module = importlib.import_module(write_strangers(tmp_path, monkeypatch, FUNCTIONS))

    def measure(name):
        return Measure(name, getattr(module, name), "larger gap", (0.0, 1.0), frozenset(), True, "test")

    return measure


def kept(folder):
    """Predictions as they are, and provenance without the seconds."""
    found = {}
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_text()
        found[file.name] = {**json.loads(content), "seconds": None} if file.suffix == ".json" else content
    return found


def command(*words):
    """A command in a process and a session of its own."""
    call = [sys.executable, "-m", "pgdl_eval", *map(str, words)]
    with at_default(signal.SIGINT):
        return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


@contextmanager
def at_default(number):
    """Processes that begin now do with a signal what they do on a terminal, also where these tests ignore it."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_one_worker_is_killed_and_one_hangs_and_nothing_is_lost(task, tmp_path, functions):
    """Of three workers; the one that hangs is given up when the scheduler has not heard of it for some seconds."""
    measures = [functions("at_work"), find_measure("angle")]
    with cluster(3, paths=[tmp_path], scheduler__worker_ttl="3s") as found:
        steps = []

        def step(name, model, number, models):
            steps.append((model, number))

        def disturb():
            begun = wait_until(lambda: len(files := list(tmp_path.glob("model_*.*"))) >= 3 and files)
            pids = {int(file.suffix[1:]) for file in begun}
            assert pids == {one.pid for one in found.workers}
            found.workers[0].kill()
            found.workers[1].send_signal(signal.SIGSTOP)
            (tmp_path / "go").touch()

        with in_thread(disturb):
            outcome = ingest(task.parent, tmp_path / "out", measures, cluster=found.address, step=step)
        assert not outcome.failures
        assert outcome.computed == 2 * MODELS
        survivor = found.workers[2].pid
    begun = sorted(file.name for file in tmp_path.glob("model_*.*"))
    assert len(begun) == MODELS + 2  # two were begun twice
    assert {model for model, _ in steps[:-1]} == {f"model_{number}" for number in range(MODELS)}
    assert [number for _, number in steps] == [*range(MODELS + 1)]
    assert sum(name.endswith(f".{survivor}") for name in begun) == MODELS
    serial = ingest(task.parent, tmp_path / "serial", measures)
    assert (serial.computed, serial.skipped) == (outcome.computed, 0)
    assert kept(tmp_path / "out") == kept(tmp_path / "serial")


def test_a_model_that_ends_three_workers_is_reported_and_left(task, tmp_path, functions):
    outcome = ingest(task.parent, tmp_path / "out", [functions("ends_workers")], cluster="local:2")
    ((name, measure, model, why),) = outcome.failures
    assert (name, measure, model) == ("digits", "ends_workers", "model_1")
    assert why.startswith(f"{task / 'model_1'}: 3 workers ended while they were at work on it")
    assert len(list(tmp_path.glob("ended.*"))) == 3
    assert len(read_values(tmp_path / "out" / "digits.predict")) == MODELS - 1


def test_files_are_sent_to_workers_that_do_not_see_them_and_messages_call_them_as_here(task, tmp_path, functions):
    (task / "model_3" / "config.json").write_text("{")
    measures, said = [functions("fails"), find_measure("angle"), find_measure("distance")], {"": [], "cluster": []}
    with cluster(1, paths=[tmp_path], before=BLIND.format(place=str(task))) as found:
        outcomes = [
            ingest(task.parent, tmp_path / f"out{kind}", measures, cluster=found.address if kind else "",
                   say=said[kind].append)
            for kind in said
        ]  # fmt: skip
    assert sorted(outcomes[0].failures) == sorted(outcomes[1].failures)
    assert {failure[2] for failure in outcomes[1].failures} == {"model_2", "model_3"}
    assert kept(tmp_path / "out") == kept(tmp_path / "outcluster")
    assert sorted(said[""]) == sorted(said["cluster"])
    assert any("a doubt" in text for text in said["cluster"])


def test_rank_gives_the_order_of_one_process(task, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with cluster(2) as found:
        tables = [
            rank(str(task.parent), measures=["angle", "distance"], halves=2, max_samples=100, cluster=address)
            for address in ("", found.address)
        ]
    serial, spread = (table.drop(columns="seconds") for table in tables)
    assert serial.equals(spread)
    assert tables[0].attrs == tables[1].attrs


def test_models_go_to_the_workers_that_have_a_gpu(task, tmp_path, functions):
    with cluster(1, paths=[tmp_path]) as found:
        found.add_worker("--resources", "GPU=1")
        found.wait(2)
        ingest(task.parent, tmp_path / "out", [functions("process")], cluster=found.address)
        pids = {float(found.workers[1].pid)}
    assert set(read_values(tmp_path / "out" / "digits.predict").values()) == pids


def test_a_scheduler_that_ends_leaves_a_folder_that_goes_on(task, tmp_path, functions):
    at_work = functions("at_work")
    with cluster(2, paths=[tmp_path]) as found:

        def end(name, model, number, models):
            if number == 1:
                found.scheduler.kill()

        (tmp_path / "go").touch()
        with pytest.raises(InputError, match=r"cluster: the scheduler has ended, or cannot be reached any more"):
            ingest(task.parent, tmp_path / "out", [at_work], cluster=found.address, step=end)
    assert read_values(tmp_path / "out" / "digits.predict")
    goes_on(task, tmp_path, at_work)


def test_an_interruption_leaves_a_folder_that_goes_on_and_no_process(task, tmp_path):
    """By Ctrl-C, which a terminal sends to all processes of the command, amid so many models that some are left."""
    copy_models(task, range(MODELS, MANY))
    running = command("ingest", task.parent, tmp_path / "out", "--measure", "angle", "--cluster", "local:2")
    wait_until(lambda: list((tmp_path / "out").glob("*.jsonl")) and lines(tmp_path / "out") > 1)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said
    wait_until(lambda: not lives(running.pid))
    goes_on(task, tmp_path, find_measure("angle"), MANY)


def lives(group):
    """Whether a group of processes has one."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def lines(folder):
    """How many lines the journal has."""
    return sum(len(file.read_text().splitlines()) for file in folder.glob("*.jsonl"))


def goes_on(task, tmp_path, measure, models=MODELS):
    """The folder that an ended run left is finished without a cluster, to what an undisturbed run leaves."""
    outcome = ingest(task.parent, tmp_path / "out", [measure])
    assert outcome.skipped > 0
    assert outcome.skipped + outcome.computed == models
    ingest(task.parent, tmp_path / "undisturbed", [measure])
    assert kept(tmp_path / "out") == kept(tmp_path / "undisturbed")


@pytest.mark.parametrize(
    ("before", "options", "problem"),
    [
        (NO_PACKAGE, (), "the package cannot be imported by tcp://"),
        (OTHER_NUMPY, (), "client and workers have other versions: tcp://"),
        (LYING, (), "a worker's result does not fit what was asked"),
        ("", ("--nthreads", "2"), "a worker must have one thread"),
    ],
)
def test_a_worker_that_cannot_be_used_is_one_error(task, tmp_path, before, options, problem):
    with cluster(1, before=before, options=options) as found:
        refused(task, tmp_path, found.address, problem)


def test_a_scheduler_without_workers_is_one_error(task, tmp_path, monkeypatch):
    monkeypatch.setattr(connecting, "WORKERS_SECONDS", 0.5)
    with cluster() as found:
        refused(task, tmp_path, found.address, "the scheduler has no worker after 0.5 s")


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("tcp://127.0.0.1:9", "no scheduler answers"),
        ("nonsense", "no scheduler answers"),
        ("local:0", "no number of workers"),
    ],
)
def test_no_scheduler_at_the_address_is_one_error(task, tmp_path, monkeypatch, address, problem):
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 1.0)
    refused(task, tmp_path, address, problem)


def refused(task, tmp_path, address, problem):
    """The command ends with one line; the folder goes on afterwards without the cluster."""
    words = ("ingest", task.parent, tmp_path / "out", "--measure", "angle", "--quiet")
    done = invoke(commands, *words, "--cluster", address, columns=1000)
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert problem in done.stderr
    assert invoke(commands, *words).exit_code == 0
    assert len(read_values(tmp_path / "out" / "digits.predict")) == MODELS


def test_a_factory_that_workers_do_not_see_is_an_error(tmp_path, functions):
    torch = pytest.importorskip("torch")
    factory = tmp_path / "factory.py"
    factory.write_text(FACTORY)
    torch.manual_seed(0)
    for number in range(2):
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
        torch.save(network.state_dict(), tmp_path / f"weights_{number}.pt")
    data = np.random.default_rng(0).random((40, 64), np.float32), np.arange(40) % 10
    files = [tmp_path / f"weights_{number}.pt" for number in range(2)]
    with cluster(1) as found:
        table = rank(files, data, measures=["angle"], factory=f"{factory}:network", cluster=found.address)
        assert len(table) == 2
        assert table["angle"].notna().all()
    with (
        cluster(1, before=BLIND.format(place=str(factory))) as found,
        pytest.raises(InputError, match=r"factory\.py: cluster: a worker does not see this file"),
    ):
        rank(files, data, measures=["angle"], factory=f"{factory}:network", cluster=found.address)


def test_workers_and_a_cluster_are_not_asked_for_at_once(task, tmp_path):
    words = ("ingest", task.parent, tmp_path / "out", "--measure", "angle", "--workers", 2, "--cluster", "local:2")
    done = invoke(commands, *words, columns=1000)
    assert done.exit_code == 1
    assert "workers and a cluster" in done.stderr


@contextmanager
def in_thread(function):
    """Call a function beside the context, and let what it raises be raised at its end."""
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(function)
        yield
        called.result()


def test_samples_larger_than_a_workers_memory_are_read_from_their_path(task, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(importlib.import_module("pgdl_eval.runner.cluster_pool"), "SHARE", 1e-6)
    measure = find_measure("angle")
    with cluster(1, before=NOTHING_SENT) as found:
        outcome = ingest(task.parent, tmp_path / "out", [measure], cluster=found.address)
    assert outcome.computed == MODELS
    ingest(task.parent, tmp_path / "serial", [measure])
    assert kept(tmp_path / "out") == kept(tmp_path / "serial")
    with (
        cluster(1, before=NO_DATA.format(place=str(task / "dataset_1"))) as found,
        pytest.raises(InputError, match=r"train: cluster: a worker does not see these samples"),
    ):
        ingest(task.parent, tmp_path / "unseen", [measure], cluster=found.address)
