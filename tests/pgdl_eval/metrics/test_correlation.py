"""Rank correlations and their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtr
from scipy.stats import kendalltau, spearmanr

from pgdl_eval.metrics.correlation import kendall, kendall_of_halves, spearman, spearman_of_halves
from pgdl_eval.metrics.half_samples import half_samples
from pgdl_eval.metrics.orders import order_of
from pgdl_eval.metrics.p_values import spearman_p

COEFFICIENTS = [(spearman, spearmanr), (kendall, kendalltau)]


@pytest.mark.parametrize(("ours", "theirs"), COEFFICIENTS)
def test_coefficients_and_p_values_are_scipys(ours, theirs):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 9, 40).astype(float), rng.random(40)
    found, expected = ours(x, y), theirs(x, y)
    assert (found.value, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-12)
    assert found.interval.low < found.value < found.interval.high


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    models=st.integers(3, 60),
    levels=st.tuples(*[st.sampled_from([1, 2, 3, 10, 10**6])] * 2),
    weight=st.sampled_from([0.0, 0.5, 1.0, -1.0]),
    swapped=st.booleans(),
)
def test_they_are_so_with_ties_constants_few_models_and_orders_that_are_almost_perfect(
    seed, models, levels, weight, swapped
):
    rng = np.random.default_rng(seed)
    x, noise = (np.floor(level * rng.random(models)) for level in levels)
    y = weight * x + (1 - abs(weight)) * noise
    if swapped:
        y[[0, 1]] = y[[1, 0]]
    for ours, theirs in COEFFICIENTS:
        found = ours(x, y)
        if np.ptp(x) == 0 or np.ptp(y) == 0:
            assert np.isnan([found.value, found.p_value, found.interval.low]).all()
            continue
        expected = theirs(x, y)
        assert (found.value, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=0, abs=1e-12)


@pytest.mark.parametrize("models", [3, 4, 7, 32, 33, 96, 97, 500])
def test_the_tail_of_students_distribution_keeps_its_digits(models):
    for value in np.linspace(0.02, 0.98, 49):
        t = value * np.sqrt((models - 2) / (1 - value**2))
        assert spearman_p(value, models) == pytest.approx(2 * stdtr(models - 2, -t), rel=1e-10)
        assert spearman_p(-value, models) == spearman_p(value, models)
    assert (spearman_p(0.0, models), spearman_p(1.0, models)) == (1, 0)


@pytest.mark.parametrize(("of_halves", "theirs"), [(spearman_of_halves, spearmanr), (kendall_of_halves, kendalltau)])
@pytest.mark.parametrize("levels", [3, 10**6])
def test_the_coefficients_of_half_samples_are_scipys(of_halves, theirs, levels):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, levels, 15).astype(float), rng.random(15)
    found = of_halves(order_of(x), order_of(y))[:100]
    for half, value in zip(half_samples(15), found, strict=False):
        constant = np.ptp(x[half]) == 0
        assert np.isnan(value) if constant else value == pytest.approx(theirs(x[half], y[half]).statistic, abs=1e-12)


@pytest.mark.parametrize("coefficient", [spearman, kendall])
def test_constant_values_have_no_correlation_and_neither_a_perfect_order_nor_few_models_an_interval(coefficient):
    assert np.isnan(coefficient(np.ones(9), np.arange(9.0)).value)
    assert np.isnan(coefficient(np.arange(9.0), np.ones(9)).p_value)
    perfect, few = coefficient(np.arange(9.0), np.arange(9.0)), coefficient(np.arange(7.0), np.arange(7.0) % 3)
    assert perfect.value == pytest.approx(1)
    assert np.isnan([perfect.interval.low, few.interval.low]).all()
    assert 0 < few.value < 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), levels=st.sampled_from([3, 10**6]), models=st.integers(8, 24))
def test_only_the_order_counts_and_turning_the_measure_turns_everything(seed, levels, models):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, levels, models) + np.eye(models)[0] * levels, rng.random(models)
    for coefficient in (spearman, kendall):
        found, grown, turned = coefficient(x, y), coefficient(np.exp(3 * x / levels), y), coefficient(-x, y)
        assert grown == found
        assert turned.value == pytest.approx(-found.value, abs=1e-12)
        assert (turned.interval.low, turned.interval.high) == pytest.approx(
            (-found.interval.high, -found.interval.low), abs=1e-12, nan_ok=True
        )


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("models", [32, 96])
def test_intervals_cover_the_true_coefficient_of_simulated_tasks_in_about_95_percent(correlation, models):
    rng = np.random.default_rng(7)
    truth = {spearman: 6 / np.pi * np.arcsin(correlation / 2), kendall: 2 / np.pi * np.arcsin(correlation)}
    covered = dict.fromkeys(truth, 0)
    for _ in range(300):
        x = rng.standard_normal(models)
        y = correlation * x + np.sqrt(1 - correlation**2) * rng.standard_normal(models)
        for coefficient, value in truth.items():
            found = coefficient(x, y).interval
            covered[coefficient] += found.low <= value <= found.high
    # The standard error of a share of 95% among 300 is 1.3 points; half-samples of few models are conservative.
    assert all(0.92 <= count / 300 <= 0.995 for count in covered.values()), covered
