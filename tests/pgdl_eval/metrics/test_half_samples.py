"""The resamples behind every interval, and the intervals of the score."""

import itertools

import numpy as np
import pytest

from pgdl_eval.metrics.half_samples import RESAMPLES, Interval, deviation, half_membership, half_samples
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing
from pgdl_eval.metrics.score_interval import half_pairings, mean_interval, score_interval, scores_of_halves

SIZES = (2, 2, 2, 2, 2)
CELLS = list(itertools.product(*map(range, SIZES)))
NAMES = {f"h{axis}": [str(cell[axis]) for cell in CELLS] for axis in range(len(SIZES))}


def interval_of(measure, gap):
    models = pairing(gap, NAMES)
    score = float(conditional_mutual_information(measure, models))
    return score, score_interval(score, scores_of_halves(measure, half_pairings(models)), len(measure))


@pytest.mark.parametrize("models", [8, 9, 96])
def test_a_half_sample_holds_no_model_twice_and_every_model_is_in_about_half_of_them(models):
    halves, chosen = half_samples(models), half_membership(models)
    assert halves.shape == (RESAMPLES, models // 2)
    assert all(len(set(half)) == models // 2 for half in halves.tolist())
    np.testing.assert_array_equal(chosen.sum(axis=1), models // 2)
    np.testing.assert_allclose(chosen.mean(axis=0), (models // 2) / models, atol=0.06)


@pytest.mark.parametrize("models", [9, 40])
def test_the_deviation_of_a_mean_is_its_standard_error(models):
    values = np.random.default_rng(0).standard_normal(models)
    means = values[half_samples(models)].mean(axis=1)
    assert deviation(means, models) == pytest.approx(values.std(ddof=1) / np.sqrt(models), rel=0.06)


def test_copies_of_models_would_raise_the_score_and_half_samples_have_none():
    """Why the bootstrap is not used: on a random measure its mean score is far above that of new random measures."""
    rng = np.random.default_rng(1)
    fresh, resampled = [], []
    for _ in range(60):
        measure, gap = rng.random((2, 32))
        fresh.append(conditional_mutual_information(measure, pairing(gap, NAMES)))
        copies = rng.integers(0, 32, 32)
        names = {name: [values[i] for i in copies] for name, values in NAMES.items()}
        resampled.append(conditional_mutual_information(measure[copies], pairing(gap[copies], names)))
    assert np.mean(resampled) > 2 * np.mean(fresh)


@pytest.mark.parametrize("levels", [3, 10**6])
def test_the_scores_of_half_samples_are_those_of_tasks_of_half_the_models(levels):
    rng = np.random.default_rng(2)
    gap, measure = rng.random(32), rng.integers(0, levels, 32).astype(float)
    found = scores_of_halves(measure, half_pairings(pairing(gap, NAMES)))
    assert found.shape == (RESAMPLES,)
    for half, score in itertools.islice(zip(half_samples(32), found, strict=True), 0, None, 20):
        names = {name: [values[i] for i in half] for name, values in NAMES.items()}
        expected = float(conditional_mutual_information(measure[half], pairing(gap[half], names)))
        assert score == pytest.approx(expected, abs=1e-12)


def test_the_score_lies_in_its_interval_and_only_a_perfect_one_has_none():
    rng = np.random.default_rng(3)
    gap = rng.random(32)
    for weight in (0, 1, 3, 30):
        score, interval = interval_of(weight * gap + rng.random(32), gap)
        assert 0 <= interval.low <= score <= interval.high <= 1
    assert interval_of(np.zeros(32), gap)[1].high < 0.1
    assert np.isnan(interval_of(gap, gap)[1].low)


def test_intervals_of_the_score_and_of_a_mean_cover_the_mean_score_of_simulated_tasks():
    rng, correlation = np.random.default_rng(4), 0.45

    def draw():
        gap, noise = rng.standard_normal((2, 32))
        return correlation * gap + np.sqrt(1 - correlation**2) * noise, gap

    simulated = (draw() for _ in range(400))
    truth = np.mean([conditional_mutual_information(measure, pairing(gap, NAMES)) for measure, gap in simulated])
    found = [interval_of(*draw()) for _ in range(100)]
    means = [mean_interval(*zip(*found[i : i + 2], strict=True)) for i in range(0, 100, 2)]
    for intervals in ([interval for _, interval in found], means):
        assert np.mean([interval.low <= truth <= interval.high for interval in intervals]) >= 0.92


def test_the_interval_of_a_mean_of_equal_ones_is_narrower_by_the_root_of_their_number():
    found = mean_interval([0.3] * 4, [Interval(0.1, 0.7)] * 4)
    assert (found.low, found.high) == pytest.approx((0.2, 0.5))
    assert np.isnan(mean_interval([0.3, 1.0], [Interval(0.1, 0.7), Interval(np.nan, np.nan)]).low)
