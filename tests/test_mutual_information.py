"""The competition's score against a slow loop written from its definition, and against the official numbers."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complexity.errors import InputError
from pgdl_eval.formats.model_configs import read_reference
from pgdl_eval.formats.predictions import read_predictions
from pgdl_eval.metrics.mutual_information import (
    conditional_mutual_information,
    joined_values_collide,
    pairing,
    signed_agreement,
)
from pgdl_eval.metrics.noise_band import mean_of_tasks, noise_band, random_scores

TASKS = ("task1_v4", "task2_v1")
SETS = ("max_rbf_neighbor", "rbf", "vc_dimension", "vpm_1", "vpm_80", "vr", "wcv")


def grid(*sizes):
    cells = list(itertools.product(*(range(size) for size in sizes)))
    return {f"h{axis}": [str(cell[axis]) for cell in cells] for axis in range(len(sizes))}


def slow_score(measure, gap, hyperparameters):
    """The definition, one ordered pair of models after the other; also the largest ratio, to see that min is taken."""
    models, ratios = range(len(gap)), []
    for first, second in itertools.permutations(hyperparameters, 2):
        cells = {}
        for i, j in itertools.product(models, models):
            key = tuple(hyperparameters[h][m] for h in (first, second) for m in (i, j))
            cells.setdefault(key, []).append((bool(gap[i] > gap[j]), bool(measure[i] > measure[j])))
        information = entropy = 0.0
        for pairs in cells.values():
            total = len(pairs)
            share = {g: sum(pair[0] is g for pair in pairs) / total for g in (True, False)}
            above = {m: sum(pair[1] is m for pair in pairs) / total for m in (True, False)}
            for g, m in itertools.product((True, False), repeat=2):
                joint = sum(pair == (g, m) for pair in pairs) / total
                if joint:
                    information += joint * math.log2(joint / (share[g] * above[m]))
            entropy -= sum(p * math.log2(p + 1e-12) for p in share.values())
        ratios.append(information / entropy)
    return min(ratios)


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.sampled_from([(2, 2), (3, 2), (2, 2, 2), (1, 4), (3, 2, 2)]),
    levels=st.sampled_from([2, 5, 10**6]),
    seed=st.integers(0, 2**31),
)
def test_the_score_equals_the_slow_definition_with_and_without_ties(sizes, levels, seed):
    rng = np.random.default_rng(seed)
    names = grid(*sizes)
    gap, measures = rng.integers(0, levels, math.prod(sizes)) / levels, rng.integers(0, levels, (3, math.prod(sizes)))
    if np.ptp(gap) == 0:
        gap[0] += 1
    models = pairing(gap, names)
    expected = [slow_score(list(measure), list(gap), names) for measure in measures]
    assert conditional_mutual_information(measures, models) == pytest.approx(expected, abs=1e-12)
    assert float(conditional_mutual_information(measures[0], models)) == pytest.approx(expected[0], abs=1e-12)


def test_a_perfect_prediction_scores_a_little_above_one_as_officially():
    gap = np.random.default_rng(0).random(24)
    score = float(conditional_mutual_information(gap, pairing(gap, grid(2, 3, 4))))
    assert f"{100 * score:.11f}" == "100.00000000029" or score == pytest.approx(1.0, abs=1e-11)
    assert score > 1


def test_self_pairs_count():
    gap = np.random.default_rng(1).random(8)
    names = grid(2, 2, 2)
    shuffled = np.random.default_rng(2).random(8)
    with_self_pairs = float(conditional_mutual_information(shuffled, pairing(gap, names)))
    assert with_self_pairs == pytest.approx(slow_score(list(shuffled), list(gap), names), abs=1e-12)


def test_the_score_is_blind_to_direction_without_ties_but_not_with_them():
    rng = np.random.default_rng(3)
    gap, names = rng.random(16), grid(2, 2, 2, 2)
    models = pairing(gap, names)
    free, tied = rng.random(16), rng.integers(0, 3, 16).astype(float)
    assert signed_agreement(gap, gap, models) == 1
    assert signed_agreement(-gap, gap, models) == -1
    scores = conditional_mutual_information(np.array([free, -free, tied, -tied]), models)
    assert scores[2] != pytest.approx(scores[3], abs=1e-6)
    assert np.isfinite(scores).all()


def test_a_measure_that_is_constant_scores_nothing():
    gap = np.random.default_rng(4).random(12)
    models = pairing(gap, grid(3, 2, 2))
    assert float(conditional_mutual_information(np.zeros(12), models)) == 0
    assert signed_agreement(np.zeros(12), gap, models) == 0


def test_one_hyperparameter_is_an_error():
    with pytest.raises(InputError, match="pairs of hyper-parameters"):
        pairing(np.arange(4.0), grid(4))


def test_values_that_collide_when_joined_are_noticed_and_scored_exactly():
    colliding = {"a": ["1", "11", "1", "11"], "b": ["12", "12", "2", "2"]}
    assert joined_values_collide({"a": ["1", "11"], "b": ["12", "2"]})
    assert not joined_values_collide({"a": ["1", "3"], "b": ["256", "512"]})
    gap, measure = [0.1, 0.3, 0.2, 0.5], [1.0, 2.0, 4.0, 3.0]
    renamed = {"a": ["p", "q", "p", "q"], "b": ["r", "r", "s", "s"]}
    scores = [float(conditional_mutual_information(measure, pairing(np.array(gap), n))) for n in (colliding, renamed)]
    assert scores[0] == scores[1]


@pytest.fixture(scope="module")
def public(shared_data):
    folder = shared_data / "pgdl" / "public"
    references = {task: read_reference(folder / "reference_data" / task / "model_configs.json") for task in TASKS}
    return folder, references, {task: pairing(r.gap, r.hyperparameters) for task, r in references.items()}


@pytest.mark.parametrize("name", SETS)
def test_the_official_numbers_are_reproduced(public, name):
    folder, references, models = public
    official = json.loads((folder / "official_scores.json").read_text())[name]
    scores = []
    for task in TASKS:
        values = read_predictions(folder / "predictions" / name / f"{task}.predict", references[task].models)
        scores.append(float(conditional_mutual_information(values, models[task])))
        assert scores[-1] == pytest.approx(official[f"task_{task}_score"], abs=1e-12)
    assert 100 * np.mean(scores) == pytest.approx(official["task_average_score"], abs=1e-12)


def test_random_measures_reach_what_was_measured_with_300_of_them(public):
    _, _, models = public
    scores = [100 * random_scores(models[task]) for task in TASKS]
    bands = [noise_band(0.0, s) for s in (*scores, mean_of_tasks(scores))]
    assert [band.mean for band in bands] == pytest.approx([0.44, 2.0, 1.24], abs=0.1)
    assert [band.percentile_95 for band in bands] == pytest.approx([1.1, 3.8, 2.1], abs=0.25)


def test_the_p_value_counts_random_measures_that_do_as_well():
    scores = np.arange(99) / 100
    assert noise_band(0.5, scores).p_value == pytest.approx(50 / 100)
    assert noise_band(2.0, scores).p_value == pytest.approx(1 / 100)
