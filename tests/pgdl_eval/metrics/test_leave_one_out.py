"""Choosing among many on all tasks but one: noise wins nothing where it was not chosen, and what is good is found."""

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from complexity.errors import InputError
from pgdl_eval.metrics.difference import Difference, differences
from pgdl_eval.metrics.evaluation import task_statistics
from pgdl_eval.metrics.half_samples import Interval
from pgdl_eval.metrics.leave_one_out import (
    CRITERIA,
    Baseline,
    Candidate,
    Worth,
    choice,
    leave_one_out,
    mean_difference,
    partial_of_halves,
)
from pgdl_eval.metrics.partial_correlation import partial_correlation, unexplained_gap

CELLS = list(itertools.product(range(2), range(2), range(2), range(3), range(2)))
GRID = {name: [str(cell[axis]) for cell in CELLS] for axis, name in enumerate("abcde")}
MODELS = [f"model_{i}" for i in range(len(CELLS))]
TASKS = ("task1", "task2", "task8", "task9")


def gaps(rng):
    """Additive effects of the hyper-parameters, and as much that they do not explain: both (n,)."""
    return np.array(CELLS) @ rng.standard_normal(5), rng.standard_normal(len(CELLS))


def tasks_and_left(names, seed=0):
    """Statistics by task, and what the hyper-parameters leave of each gap."""
    rng, tasks, left = np.random.default_rng(seed), {}, {}
    for name in names:
        effects, left[name] = gaps(rng)
        tasks[name] = task_statistics(MODELS, effects + left[name], GRID)
    return tasks, left


@pytest.fixture(scope="module")
def four():
    return tasks_and_left(TASKS)


def noise(rng, name, tasks):
    return Candidate(name, {task: rng.standard_normal(len(CELLS)) for task in tasks})


def following(rng, name, left, strength):
    return Candidate(name, {task: strength * one + rng.standard_normal(len(one)) for task, one in left.items()})


def plain(rng, name, tasks):
    return Baseline(name, noise(rng, name, tasks).values, "larger gap")


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_best_of_much_noise_is_good_where_it_was_chosen_and_by_chance_where_it_was_not(four, criterion):
    tasks, rng = four[0], np.random.default_rng(1)
    found = [leave_one_out(tasks, [noise(rng, f"n{i}", tasks) for i in range(60)], [], criterion) for _ in range(12)]
    if criterion != "score":
        seen = np.mean([task.seen for one in found for task in one.tasks])
        left_out = np.array([getattr(one.worth, criterion) for one in found])
        assert seen > 0.18
        assert abs(left_out.mean()) < 2.5 * left_out.std(ddof=1) / np.sqrt(len(found))
        assert left_out.mean() < seen / 2
    else:
        at_random = np.mean([one.random.mean() for one in tasks.values()])
        assert np.mean([task.seen for one in found for task in one.tasks]) > 1.3 * at_random
        assert np.mean([one.worth.score for one in found]) == pytest.approx(at_random, rel=0.25)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_good_candidate_among_noise_is_found_with_its_sign_and_beats_a_baseline_that_knows_nothing(four, sign):
    (tasks, left), rng = four, np.random.default_rng(2)
    candidates = [noise(rng, f"n{i}", tasks) for i in range(60)]
    candidates.insert(20, following(rng, "good", left, 2 * sign))
    found = leave_one_out(tasks, candidates, [plain(rng, "nothing", tasks)])
    assert [(one.task, one.chosen, one.sign) for one in found.tasks] == [(task, "good", sign) for task in TASKS]
    assert found.worth.adds > 0.7
    assert found.worth.spearman > 0.3
    difference = found.differences["nothing"]["adds"]
    assert difference.value == pytest.approx(found.worth.adds - found.baselines["nothing"].adds)
    assert difference.interval.low > 0.3


