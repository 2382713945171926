"""The band of random rank correlations holds 95% of those of random measures; agreement is SciPy's."""

import numpy as np
import pytest
from scipy import stats

from pgdl_eval.metrics.agreement import agreement
from pgdl_eval.metrics.p_values import kendall_p, spearman_p
from pgdl_eval.metrics.random_correlation import kendall_band, spearman_band


@pytest.mark.parametrize("models", [8, 12, 32, 96])
def test_the_band_is_where_the_p_value_is_five_percent(models):
    assert spearman_p(spearman_band(models), models) == pytest.approx(0.05, abs=1e-6)
    alone, pairs = np.ones(models, dtype=np.intp), models * (models - 1) // 2
    concordant = round(kendall_band(models) * pairs)
    assert kendall_p(concordant, (alone, alone)) <= 0.05 < kendall_p(concordant - 2, (alone, alone))


def test_one_in_twenty_random_measures_is_outside():
    rng, models = np.random.default_rng(0), 32
    found = [(rng.random(models), rng.random(models)) for _ in range(2000)]
    spearman = np.array([stats.spearmanr(*pair).statistic for pair in found])
    kendall = np.array([stats.kendalltau(*pair).statistic for pair in found])
    assert np.mean(abs(spearman) > spearman_band(models)) == pytest.approx(0.05, abs=0.015)
    assert np.mean(abs(kendall) >= kendall_band(models) - 1e-12) == pytest.approx(0.05, abs=0.015)


def test_few_models_have_a_wide_band_or_none():
    assert np.isnan([spearman_band(2), kendall_band(2)]).all()
    assert kendall_band(3) == kendall_band(4) == 1
    assert 0.9 < spearman_band(3) <= 1


def test_agreement_is_spearmans_correlation_of_each_pair():
    rng = np.random.default_rng(0)
    values = np.array([rng.random(20), rng.integers(0, 4, 20), rng.random(20), np.ones(20)])
    found = agreement(values)
    for i in range(3):
        for j in range(3):
            assert found[i, j] == pytest.approx(stats.spearmanr(values[i], values[j]).statistic, abs=1e-12)
    assert np.isnan(found[3]).all()
    assert np.isnan(found[:, 3]).all()
