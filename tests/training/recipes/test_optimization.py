"""Learning rates over a run."""

import pytest

from training.recipes.optimization import Optimization


def test_learning_rates_follow_their_schedule():
    steps = Optimization("sgd", 0.1, "test", milestones=(0.5, 0.75), warmup_iterations=400)
    rates = [steps.rate(iteration, 1000) for iteration in (0, 49, 50, 499, 500, 749, 750, 999)]
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    cosine = Optimization("adam", 0.2, "test")
    assert [cosine.rate(iteration, 100) for iteration in (0, 50, 100)] == pytest.approx([0.2, 0.1, 0])
    cycle = Optimization("adam", 0.2, "test", rise=0.2)
    assert [cycle.rate(iteration, 100) for iteration in (0, 9, 19, 20, 60, 100)] == pytest.approx(
        [0.01, 0.1, 0.2, 0.2, 0.1, 0]
    )
