"""What several seeds of the same settings tell: the ceiling of measures of the setting, and how far measures move."""

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from complexity.errors import InputError
from pgdl_eval.metrics.ceiling import ceiling
from pgdl_eval.metrics.evaluation import evaluate, mean_score, task_statistics
from pgdl_eval.metrics.fragility import fragility
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing
from pgdl_eval.metrics.seed_names import grid_and_seed, seed_name, seeds_of_tasks
from pgdl_eval.metrics.variance_components import variance_components

CELLS = list(itertools.product(range(2), range(3), range(2), range(2)))
MODELS = [f"model_{i}" for i in range(24)]
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


def evaluated(names, gap_of_seed, measure):
    """The mean score of a measure of the setting over the tasks of these names."""
    tasks = [task_statistics(MODELS, gap, NAMES) for gap in gap_of_seed]
    rows = [evaluate(name, "m", measure, task) for name, task in zip(names, tasks, strict=True)]
    return rows, mean_score(rows, [measure] * len(rows), tasks)


def test_the_mean_over_equal_seeds_is_no_surer_than_one_of_them_and_that_over_other_tasks_is():
    rng = np.random.default_rng(2)
    gap = rng.random(24)
    measure = gap + 0.8 * rng.random(24)
    (one, *_), seeds = evaluated(("zoo", "zoo.seed_1"), [gap, gap], measure)
    _, tasks = evaluated(("zoo", "other"), [gap, gap], measure)
    assert seeds.score == tasks.score == pytest.approx(one.score)
    assert seeds.score_interval == pytest.approx(one.score_interval)
    assert seeds.adds.interval == pytest.approx(one.adds.interval)
    assert seeds.adds.p_value == one.adds.p_value
    assert (seeds.noise.percentile_95, seeds.noise.p_value) == (one.noise.percentile_95, one.noise.p_value)
    assert tasks.adds.interval.low > one.adds.interval.low
    assert tasks.adds.p_value < one.adds.p_value
    assert tasks.noise.percentile_95 < one.noise.percentile_95


def test_seeds_are_known_by_their_names():
    assert [grid_and_seed(name) for name in ("zoo", "zoo.seed_1", "zoo.seed_12", "zoo.seed_0", "zoo.seed_x")] == [
        ("zoo", 0), ("zoo", 1), ("zoo", 12), ("zoo.seed_0", 0), ("zoo.seed_x", 0),
    ]  # fmt: skip
    assert seeds_of_tasks(["b", "a.seed_2", "a", "a.seed_1"]) == {"b": ("b",), "a": ("a", "a.seed_1", "a.seed_2")}
    assert seed_name("zoo", 0) == "zoo"
    assert grid_and_seed(seed_name("zoo", 3)) == ("zoo", 3)
