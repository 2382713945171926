"""What a measure adds to the hyper-parameters: against slow oracles, and how often that is said without being so."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from pgdl_eval.metrics.additive_model import additive_basis, residual
from pgdl_eval.metrics.partial_correlation import (
    PERMUTATIONS,
    fisher_interval,
    mean_partial,
    partial_correlation,
    unexplained_gap,
)
from pgdl_eval.metrics.ranks import normal_scores

SIZES = (2, 3, 2, 2)
SEEDS = st.integers(0, 2**31)


def grid(sizes):
    cells = list(itertools.product(*map(range, sizes)))
    return {f"h{axis}": [str(cell[axis]) for cell in cells] for axis in range(len(sizes))}, np.array(cells)


def slow_scores(values):
    return norm.ppf((rankdata(values) - 0.5) / len(values))


def slow_residual(values, names):
    """Of a least-squares fit to an intercept and an indicator of every value of every hyper-parameter."""
    columns = [np.ones(len(values))] + [np.array(v) == level for v in names.values() for level in sorted(set(v))]
    design = np.column_stack(columns).astype(float)
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


@settings(max_examples=40, deadline=None)
@given(levels=st.sampled_from([2, 5, 10**6]), seed=SEEDS)
def test_it_is_the_correlation_of_what_the_additive_fit_leaves_of_both_normal_scores(levels, seed):
    rng, (names, cells) = np.random.default_rng(seed), grid(SIZES)
    measure, gap = rng.integers(0, levels, len(cells)) / levels, rng.random(len(cells)) + cells @ rng.random(4)
    np.testing.assert_allclose(normal_scores(measure), slow_scores(measure), atol=1e-9)
    if np.ptp(measure) == 0:
        return
    of_measure, of_gap = (slow_residual(slow_scores(values), names) for values in (measure, gap))
    if np.linalg.norm(of_measure) > 1e-6:
        found = partial_correlation(measure, unexplained_gap(gap, names)).found
        assert found.value == pytest.approx(np.corrcoef(of_measure, of_gap)[0, 1], abs=1e-9)


def test_the_p_value_is_freedman_and_lanes():
    rng, (names, cells) = np.random.default_rng(3), grid(SIZES)
    gap = cells @ rng.random(4) + rng.random(len(cells))
    measure = gap + 4 * rng.random(len(cells))
    of_measure, scores = slow_residual(slow_scores(measure), names), slow_scores(gap)
    of_gap = slow_residual(scores, names)
    reached, value = 0, np.corrcoef(of_measure, of_gap)[0, 1]
    for _ in range(2000):
        drawn = (scores - of_gap) + rng.permutation(of_gap)  # the fit with permuted residuals
        reached += abs(np.corrcoef(of_measure, slow_residual(drawn, names))[0, 1]) >= abs(value)
    assert 0.01 < reached / 2000 < 0.5
    assert partial_correlation(measure, unexplained_gap(gap, names)).found.p_value == pytest.approx(
        reached / 2000, abs=4 * np.sqrt(0.25 / 1000)
    )


def test_only_the_order_of_measure_and_gap_counts_and_the_sign_turns_with_the_measure():
    rng, (names, cells) = np.random.default_rng(4), grid(SIZES)
    gap, measure = rng.random(len(cells)), rng.random(len(cells))
    found = partial_correlation(measure, unexplained_gap(gap, names)).found
    assert partial_correlation(np.exp(5 * measure), unexplained_gap(gap**3, names)).found == found
    turned = partial_correlation(-measure, unexplained_gap(gap, names)).found
    assert (turned.value, turned.p_value) == pytest.approx((-found.value, found.p_value))
    assert turned.interval.low == pytest.approx(-found.interval.high)


def test_the_gap_itself_adds_everything_and_a_hyperparameter_under_another_name_nothing():
    rng, (names, cells) = np.random.default_rng(5), grid(SIZES)
    gap = unexplained_gap(cells @ rng.random(4) + rng.random(len(cells)), names)
    whole = partial_correlation(rng.permutation(24).astype(float), gap)
    assert whole.by_chance.shape == (PERMUTATIONS,)
    found = partial_correlation(np.array([3.0, -1.0, 7.0])[cells[:, 1]], gap)
    assert (found.found.value, found.found.p_value) == (0, 1)
    assert np.isnan([found.found.interval.low, found.found.interval.high]).all()
    oracle_gap = rng.random(24)
    oracle = partial_correlation(oracle_gap, unexplained_gap(oracle_gap, names)).found
    assert (oracle.value, oracle.p_value) == pytest.approx((1, 1 / 1001))


@pytest.mark.parametrize(
    ("gap", "names", "reason"),
    [
        (np.arange(6.0), {"name": list("abcdef"), "rate": ["0", "1"] * 3},
         "the hyper-parameters' additive model has 6 coefficients for 6 models"),
        (np.arange(6.0) ** 2, {f"h{i}": list(np.random.default_rng(i).permutation(list("aabbcc"))) for i in range(9)},
         "the hyper-parameters' additive model has 6 coefficients for 6 models"),
        (np.ones(8), {"a": ["0", "1"] * 4, "b": ["0", "0", "1", "1"] * 2},
         "the gaps are constant, or the hyper-parameters' additive model explains all of their order"),
        (np.array([0.0, 1] * 4), {"a": ["0", "1"] * 4, "b": ["0", "0", "1", "1"] * 2},
         "the gaps are constant, or the hyper-parameters' additive model explains all of their order"),
    ],
)  # fmt: skip
def test_where_it_is_not_defined_it_is_said_why(gap, names, reason):
    """Each model determined by a hyper-parameter, more hyper-parameters than models, gaps without a remainder."""
    left = unexplained_gap(gap, names)
    assert left.reason == reason
    found = partial_correlation(np.random.default_rng(0).random(len(gap)), left)
    assert np.isnan([found.found.value, found.found.p_value, *found.by_chance[:2]]).all()
    assert np.isnan(mean_partial([found, found]).value)


def test_a_constant_measure_has_none():
    names, _ = grid(SIZES)
    found = partial_correlation(np.full(24, 2.0), unexplained_gap(np.arange(24.0) % 7, names)).found
    assert np.isnan([found.value, found.p_value, found.interval.low]).all()


def test_the_basis_of_the_additive_model_is_that_of_its_indicators():
    names, _ = grid(SIZES)
    basis = additive_basis({**names, "repeated": names["h1"]})
    assert basis.shape == (24, 6)
    np.testing.assert_allclose(basis.T @ basis, np.eye(6), atol=1e-12)
    values = np.random.default_rng(6).random((3, 24))
    np.testing.assert_allclose(residual(values, basis), [slow_residual(row, names) for row in values], atol=1e-12)


def test_the_mean_over_tasks_has_the_p_value_of_the_mean():
    rng, (names, _) = np.random.default_rng(7), grid(SIZES)
    parts = []
    for _ in range(3):
        gap = rng.random(24)
        parts.append(partial_correlation(gap + rng.random(24), unexplained_gap(gap, names)))
    found = mean_partial(parts)
    assert found.value == pytest.approx(np.mean([part.found.value for part in parts]))
    assert found.p_value < min(part.found.p_value for part in parts) or found.p_value == 1 / 1001
    assert parts[0].found.interval.low < found.interval.low < found.value < found.interval.high < 1


@pytest.mark.parametrize("sizes", [(2,) * 5, (2, 2, 2, 2, 2, 3)])
def test_noise_and_a_hyperparameter_in_disguise_add_nothing_in_95_of_100_tasks_and_what_adds_is_found(sizes):
    """A small edition of tests/simulation/adds.py: 400 tasks whose gaps follow the hyper-parameters."""
    rng, (names, cells) = np.random.default_rng(8), grid(sizes)
    significant, inside = [], []
    for _ in range(400):
        effects = sum(rng.normal(size=size)[cells[:, axis]] for axis, size in enumerate(sizes))
        effects, rest, noise = effects / effects.std(), rng.normal(size=len(cells)), rng.normal(size=len(cells))
        gap = unexplained_gap(effects + rest, names)
        disguised = cells[:, rng.integers(len(sizes))] + 0.1 * noise
        telling = effects + 0.5 * rest + np.sqrt(0.75) * noise  # a true partial correlation of 0.5
        found = [partial_correlation(values, gap).found for values in (noise, disguised, telling)]
        significant.append([one.p_value < 0.05 for one in found])
        inside.append(found[2].interval.low < 0.5 < found[2].interval.high)
    rates = np.mean(significant, axis=0)
    assert (abs(rates[:2] - 0.05) < 0.035).all()
    assert rates[2] > (0.6 if len(cells) == 32 else 0.97)
    assert np.mean(inside) > 0.9


def test_an_interval_needs_three_degrees_of_freedom_and_is_that_of_fewer_models():
    assert np.isnan(fisher_interval(0.5, 2).low)
    assert np.isnan(fisher_interval(1.0, 20).low)
    found = fisher_interval(0.5, 27)  # as of 28 models, with nothing held fixed
    assert (found.low, found.high) == pytest.approx(tuple(np.tanh(np.arctanh(0.5) + np.array([-1, 1]) * 1.959964 / 5)))
