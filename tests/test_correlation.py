"""Rank correlations and their intervals."""

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from pgdl_eval.metrics.correlation import kendall, spearman


def test_coefficients_and_p_values_are_scipys():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 9, 40).astype(float), rng.random(40)
    for ours, theirs in ((spearman, spearmanr), (kendall, kendalltau)):
        found, expected = ours(x, y), theirs(x, y)
        assert (found.value, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-12)
        assert found.low < found.value < found.high


def test_constant_values_have_no_correlation_and_a_perfect_order_has_one_without_spread():
    for coefficient in (spearman, kendall):
        assert np.isnan(coefficient(np.ones(9), np.arange(9.0)).value)
        found = coefficient(np.arange(9.0), np.arange(9.0))
        assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("models", [32, 96])
def test_intervals_cover_the_true_coefficient_of_simulated_tasks_in_about_95_percent(correlation, models):
    rng = np.random.default_rng(7)
    truth = {spearman: 6 / np.pi * np.arcsin(correlation / 2), kendall: 2 / np.pi * np.arcsin(correlation)}
    covered = dict.fromkeys(truth, 0)
    for _ in range(400):
        x = rng.standard_normal(models)
        y = correlation * x + np.sqrt(1 - correlation**2) * rng.standard_normal(models)
        for coefficient, value in truth.items():
            found = coefficient(x, y)
            covered[coefficient] += found.low <= value <= found.high
    # The standard error of a share of 95% among 400 is 1.1 points; Kendall's variance is an approximation that is
    # conservative for strong correlation.
    assert all(0.92 <= count / 400 <= 0.995 for count in covered.values()), covered
