"""Rank correlations and their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from pgdl_eval.metrics.correlation import Order, kendall, kendall_of_halves, spearman, spearman_of_halves
from pgdl_eval.metrics.half_samples import half_samples

COEFFICIENTS = [(spearman, spearmanr), (kendall, kendalltau)]


@pytest.mark.parametrize(("ours", "theirs"), COEFFICIENTS)
def test_coefficients_and_p_values_are_scipys(ours, theirs):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 9, 40).astype(float), rng.random(40)
    found, expected = ours(x, y), theirs(x, y)
    assert (found.value, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-12)
    assert found.interval.low < found.value < found.interval.high


@pytest.mark.parametrize(("of_halves", "theirs"), [(spearman_of_halves, spearmanr), (kendall_of_halves, kendalltau)])
@pytest.mark.parametrize("levels", [3, 10**6])
def test_the_coefficients_of_half_samples_are_scipys(of_halves, theirs, levels):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, levels, 15).astype(float), rng.random(15)
    found = of_halves(Order(x), Order(y))[:100]
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
