"""All that is said of one measure on one task, and of its mean over tasks."""

import itertools

import numpy as np
import pytest

from complexity.errors import InputError
from pgdl_eval.metrics.evaluation import evaluate, mean_score, task_statistics
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.noise_band import permuted_scores

SIZES = (2, 3, 2, 2)


def task(seed):
    cells = list(itertools.product(*map(range, SIZES)))
    names = {f"h{axis}": tuple(str(cell[axis]) for cell in cells) for axis in range(len(SIZES))}
    models = tuple(f"model_{i}" for i in range(len(cells)))
    accuracy = 1 - np.random.default_rng(seed).random(len(cells)) / 2
    return task_statistics(models, 1 - accuracy, names)


@pytest.fixture(scope="module")
def tasks():
    return [task(seed) for seed in (0, 1)]


def test_the_gap_itself_is_the_best_measure(tasks):
    gap = tasks[0].gap
    found = evaluate("task", "oracle", gap, tasks[0])
    assert (found.score, found.signed_score, found.spearman.value) == pytest.approx((1, 1, 1))
    assert (found.verdict, found.tied_models, found.noise.p_value) == ("above noise", 0, 1 / 1001)
    assert (found.granulated.mean, found.sign_error.maximum) == (1, 0)
    assert (found.selection.regret, found.selection.hit_rate) == (0, 1)


def test_a_measure_against_its_declared_direction_is_said_to_be_and_turned_where_it_declares_so(tasks):
    gap = tasks[0].gap
    wrong = evaluate("task", "m", -gap, tasks[0])
    right = evaluate("task", "m", -gap, tasks[0], higher_means="smaller gap")
    assert (wrong.verdict, right.verdict) == ("reversed", "above noise")
    assert wrong.score == right.score == right.signed_score == -wrong.signed_score
    assert wrong.spearman == right.spearman
    oracle = evaluate("task", "oracle", gap, tasks[0])
    for part in ("granulated", "sign_error", "selection"):
        assert getattr(right, part) == getattr(oracle, part)
    assert (wrong.granulated.mean, wrong.sign_error.mean, wrong.selection.hit_rate) == (-1, 1, 0)


def test_a_constant_measure_is_said_to_be(tasks):
    found = evaluate("task", "m", np.full(24, 3.0), tasks[0])
    assert (found.verdict, found.tied_models, found.score, found.noise.p_value) == ("constant", 24, 0, 1)
    assert np.isnan([found.spearman.value, found.kendall.p_value, found.kendall.interval.low]).all()
    assert (found.granulated.mean, found.sign_error.mean) == (0, 0.5)


def test_random_measures_lie_within_the_noise_but_for_one_in_twenty(tasks):
    values = np.random.default_rng(9).random((600, 24))
    scores = conditional_mutual_information(values, tasks[0].models)
    above = np.mean(scores > np.quantile(tasks[0].random, 0.95))
    assert 0.02 < above < 0.09
    assert evaluate("task", "m", values[np.argsort(scores)[300]], tasks[0]).verdict == "within noise"


def test_the_p_value_of_a_measure_with_ties_is_that_of_its_own_permutations(tasks):
    values = (tasks[0].gap > np.median(tasks[0].gap)).astype(float)
    values[:6] = 1 - values[:6]
    found = evaluate("task", "m", values, tasks[0])
    own = permuted_scores(values, tasks[0].models)
    assert found.noise.p_value == (1 + np.sum(own >= found.score - 1e-12)) / 1001
    assert found.noise.p_value != (1 + np.sum(tasks[0].random >= found.score - 1e-12)) / 1001
    assert found.noise.mean == tasks[0].random.mean()


def test_the_mean_over_tasks_stands_beside_the_noise_of_the_mean(tasks):
    rng = np.random.default_rng(2)
    values = [statistics.gap + 0.2 * rng.random(24) for statistics in tasks]
    rows = [evaluate(f"task {i}", "m", values[i], tasks[i]) for i in (0, 1)]
    found = mean_score(rows, values, tasks)
    assert (found.measure, found.tasks, found.floor) == ("m", 2, False)
    assert found.score == pytest.approx((rows[0].score + rows[1].score) / 2)
    assert found.signed_score == pytest.approx((rows[0].signed_score + rows[1].signed_score) / 2)
    assert found.noise.mean == pytest.approx((rows[0].noise.mean + rows[1].noise.mean) / 2)
    assert found.noise.percentile_95 < max(row.noise.percentile_95 for row in rows)
    widths = [row.score_interval.high - row.score_interval.low for row in (*rows, found)]
    assert widths[2] < max(widths[:2])
    assert found.verdict == "above noise"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v[:23], "m: not one value for each model (expected shape (24,), found (23,))"),
        (lambda v: np.where(np.arange(24) < 2, np.nan, v), "model_0, model_1: m: no finite values of 2 models"),
        (lambda v: np.where(np.arange(24) == 5, np.inf, v), "model_5: m: no finite values of 1 models"),
    ],
)
def test_values_that_are_missing_or_not_finite_are_an_error(tasks, change, message):
    with pytest.raises(InputError) as caught:
        evaluate("task", "m", change(np.arange(24.0)), tasks[0])
    assert str(caught.value) == message
