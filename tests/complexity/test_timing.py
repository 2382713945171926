"""Seconds by phase: each moment counts once, for the innermost phase, and only where somebody asks."""

import threading
import time

import numpy as np
import pytest

from complexity import p_vectors
from complexity.timing import BUILDING, DECOMPOSITION, FORWARD, OTHER, PHASES, phase, timed


def test_each_moment_counts_for_the_innermost_phase():
    began = time.perf_counter()
    with timed() as clock:
        time.sleep(0.02)
        with phase(FORWARD):
            time.sleep(0.03)
            with phase(BUILDING):
                time.sleep(0.05)
            time.sleep(0.03)
    passed = time.perf_counter() - began
    assert tuple(clock.seconds) == PHASES
    assert clock.seconds[OTHER] >= 0.02
    assert clock.seconds[FORWARD] >= 0.06
    assert clock.seconds[BUILDING] >= 0.05
    assert sum(clock.seconds.values()) == pytest.approx(passed, abs=0.01)


def test_a_phase_ends_with_an_error_and_the_clock_with_its_context():
    with timed() as clock, pytest.raises(ValueError, match="wrong"), phase(FORWARD):
        raise ValueError("wrong")
    kept = dict(clock.seconds)
    with phase(FORWARD):
        time.sleep(0.01)
    assert clock.seconds == kept


def test_no_clock_runs_where_none_is_wanted_and_other_threads_are_not_seen():
    with timed(False) as nothing, phase(FORWARD):
        pass
    assert nothing is None

    def work():
        with phase(FORWARD):
            time.sleep(0.02)

    with timed() as clock:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert clock.seconds[FORWARD] == 0


def test_p_vectors_are_a_decomposition_and_the_same_with_a_clock():
    matrix = np.random.default_rng(0).random((300, 20))
    with timed() as clock:
        found = p_vectors(matrix, k=2)
    assert clock.seconds[DECOMPOSITION] > 0.5 * sum(clock.seconds.values())
    np.testing.assert_array_equal(found.vectors, p_vectors(matrix, k=2).vectors)
