"""What several seeds of the same settings tell: the ceiling of measures of the setting, and how far measures move."""

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from complexity.errors import InputError
from pgdl_eval.metrics.ceiling import ceiling
from pgdl_eval.metrics.fragility import fragility
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing
from pgdl_eval.metrics.variance_components import variance_components

CELLS = list(itertools.product(range(2), range(3), range(2), range(2)))
NAMES = {f"h{axis}": [str(cell[axis]) for cell in CELLS] for axis in range(4)}


def gaps(seeds, noise, rng):
    return rng.random(24) + noise * rng.normal(size=(seeds, 24))


def test_the_ceiling_is_the_mean_over_ordered_pairs_of_seeds():
    drawn = gaps(3, 0.1, np.random.default_rng(0))
    found = ceiling(drawn, NAMES)
    pairs = list(itertools.permutations(drawn, 2))
    scores = [float(conditional_mutual_information(one, pairing(other, NAMES))) for one, other in pairs]
    assert found.seeds == 3
    assert found.score == pytest.approx(np.mean(scores))
    assert found.spearman == pytest.approx(np.mean([spearmanr(*pair).statistic for pair in pairs]))


def test_equal_seeds_tell_everything_and_unrelated_ones_nothing():
    rng = np.random.default_rng(1)
    one = rng.random(24)
    same = ceiling(np.array([one, one]), NAMES)
    assert (same.score, same.spearman, same.share_between_seeds) == pytest.approx((1, 1, 0))
    unrelated = [ceiling(rng.random((2, 24)), NAMES) for _ in range(40)]
    assert abs(np.mean([found.spearman for found in unrelated])) < 0.1
    assert np.mean([found.share_between_seeds for found in unrelated]) > 0.85


def test_the_components_of_variance_are_those_that_the_values_were_drawn_with():
    rng = np.random.default_rng(2)
    drawn = [variance_components(3 * rng.normal(size=30) + 2 * rng.normal(size=(2, 30))) for _ in range(400)]
    assert np.mean([one.seeds for one in drawn]) == pytest.approx(4, rel=0.05)
    assert np.mean([one.settings for one in drawn]) == pytest.approx(9, rel=0.05)
    assert np.isnan(variance_components(np.ones((2, 5))).share_of_seeds)


def test_fragility_is_nothing_for_equal_seeds_and_one_for_noise_whatever_the_unit():
    rng = np.random.default_rng(3)
    setting = rng.normal(size=24)
    assert fragility(np.array([setting, setting])) == 0
    assert np.mean([fragility(rng.normal(size=(2, 24))) for _ in range(300)]) == pytest.approx(1, abs=0.05)
    some = setting + 0.5 * rng.normal(size=(4, 24))
    assert fragility(7 + 1e6 * some) == pytest.approx(fragility(some))
    assert 0.2 < fragility(some) < 0.8
    assert np.isnan(fragility(np.full((2, 24), 5.0)))


@pytest.mark.parametrize("function", [lambda values: ceiling(values, NAMES), fragility, variance_components])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((1, 24)), "seeds: no second seed (expected two seeds of each setting at least, found 1 of them)"),
        (np.ones(24), "seeds: no second seed (expected two seeds of each setting at least, found (24,))"),
        (np.ones((2, 1)), "settings: no second setting (expected at least 2, found 1)"),
        (np.where(np.arange(48).reshape(2, 24) == 27, np.nan, 1.0), "seeds: no finite value of setting 3 with seed 1"),
    ],
)
def test_what_lacks_a_seed_a_setting_or_a_value_is_an_error(function, values, message):
    with pytest.raises(InputError) as caught:
        function(values)
    assert str(caught.value) == message


def test_gaps_of_other_settings_are_an_error_and_constant_ones_have_no_correlation():
    with pytest.raises(InputError) as caught:
        ceiling(np.random.default_rng(4).random((2, 23)), NAMES)
    assert str(caught.value) == "gaps: not one gap for each setting (expected shape (seeds, 24), found (2, 23))"
    found = ceiling(np.array([np.full(24, 0.3), np.random.default_rng(5).random(24)]), NAMES)
    assert np.isnan(found.spearman)
