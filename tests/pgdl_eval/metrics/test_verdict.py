"""Words for scores: what encodes hyper-parameters alone, and when a mean over tasks has a direction."""

import itertools

import numpy as np
import pytest

from pgdl_eval.metrics.evaluation import evaluate, mean_score, task_statistics

SIZES = (2, 2, 2, 2, 2)
CELLS = np.array(list(itertools.product(*map(range, SIZES))))
NAMES = {f"h{axis}": tuple(map(str, CELLS[:, axis])) for axis in range(5)}
EFFECTS = CELLS @ np.array([0.2, 0.13, 0.1, 0.06, 0.03])


def statistics(gap):
    return task_statistics([f"model_{i}" for i in range(len(gap))], gap, NAMES)


@pytest.fixture(scope="module")
def task():
    """Gaps of which the hyper-parameters explain most."""
    return statistics(EFFECTS + 0.05 * np.random.default_rng(0).normal(size=32))


def mean_of(values, tasks):
    rows = [evaluate(str(i), "m", one, of) for i, (one, of) in enumerate(zip(values, tasks, strict=True))]
    return rows, mean_score(rows, values, tasks)


def test_a_measure_that_is_the_hyperparameters_effects_has_nothing_beyond_them(task):
    jitter = np.random.default_rng(1).normal(size=32)
    for values in (EFFECTS + 1e-3 * jitter, np.exp(9 * EFFECTS) * (1 + 1e-3 * jitter), CELLS[:, 0].astype(float)):
        found = evaluate("task", "m", values, task)
        if found.score > found.noise.percentile_95:
            assert found.verdict == "nothing beyond the hyper-parameters"
            assert found.adds.p_value >= 0.05
    assert evaluate("task", "m", EFFECTS, task).score > task.random.max()


def test_a_measure_that_knows_the_rest_is_above_noise_or_reversed(task):
    found = evaluate("task", "m", task.gap, task)
    assert (found.verdict, found.adds.p_value, found.adds.value) == ("above noise", 1 / 1001, pytest.approx(1))
    assert evaluate("task", "m", -task.gap, task).verdict == "reversed"


def test_where_hyperparameters_leave_no_freedom_the_verdict_is_the_scores(task):
    names = {"which": tuple(map(str, range(8))), "same": ("1",) * 8}
    gap = np.random.default_rng(2).random(8)
    tiny = task_statistics([f"model_{i}" for i in range(8)], gap, names)
    found = evaluate("task", "m", gap, tiny)
    assert np.isnan(found.adds.value)
    assert found.verdict in ("above noise", "within noise")


def test_a_floor_has_no_partial_correlation(task):
    assert np.isnan(evaluate("task", "floor", task.gap, task, floor=True).adds.value)


def test_a_mean_of_opposite_directions_is_mixed_though_its_score_is_above_noise():
    tasks = [statistics(np.random.default_rng(seed).random(32)) for seed in (3, 4)]
    rows, found = mean_of([tasks[0].gap, -tasks[1].gap], tasks)
    assert [row.verdict for row in rows] == ["above noise", "reversed"]
    assert found.score > found.noise.percentile_95
    assert found.verdict == "mixed"


def test_a_noisy_task_does_not_turn_the_mean_of_clear_ones():
    """One measure that follows the gap on three tasks, and knows nothing on a fourth of eight models."""
    rng = np.random.default_rng(5)
    tasks = [statistics(rng.random(32)) for _ in range(3)]
    small = {"a": ("0", "1") * 4, "b": ("0", "0", "1", "1") * 2, "c": ("0",) * 4 + ("1",) * 4}
    tasks.append(task_statistics([f"model_{i}" for i in range(8)], rng.random(8), small))
    values = [of.gap + 0.5 * rng.random(32) for of in tasks[:3]]
    signed = []
    for _ in range(15):
        rows, found = mean_of([*values, rng.random(8)], tasks)
        if found.score > found.noise.percentile_95 and rows[3].score <= rows[3].noise.percentile_95:
            signed.append(found.signed_score)
            assert found.verdict == "above noise"
    assert len(signed) > 5


def test_a_mean_over_tasks_of_a_measure_that_encodes_hyperparameters_has_nothing_beyond_them():
    rng = np.random.default_rng(6)
    tasks = [statistics(EFFECTS + 0.05 * rng.normal(size=32)) for _ in range(2)]
    _, found = mean_of([EFFECTS + 1e-3 * rng.normal(size=32) for _ in tasks], tasks)
    assert found.score > found.noise.percentile_95
    assert (found.verdict, found.adds.p_value >= 0.05) == ("nothing beyond the hyper-parameters", True)


def test_random_measures_have_a_direction_in_the_mean_in_one_of_twenty():
    from pgdl_eval.metrics.noise_band import noise_band
    from pgdl_eval.metrics.verdict import Directed, mean_direction

    rng = np.random.default_rng(7)
    tasks = [statistics(rng.random(32)) for _ in range(3)]
    noise = [noise_band(0.0, of.random, of.random) for of in tasks]
    directions = []
    for drawn in rng.integers(0, 1000, (1000, 3)):
        signed = [float(of.random_signed[i]) for of, i in zip(tasks, drawn, strict=True)]
        parts = zip(signed, noise, tasks, strict=True)
        directions.append(
            mean_direction([Directed(0.0, one, band, of.random_signed, str(id(of))) for one, band, of in parts])
        )
    assert 0.03 < np.mean(np.abs(directions)) < 0.07
    assert abs(np.mean(directions)) < 0.03


def test_the_public_cross_entropy_is_mixed_in_the_mean(shared_data):
    """Its only task above noise goes in the declared direction; the other one lies within its noise, against it."""
    from pgdl_eval.scoreboard import reference_files, scoreboard

    board = scoreboard(reference_files(shared_data / "pgdl" / "public"))
    folder = shared_data / "pgdl" / "more_predictions" / "cross_entropy"
    row = board.add("cross_entropy", {task: folder / f"{task}.predict" for task in board.names})
    assert [row.evaluations[task].verdict for task in board.names] == ["above noise", "within noise"]
    assert row.evaluations["task1_v4"].signed_score > 0 > row.mean.signed_score
    assert row.mean.verdict == "mixed"
