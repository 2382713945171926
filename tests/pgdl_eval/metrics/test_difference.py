"""Differences between two measures: zero with itself, the difference of the single values, and honest intervals."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from pgdl_eval.metrics.correlation import spearman, spearman_of_halves
from pgdl_eval.metrics.difference import compare, differences
from pgdl_eval.metrics.evaluation import evaluate, task_statistics
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.orders import order_of
from pgdl_eval.metrics.score_interval import scores_of_halves


def task(rng):
    """Gaps of a complete grid of five hyper-parameters, one of which matters."""
    grid = np.array(np.meshgrid(*[[0, 1]] * 5)).reshape(5, -1)
    test_accuracy = 0.5 - 0.05 * (rng.standard_normal(32) + grid[0])
    names = {f"h{axis}": tuple(map(str, values)) for axis, values in enumerate(grid)}
    models = tuple(f"model_{number}" for number in range(32))
    gap = 1 - test_accuracy
    return gap, task_statistics(models, gap, names)


def score_difference(first, second, statistics):
    scores = [float(conditional_mutual_information(one, statistics.models)) for one in (first, second)]
    of_halves = [scores_of_halves(one, statistics.halves) for one in (first, second)]
    return differences(scores, of_halves, len(first))[0]


def spearman_difference(first, second, gap):
    values = [spearman(one, gap).value for one in (first, second)]
    of_halves = [spearman_of_halves(order_of(one), order_of(gap)) for one in (first, second)]
    return differences(values, of_halves, len(first))[0]


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


def test_every_pair_of_measures_is_compared_in_the_directions_that_they_declare():
    rng = np.random.default_rng(2)
    gap, statistics = task(rng)
    values = [gap + rng.standard_normal(32), rng.standard_normal(32), -gap]
    rows = [
        evaluate("task", name, one, statistics, higher_means=direction)
        for name, one, direction in zip("abc", values, ("larger gap", "larger gap", "smaller gap"), strict=True)
    ]
    found = {(one.task, one.first, one.second): one for one in compare(rows, values, statistics)}
    assert list(found) == [("task", "a", "b"), ("task", "a", "c"), ("task", "b", "c")]
    assert found["task", "a", "b"].score == score_difference(values[0], values[1], statistics)
    assert found["task", "a", "c"].spearman == spearman_difference(values[0], gap, gap)
    assert found["task", "a", "c"].spearman.value < 0


def test_a_constant_measure_has_a_score_to_compare_but_no_correlation():
    gap, statistics = task(np.random.default_rng(3))
    values = [gap, np.ones(32)]
    (found,) = compare([evaluate("task", name, one, statistics) for name, one in zip("ab", values, strict=True)],
                       values, statistics)  # fmt: skip
    assert found.score.value == pytest.approx(1, abs=1e-9)
    assert np.isnan([found.spearman.value, found.spearman.interval.low, found.spearman.interval.high]).all()
