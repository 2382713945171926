"""The competition's score against a slow loop written from its definition, and against the official numbers."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from complexity.errors import InputError
from pgdl_eval.formats.predictions import read_predictions
from pgdl_eval.formats.reference import read_reference
from pgdl_eval.metrics.mutual_information import (
    conditional_mutual_information,
    joined_values_collide,
    signed_score,
)
from pgdl_eval.metrics.noise_band import mean_of_tasks, noise_band, permuted_scores, random_scores
from pgdl_eval.metrics.pairing import pairing

TASKS = ("task1_v4", "task2_v1")
SETS = ("max_rbf_neighbor", "rbf", "vc_dimension", "vpm_1", "vpm_80", "vr", "wcv")


def grid(*sizes):
    cells = list(itertools.product(*(range(size) for size in sizes)))
    return {f"h{axis}": [str(cell[axis]) for cell in cells] for axis in range(len(sizes))}


def slow_cells(measure, gap, names, *, self_pairs=True):
    """The pairs of each cell for a pair of hyper-parameters: (gap greater, measure greater, is a self-pair)."""
    cells = {}
    for i, j in itertools.product(range(len(gap)), repeat=2):
        if i != j or self_pairs:
            key = tuple(values[m] for values in names for m in (i, j))
            cells.setdefault(key, []).append((bool(gap[i] > gap[j]), bool(measure[i] > measure[j]), i == j))
    return cells.values()


def slow_information(pairs):
    """Mutual information in bits, and the entropy of the gap as the official program computes it."""
    total, information = len(pairs), 0.0
    share = {g: sum(pair[0] is g for pair in pairs) / total for g in (True, False)}
    above = {m: sum(pair[1] is m for pair in pairs) / total for m in (True, False)}
    for g, m in itertools.product((True, False), repeat=2):
        joint = sum(pair[:2] == (g, m) for pair in pairs) / total
        if joint:
            information += joint * math.log2(joint / (share[g] * above[m]))
    return information, -sum(p * math.log2(p + 1e-12) for p in share.values())


def slow_score(measure, gap, hyperparameters, *, self_pairs=True):
    """The definition, one ordered pair of models after the other."""
    ratios = []
    for names in itertools.permutations(hyperparameters.values(), 2):
        found = [slow_information(pairs) for pairs in slow_cells(measure, gap, names, self_pairs=self_pairs)]
        ratios.append(sum(information for information, _ in found) / sum(entropy for _, entropy in found))
    return min(ratios)


def slow_signed_score(measure, gap, hyperparameters):
    """The same with each cell's information signed by the covariance of the two relations over its true pairs."""
    ratios = []
    for names in itertools.combinations(hyperparameters.values(), 2):
        information = signed = entropy = 0.0
        for pairs in slow_cells(measure, gap, names):
            of_cell, entropy_of_cell = slow_information(pairs)
            true_pairs = np.array([pair[:2] for pair in pairs if not pair[2]], float).reshape(-1, 2)
            covariance = np.cov(true_pairs.T, bias=True)[0, 1] if len(true_pairs) > 1 else 0.0
            information, entropy = information + of_cell, entropy + entropy_of_cell
            signed += of_cell * np.sign(np.round(covariance, 12))
        ratios.append((information / entropy, signed / entropy))
    return min(ratios, key=lambda ratio: ratio[0])[1]


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
    for measure, score in zip(measures, expected, strict=True):
        assert signed_score(measure, models) == pytest.approx(slow_signed_score(measure, gap, names), abs=1e-12)
        assert abs(signed_score(measure, models)) <= score + 1e-12


def test_a_perfect_prediction_scores_a_little_above_one_as_officially():
    gap = np.random.default_rng(0).random(24)
    score = float(conditional_mutual_information(gap, pairing(gap, grid(2, 3, 4))))
    assert f"{100 * score:.11f}" == "100.00000000029" or score == pytest.approx(1.0, abs=1e-11)
    assert score > 1


def test_self_pairs_count():
    gap, measure = np.random.default_rng(1).random((2, 8))
    names = grid(2, 2, 2)
    score = float(conditional_mutual_information(measure, pairing(gap, names)))
    assert score == pytest.approx(slow_score(measure, gap, names), abs=1e-12)
    assert score != pytest.approx(slow_score(measure, gap, names, self_pairs=False), abs=1e-3)


def test_ties_break_the_scores_blindness_to_direction_and_self_pairs_are_ties():
    rng = np.random.default_rng(3)
    gap, names = rng.random(16), grid(2, 2, 2, 2)
    models = pairing(gap, names)
    for measure in (rng.random(16), rng.integers(0, 3, 16).astype(float), gap):
        score, turned = conditional_mutual_information(np.array([measure, -measure]), models)
        assert score != pytest.approx(turned, abs=1e-3)
    free = rng.random(16)
    scores = [slow_score(sign * free, gap, names, self_pairs=False) for sign in (1, -1)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-12)


def test_the_signed_score_says_whether_a_measure_rises_or_falls_with_the_gap():
    gap = np.random.default_rng(3).random(16)
    models = pairing(gap, grid(2, 2, 2, 2))
    assert signed_score(gap, models) == pytest.approx(1)
    assert signed_score(-gap, models) == -conditional_mutual_information(-gap, models)


def test_the_signed_score_is_negative_where_a_measure_rises_with_the_gap_only_from_group_to_group():
    within, noise = np.random.default_rng(5).random((2, 32))
    names = grid(2, 2, 8)
    group = 10.0 * (np.array(names["h0"]) == "1") + 20.0 * (np.array(names["h1"]) == "1")
    gap, measure = group + within, group - within + noise
    assert spearmanr(measure, gap).statistic > 0.8
    assert signed_score(measure, pairing(gap, names)) < -0.15


def test_a_measure_that_is_constant_scores_nothing():
    gap = np.random.default_rng(4).random(12)
    models = pairing(gap, grid(3, 2, 2))
    assert float(conditional_mutual_information(np.zeros(12), models)) == 0
    assert signed_score(np.zeros(12), models) == 0


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
    bands = [noise_band(0.0, s, s) for s in (*scores, mean_of_tasks(scores))]
    assert [band.mean for band in bands] == pytest.approx([0.44, 2.0, 1.24], abs=0.12)
    assert [band.percentile_95 for band in bands] == pytest.approx([1.1, 3.8, 2.1], abs=0.25)


def test_the_p_value_counts_permutations_that_do_as_well():
    scores = np.arange(99) / 100
    assert noise_band(0.5, np.zeros(9), scores).p_value == pytest.approx(50 / 100)
    assert noise_band(2.0, np.zeros(9), scores).p_value == pytest.approx(1 / 100)


def test_permutations_keep_the_ties_of_a_measure():
    gap = np.random.default_rng(6).random(16)
    models = pairing(gap, grid(2, 2, 2, 2))
    rare = np.eye(16)[0]
    possible = conditional_mutual_information(np.eye(16), models)
    found = permuted_scores(rare, models)
    assert np.isclose(found[:, None], possible, atol=1e-12).any(axis=1).all()
    assert random_scores(models).max() > 2 * possible.max()
