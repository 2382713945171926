"""Differences between two measures: zero with itself, the difference of the single values, and honest intervals."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from pgdl_eval.formats.reference import Reference
from pgdl_eval.metrics.difference import score_difference, spearman_difference
from pgdl_eval.metrics.evaluation import evaluate, task_statistics


def task(rng):
    """Gaps of a complete grid of five hyper-parameters, one of which matters."""
    grid = np.array(np.meshgrid(*[[0, 1]] * 5)).reshape(5, -1)
    test_accuracy = 0.5 - 0.05 * (rng.standard_normal(32) + grid[0])
    names = {f"h{axis}": tuple(map(str, values)) for axis, values in enumerate(grid)}
    models = tuple(f"model_{number}" for number in range(32))
    possible = dict.fromkeys(names, ("0", "1"))
    reference = Reference(Path("configs.json"), models, names, possible, np.ones(32), test_accuracy)
    return reference.gap, task_statistics(reference)


def test_a_measure_is_as_good_as_itself_and_the_difference_is_that_of_the_single_values():
    rng = np.random.default_rng(0)
    gap, statistics = task(rng)
    first, second = gap + rng.standard_normal(32), rng.standard_normal(32)
    for same in (score_difference(first, first, statistics), spearman_difference(first, first, gap)):
        assert (same.value, same.interval.low, same.interval.high) == (0, 0, 0)
    scores = [evaluate("task", "measure", values, statistics).score for values in (first, second)]
    assert score_difference(first, second, statistics).value == pytest.approx(scores[0] - scores[1], abs=1e-12)
    found = spearman_difference(first, second, gap)
    assert found.value == pytest.approx(spearmanr(first, gap)[0] - spearmanr(second, gap)[0], abs=1e-12)
    assert found.interval.low < found.value < found.interval.high


def test_of_equally_good_measures_the_interval_holds_zero_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        gap, noise = rng.standard_normal(32), rng.standard_normal((2, 32))
        interval = spearman_difference(gap + noise[0], gap + noise[1], gap).interval
        held += interval.low <= 0 <= interval.high
    assert 180 <= held <= 199
