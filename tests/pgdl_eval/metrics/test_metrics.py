"""Metrics over hyper-parameters and of selection, each against a slow loop written from its definition."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from pgdl_eval.metrics.granulated_kendall import granulated_kendall
from pgdl_eval.metrics.hyperparameter_floor import hyperparameter_floor
from pgdl_eval.metrics.neighbours import environments, neighbours
from pgdl_eval.metrics.selection import chance_among_smallest, selection
from pgdl_eval.metrics.sign_error import sign_error
from pgdl_eval.metrics.within_groups import correlation_within_groups, groups_of_equal_value, reversed_within

GRIDS = st.sampled_from([(2, 2), (3, 2), (2, 3, 2), (1, 4, 2), (3, 3, 2)])
LEVELS = st.sampled_from([2, 4, 10**6])
SEEDS = st.integers(0, 2**31)


def task(sizes, levels, seed):
    """Hyper-parameters of a complete grid in random order, a measure and gaps."""
    rng = np.random.default_rng(seed)
    cells = rng.permutation(list(itertools.product(*map(range, sizes))))
    names = {f"h{axis}": [f"v{cell[axis]}" for cell in cells] for axis in range(len(sizes))}
    return names, *rng.integers(0, levels, (2, len(cells))).astype(float)


def sgn(x):
    return math.copysign(1, x) if x else 0


@settings(max_examples=40, deadline=None)
@given(sizes=GRIDS, levels=LEVELS, seed=SEEDS)
def test_granulated_kendall_is_equations_7_and_8(sizes, levels, seed):
    names, measure, gap = task(sizes, levels, seed)
    psi = {}
    for name in names:
        others = [values for other, values in names.items() if other != name]
        taus = []
        for setting in set(zip(*others, strict=True)):
            group = [i for i, found in enumerate(zip(*others, strict=True)) if found == setting]
            pairs = list(itertools.permutations(group, 2))
            if pairs:
                taus.append(sum(sgn(measure[i] - measure[j]) * sgn(gap[i] - gap[j]) for i, j in pairs) / len(pairs))
        psi[name] = sum(taus) / len(taus) if taus else math.nan
    found = granulated_kendall(measure, gap, neighbours(names))
    assert found.by_hyperparameter == pytest.approx(psi, abs=1e-12, nan_ok=True)
    assert found.mean == pytest.approx(np.nanmean(list(psi.values())), abs=1e-12)


def test_granulated_kendall_of_one_varying_hyperparameter_is_scipys_coefficient():
    _, measure, gap = task((9,), 10**6, 0)
    found = granulated_kendall(measure, gap, neighbours({"a": list("123456789"), "b": ["x"] * 9}))
    assert found.mean == pytest.approx(kendalltau(measure, gap).statistic, abs=1e-12)
    assert math.isnan(found.by_hyperparameter["b"])


@settings(max_examples=40, deadline=None)
@given(sizes=GRIDS, levels=LEVELS, seed=SEEDS)
def test_sign_error_is_its_expectation_in_each_environment(sizes, levels, seed):
    names, measure, gap = task(sizes, levels, seed)
    errors = {}
    for name, values in names.items():
        for i, j in itertools.combinations(range(len(gap)), 2):
            if [other for other in names if names[other][i] != names[other][j]] == [name]:
                environment = name, frozenset([values[i], values[j]])
                sign = sgn(measure[j] - measure[i]) * sgn(gap[j] - gap[i])
                errors.setdefault(environment, []).append((1 - sign) / 2)
    expected = [sum(of_one) / len(of_one) for of_one in errors.values()]
    found = sign_error(measure, gap, environments(names))
    assert found.environments == len(expected) == sum(math.comb(size, 2) for size in sizes)
    assert (found.mean, found.maximum) == pytest.approx((sum(expected) / len(expected), max(expected)), abs=1e-12)
    assert found.percentile_90 == pytest.approx(np.percentile(expected, 90), abs=1e-12)
    name, _, values = found.worst.partition(": ")
    worst = errors[name, frozenset(values.split(" - "))]
    assert sum(worst) / len(worst) == pytest.approx(found.maximum, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(sizes=GRIDS, seed=SEEDS)
def test_turning_the_measure_turns_granulated_kendall_and_sign_error(sizes, seed):
    names, measure, gap = task(sizes, 10**9, seed)
    alone, changes = neighbours(names), environments(names)
    psi, turned = granulated_kendall(measure, gap, alone).mean, granulated_kendall(-measure, gap, alone).mean
    assert turned == pytest.approx(-psi)
    assert sign_error(-measure, gap, changes).mean == pytest.approx(1 - sign_error(measure, gap, changes).mean)
    assert sign_error(gap, gap, changes).maximum == 0


def test_no_environment_no_sign_error():
    names = {"a": ["1", "2", "3"], "b": ["x", "y", "z"]}
    found = sign_error(np.arange(3.0), np.arange(3.0), environments(names))
    assert (found.environments, found.worst) == (0, "")
    assert np.isnan([found.mean, found.percentile_90, found.maximum]).all()


@settings(max_examples=25, deadline=None)
@given(sizes=GRIDS, seed=SEEDS)
def test_the_floor_is_a_fit_to_all_other_models(sizes, seed):
    names, _, gap = task(sizes, 10**6, seed)
    levels = [(name, value) for name, values in names.items() for value in sorted(set(values))]
    design = np.array([[1.0] + [names[name][i] == value for name, value in levels] for i in range(len(gap))])
    expected = []
    for i in range(len(gap)):
        others = np.arange(len(gap)) != i
        coefficients, *_ = np.linalg.lstsq(design[others], gap[others], rcond=None)
        expected.append(design[i] @ coefficients)
    np.testing.assert_allclose(hyperparameter_floor(gap, names), expected, rtol=1e-9, atol=1e-3)


def test_the_floor_knows_nothing_of_a_model_that_alone_has_a_value():
    assert hyperparameter_floor(np.arange(4.0), {"a": ["1", "1", "1", "2"], "b": ["x"] * 4}) is None


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.integers(0, 2), min_size=5, max_size=5), count=st.integers(1, 5))
def test_the_chance_to_be_picked_is_the_mean_over_all_ways_to_break_ties(values, count):
    picked = np.zeros(5)
    for priority in itertools.permutations(range(5)):
        smallest = sorted(range(5), key=lambda i: (values[i], priority[i]))[:count]
        picked[smallest] += 1
    np.testing.assert_allclose(chance_among_smallest(np.array(values, float), count), picked / 120, atol=1e-12)


def test_regret_and_hit_rate():
    gap = np.array([5, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12.0])
    measure = np.array([0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9.0])
    found = selection(measure, gap)
    assert (found.picked, found.regret, found.hit_rate) == (2, 4, 0.5)
    assert (found.regret_at_random, found.hit_rate_at_random) == pytest.approx((5.5, 2 / 12))
    assert (selection(gap, gap).regret, selection(gap, gap).hit_rate) == (0, 1)
    constant = selection(np.zeros(12), gap)
    assert (constant.regret, constant.hit_rate) == pytest.approx((constant.regret_at_random, 2 / 12))


def test_correlations_within_groups_are_those_of_their_models():
    names, measure, gap = task((3, 3, 2), 10**6, 1)
    names["same"] = ["x"] * len(gap)
    groups = correlation_within_groups(measure, groups_of_equal_value(gap, names))
    assert [(group.hyperparameter, group.models) for group in groups] == [("h0", 6)] * 3 + [("h1", 6)] * 3 + [
        ("h2", 9)
    ] * 2
    for group in groups:
        chosen = np.array(names[group.hyperparameter]) == group.value
        assert group.spearman.value == pytest.approx(spearmanr(measure[chosen], gap[chosen]).statistic)
        assert group.kendall.value == pytest.approx(kendalltau(measure[chosen], gap[chosen]).statistic)


def test_simpsons_paradox_is_seen():
    """The measure rises with the gap over all models and falls with it within every depth."""
    depth = np.repeat([1, 2, 3], 4)
    gap = 10.0 * depth + np.tile(np.arange(4), 3)
    measure = 10.0 * depth - np.tile(np.arange(4), 3)
    names = {"depth": depth.astype(str).tolist(), "width": np.tile(list("abcd"), 3).tolist()}
    overall = kendalltau(measure, gap).statistic
    reversed_groups = reversed_within(correlation_within_groups(measure, groups_of_equal_value(gap, names)), overall)
    assert overall > 0.4
    assert [(group.hyperparameter, group.value) for group in reversed_groups] == [("depth", value) for value in "123"]