def test_worth_and_differences_are_those_of_the_left_out_task(four):
    (tasks, left), rng = four, np.random.default_rng(3)
    good, other = following(rng, "good", left, -2), following(rng, "other", left, -0.5)
    (_, second, *_) = leave_one_out(tasks, [good], [Baseline("other", other.values, "smaller gap")]).tasks
    statistics, mine, theirs = tasks["task2"], good.values["task2"], other.values["task2"]
    adds = [-partial_correlation(one, statistics.unexplained).found.value for one in (mine, theirs)]
    spearman = [-spearmanr(one, statistics.gap).statistic for one in (mine, theirs)]
    assert second.worth.adds == pytest.approx(adds[0], abs=1e-12)
    assert second.worth.spearman == pytest.approx(spearman[0], abs=1e-12)
    assert second.baselines["other"].spearman == pytest.approx(spearman[1], abs=1e-12)
    assert second.differences["other"]["spearman"].value == pytest.approx(spearman[0] - spearman[1], abs=1e-12)
    others = [partial_correlation(good.values[task], tasks[task].unexplained).found.value for task in TASKS]
    assert second.seen == pytest.approx(-(sum(others) - others[1]) / 3, abs=1e-12)


def test_the_seeds_of_a_grid_are_left_out_together():
    """A candidate that knows one grid alone is chosen for all others and never for a seed of that grid."""
    names = ("grid", "grid.seed_1", "grid.seed_2", "other", "third")
    tasks, left = tasks_and_left(names, seed=4)
    rng = np.random.default_rng(5)
    knows = following(rng, "knows the grid", left, 0)
    knows.values.update({name: 9 * left[name] for name in names[:3]})
    modest = following(rng, "modest", left, 1)
    found = leave_one_out(tasks, [knows, modest], [])
    assert [(one.task, one.chosen) for one in found.tasks[:3]] == [(name, "modest") for name in names[:3]]
    of_grid = np.mean([one.worth.adds for one in found.tasks[:3]])
    assert found.worth.adds == pytest.approx(np.mean([of_grid, *(one.worth.adds for one in found.tasks[3:])]))


def test_candidates_that_are_constant_somewhere_are_not_chosen_and_errors_are_clear(four):
    (tasks, left), rng = four, np.random.default_rng(6)
    constant = following(rng, "constant on task8", left, 5)
    constant.values["task8"] = np.ones(len(CELLS))
    found = leave_one_out(tasks, [constant, noise(rng, "noise", tasks)], [])
    assert [one.chosen for one in found.tasks] == ["noise", "noise", "constant on task8", "noise"]
    assert np.isnan(found.tasks[2].worth.adds)
    with pytest.raises(InputError) as caught:
        leave_one_out({"t": tasks["task1"], "t.seed_1": tasks["task1"]}, [constant], [])
    assert str(caught.value) == (
        "tasks: nothing to choose on, or from (expected 2 grids or more, and candidates, found 1 grids, 1 candidates)"
    )
    with pytest.raises(InputError, match="adds: no candidate has a value of this on every other task"):
        choice([Worth(np.nan, 0.5, 0.1)], "adds")


def test_by_score_the_sign_is_that_of_the_correlation_and_the_criterion_has_none():
    means = [Worth(0.1, 0.2, 0.02), Worth(0.3, -0.1, 0.05), Worth(-0.6, 0.0, 0.01)]
    assert choice(means, "score") == (1, -1, 0.05)
    assert choice(means, "adds") == (2, -1, 0.6)
    assert choice(means, "spearman") == (0, 1, 0.2)


def test_intervals_of_seeds_add_as_they_are_and_those_of_grids_as_independent():
    one = Difference(0.2, Interval(0.1, 0.4))
    seeds = mean_difference([[one, one]])
    assert (seeds.value, seeds.interval.low, seeds.interval.high) == pytest.approx((0.2, 0.1, 0.4))
    grids = mean_difference([[one], [one]])
    assert (grids.interval.low, grids.interval.high) == pytest.approx((0.2 - 0.1 / 2**0.5, 0.2 + 0.2 / 2**0.5))


@pytest.mark.parametrize("strength", [0, 1])
def test_the_interval_of_a_difference_of_partial_correlations_holds_the_true_one_as_often_as_it_says(strength):
    """Two measures of one law on 400 simulated tasks of 48 models: the true difference is 0."""
    rng, inside = np.random.default_rng(7), 0
    for _ in range(400):
        effects, left = gaps(rng)
        gap = unexplained_gap(effects + left, GRID)
        pair = strength * left + rng.standard_normal((2, len(left))) + effects
        values = [partial_correlation(one, gap).found.value for one in pair]
        (found,) = differences(values, [partial_of_halves(one, gap) for one in pair], len(left))
        inside += found.interval.low <= 0 <= found.interval.high
    assert 0.92 <= inside / 400 <= 0.98
