"""How the score moves with the weight of the second measure."""

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata

from complexity.errors import InputError
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing
from pgdl_eval.metrics.weight_sweep import score_by_weight
from pgdl_eval.report.weight_figure import write_weight_figure

WEIGHTS = np.array([0, 0.05, 0.3, 1])


@pytest.fixture
def task():
    cells = list(itertools.product("ab", "xyz", "12"))
    rng = np.random.default_rng(0)
    gap = rng.random(len(cells))
    names = {f"h{axis}": [cell[axis] for cell in cells] for axis in range(3)}
    return pairing(gap, names), gap + 0.4 * rng.random(len(cells)), np.round(gap + rng.random(len(cells)), 1)


def test_each_weight_has_the_score_of_the_weighted_mean_rank(task):
    models, first, second = task
    ranks = np.array([rankdata(first) + weight * rankdata(second) for weight in WEIGHTS])
    expected = conditional_mutual_information(np.round(ranks, 9), models)
    np.testing.assert_array_equal(score_by_weight(first, second, models, weights=WEIGHTS), expected)
    assert len(np.unique(expected)) > 1


def test_by_the_footrule_no_weight_below_one_moves_a_list_without_ties(task):
    models, first, second = task
    scores = score_by_weight(first, second, models, weights=WEIGHTS[:3], method="footrule")
    np.testing.assert_array_equal(scores, conditional_mutual_information(first, models))


def test_the_figure_is_a_picture_that_is_the_same_each_time(tmp_path):
    scores = {"task1": np.linspace(0.1, 0.3, 4), "task2": np.linspace(0.2, 0, 4)}
    for name in ("first.png", "second.png"):
        write_weight_figure(tmp_path / "new" / name, "a+b", WEIGHTS, scores, {"task1": 0.05, "task2": 0.02})
    content = (tmp_path / "new" / "first.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert content == (tmp_path / "new" / "second.png").read_bytes()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="the picture cannot be written"):
        write_weight_figure(tmp_path / "file" / "a.png", "a+b", WEIGHTS, scores, {"task1": 0.05, "task2": 0.02})
