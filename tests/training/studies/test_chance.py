"""Angles calibrated against permuted rows: the null by its moments, by sampling and by permuted matrices."""

import numpy as np
import pytest
from scipy.stats import kstest

from training.studies.chance import (
    SMALLEST,
    calibrated,
    permutation_null,
    permuted_degrees,
    permuted_subspace_degrees,
)
from training.studies.vectors import degrees, largest_angles


def left_vectors(matrix, center, k=1):
    return np.linalg.svd(matrix - center * matrix.mean(axis=0), full_matrices=False)[0][:, :k]


@pytest.mark.parametrize("center", [False, True])
def test_p_values_of_independent_matrices_are_uniform(center):
    rng, found = np.random.default_rng(0), []
    for _ in range(500):
        first, second = (np.maximum(rng.standard_normal((60, 5)), 0) for _ in range(2))
        u, v = (left_vectors(matrix, center)[:, 0] for matrix in (first, second))
        found.append(calibrated(degrees(u, v), u, v)["p_value"])
    assert kstest(found, "uniform").pvalue > 0.05
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.025)


def test_a_common_cause_has_small_p_values_and_half_of_the_way_an_effect_of_a_half():
    rng = np.random.default_rng(0)
    cause = rng.standard_normal((300, 1))
    u, v = (left_vectors(cause + 0.3 * rng.standard_normal((300, 5)), True)[:, 0] for _ in range(2))
    found = calibrated(degrees(u, v), u, v)
    assert found["p_value"] == SMALLEST
    assert found["effect"] == pytest.approx(1 - degrees(u, v) / found["chance"])
    null = permutation_null(u, v)
    assert null.effect(null.quantile(0.5) / 2) == pytest.approx(0.5)


@pytest.mark.parametrize("offset", [0.0, 2.0])
def test_identity_has_effect_one_and_chance_effect_nought(offset):
    u = np.random.default_rng(0).standard_normal(200) + offset
    found = calibrated(degrees(u, u), u, u)
    assert found["effect"] == pytest.approx(1, abs=1e-6)
    assert found["p_value"] == SMALLEST
    assert calibrated(found["chance"], u, u)["effect"] == 0
    assert calibrated(found["chance"], u, u)["p_value"] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("offset", [0.0, 0.3, 3.0])
def test_the_null_by_its_moments_is_that_of_sampled_permutations(offset):
    rng = np.random.default_rng(1)
    u, v = (np.maximum(rng.standard_normal(400), -0.5) + offset for _ in range(2))
    drawn, null = permuted_degrees(u, v, 4000, rng), permutation_null(u, v)
    for share in (0.05, 0.5, 0.95):
        assert np.mean(drawn <= null.quantile(share)) == pytest.approx(share, abs=0.02)
    assert null.p_value(float(np.quantile(drawn, 0.1))) == pytest.approx(0.1, abs=0.02)


def test_permuting_the_rows_of_a_matrix_permutes_the_entries_of_its_p_vector():
    rng = np.random.default_rng(0)
    matrix, order = rng.standard_normal((50, 6)) + 1, rng.permutation(50)
    for center in (False, True):
        u, permuted = left_vectors(matrix, center)[:, 0], left_vectors(matrix[order], center)[:, 0]
        assert abs(u[order] @ permuted) == pytest.approx(1)
        kept, moved = (np.linalg.svd(m - center * m.mean(axis=0), compute_uv=False) for m in (matrix, matrix[order]))
        assert kept == pytest.approx(moved)


def test_the_constant_vector_is_as_near_as_any_permutation():
    u = np.random.default_rng(0).standard_normal(100) + 1
    found = calibrated(degrees(u, np.ones(100)), u, np.ones(100))
    assert found["effect"] == pytest.approx(0, abs=1e-6)
    assert found["p_value"] == 1


def test_an_unknown_vector_has_no_null():
    found = calibrated(np.nan, np.full(5, np.nan), np.ones(5))
    assert all(np.isnan(value) for value in found.values())


def test_permuted_subspaces_have_the_angles_of_permuted_bases():
    rng = np.random.default_rng(0)
    u, v = (np.linalg.qr(rng.standard_normal((80, 4)))[0] for _ in range(2))
    order = rng.permutation(80)
    (found,) = permuted_subspace_degrees(u, v, order[None])
    assert found == pytest.approx(largest_angles(u, v[order]))
