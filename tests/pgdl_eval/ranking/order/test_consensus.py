"""Ranks, their consensus and interval, and the agreement of measures, against slow ways and simulated truth."""

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from complexity.errors import InputError
from pgdl_eval.metrics.kendall_w import kendall_w
from pgdl_eval.ranking.order.consensus import consensus, deviations_of
from pgdl_eval.ranking.running.budget import fitting, seconds_of


def test_the_places_are_those_of_the_least_footrule_over_all_orders():
    generator = np.random.default_rng(0)
    for _ in range(20):
        values = generator.standard_normal((3, 5))
        ranks = values.argsort(1).argsort(1) + 1

        def distance(order, ranks=ranks):
            return np.abs(ranks - np.array(order)).sum()

        least = min(distance(order) for order in itertools.permutations(range(1, 6)))
        assert distance(consensus(values, None).places) == least


def test_above_a_thousand_models_the_mean_rank_orders():
    values = np.random.default_rng(0).standard_normal((2, 1001))
    found = consensus(values, None)
    assert found.method == "mean_rank"
    means = (values.argsort(1).argsort(1)).mean(0)
    assert spearmanr(found.places, means).statistic == pytest.approx(1)


def test_deviations_have_the_spread_of_whole_values():
    """Means of n normal numbers: half the difference of two halves has their variance; capped measures have it, too."""
    generator, n, models = np.random.default_rng(0), 100, 4000
    for used, spread in (((50, 100), 1 / np.sqrt(100)), ((50, 50), 1 / np.sqrt(50))):
        halves = generator.standard_normal((1, 1, models, 2)) / np.sqrt(50)
        assert n == 100
        assert deviations_of(halves, [used]).std() == pytest.approx(spread, rel=0.05)


def test_intervals_of_far_models_are_points_and_of_equal_ones_are_wide():
    generator = np.random.default_rng(0)
    deviations = generator.standard_normal((4, 2, 6))
    far = consensus(np.tile(np.arange(6) * 1000.0, (2, 1)), deviations)
    np.testing.assert_array_equal(far.low, far.places)
    np.testing.assert_array_equal(far.high, far.places)
    close = consensus(generator.standard_normal((2, 6)) * 1e-3, deviations)
    assert (close.high - close.low).mean() > 3
    assert (close.low <= close.places).all()
    assert (close.places <= close.high).all()
    assert np.isnan(consensus(np.ones((1, 3)) * np.arange(3), None).low).all()


def test_w_is_one_for_equal_orders_and_follows_the_mean_correlation():
    lists = np.random.default_rng(0).standard_normal((4, 9))
    assert kendall_w(np.tile(lists[:1], (3, 1))).w == pytest.approx(1)
    pairs = [spearmanr(a, b).statistic for a, b in itertools.combinations(lists, 2)]
    assert kendall_w(lists).w == pytest.approx((3 * np.mean(pairs) + 1) / 4)  # (m - 1) r + 1 over m
    tied = np.round(lists)
    assert kendall_w(tied).w == pytest.approx(friedman(tied))
    assert kendall_w(lists[:1]) is None
    assert kendall_w(lists[:, :2]) is None


def friedman(lists):
    """W from SciPy's Friedman statistic, which corrects for ties: chi-squared = m (n - 1) W."""
    from scipy.stats import friedmanchisquare

    m, n = lists.shape
    return friedmanchisquare(*lists.T).statistic / (m * (n - 1))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1h30m", 5400), ("45", 45), ("0.5h", 1800)])
def test_times_are_read(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "10x", "m", "0s", "-5"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InputError, match="no time"):
        seconds_of(text)


def test_measures_fit_in_their_order():
    class One:
        def __init__(self, name):
            self.name = name

    chosen, left_out = fitting([One(n) for n in "abcd"], {"a": 5, "b": 100, "c": 4}, 10)
    assert [one.name for one in chosen] == ["a", "c"]
    assert "100 s" not in left_out["d"]
    assert "would take 2 min, and 5 s are left" in left_out["b"]
