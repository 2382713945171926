"""The line that shows how far a long call is."""

import io
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from complexity import complexity, progress
from complexity.errors import InputError, InputWarning, warn
from complexity.measures.registry import Measure
from complexity.models import TrainedModel, features
from complexity.progress import counted, shown


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def stream(request, monkeypatch):
    found = Stream(request.param)
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=found))  # pytest sets the real one itself
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    return found


class Network(TrainedModel):
    def features(self, inputs):
        return np.maximum(inputs - 0.5, 0)


DATA = np.random.default_rng(0).random((100, 4), np.float32), np.arange(100) % 2


def lines(stream):
    return [line.strip() for line in stream.getvalue().split("\r") if line.strip()]


def test_a_call_says_how_many_of_its_steps_are_done_and_leaves_nothing_behind(stream, monkeypatch):
    monkeypatch.setattr(features, "batch_size", lambda inputs: 32)
    value = complexity(Network(), DATA, progress=True)
    assert lines(stream) == [f"angle: {done} of 4 batches" for done in range(5)]
    last = stream.getvalue().split("\r")
    assert (last[-1], last[-2].strip(), len(last[-2])) == ("", "", len("angle: 4 of 4 batches"))
    assert value == complexity(Network(), DATA)


def test_a_stream_of_blocks_that_another_thread_reads_is_counted_too(stream, monkeypatch):
    monkeypatch.setattr(features, "batch_size", lambda inputs: 32)
    monkeypatch.setattr(features, "MAX_BYTES", 0)
    complexity(Network(), DATA, progress=True)
    assert "angle: 4 of 4 batches" in lines(stream)


def test_without_being_asked_it_is_shown_on_a_terminal_after_a_while(stream, monkeypatch):
    complexity(Network(), DATA)
    assert stream.getvalue() == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    complexity(Network(), DATA)
    assert bool(stream.getvalue()) == stream.terminal
    before = stream.getvalue()
    complexity(Network(), DATA, progress=False)
    assert stream.getvalue() == before


def test_loops_within_loops_and_measures_within_measures_share_one_line(stream):
    def inner(model, dataset):
        return float(sum(counted([1, 2], "batches", 2)))

    def outer(model, dataset):
        one = Measure("inner", inner, "larger gap", (0.0, 1.0), frozenset(), True, "test")
        return sum(one(model, dataset) for _ in counted(range(2), "rounds"))

    both = Measure("outer", outer, "larger gap", (0.0, 1.0), frozenset(), True, "test")
    assert both(None, None, progress=True) == 6
    found = lines(stream)
    assert found[:3] == ["outer: 0 rounds", "outer: 0 rounds, 0 of 2 batches", "outer: 0 rounds, 1 of 2 batches"]
    assert (found[4], found[-1]) == ("outer: 1 rounds", "outer: 2 rounds")


def test_a_warning_after_a_loop_and_an_error_in_one_stand_on_a_line_of_their_own(stream):
    def warning():
        list(counted(range(3), "batches", 3))
        warn("doubtful")

    with shown(True, "test"), warnings.catch_warnings(record=True):
        warnings.simplefilter("always", InputWarning)
        warning()
        assert stream.getvalue().endswith("\r")
        with pytest.raises(ZeroDivisionError):
            list(counted((one / 0 for one in range(3)), "batches", 3))
    assert stream.getvalue().endswith("\r")


def test_no_stream_and_a_closed_one_cost_no_value(monkeypatch):
    value = complexity(Network(), DATA)
    closed = io.StringIO()
    closed.close()
    for found in (None, closed):
        monkeypatch.setattr("sys.stderr", found)
        assert complexity(Network(), DATA, progress=True) == complexity(Network(), DATA) == value


def test_what_is_neither_true_nor_false_nor_none_is_an_error():
    with pytest.raises(InputError) as caught:
        complexity(Network(), DATA, progress="yes")
    assert str(caught.value) == "progress: bad setting (expected True, False or None, found 'yes')"
