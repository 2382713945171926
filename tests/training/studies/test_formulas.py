"""The angles, spectra, densities and correlations of the studies against direct formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde

from complexity import angle
from complexity.errors import InputError
from training.studies.accuracy_and_angle import correlations, given_epoch
from training.studies.low_rank import approximation_error, explained_variance, share_of_constant
from training.studies.value_distribution import CENTRES, EDGES, densities
from training.studies.vectors import degrees, largest_angles, random_degrees, random_matrix, random_vectors, to_constant


def test_random_relu_matrices_stand_as_far_apart_as_independence_says(cohort):
    rows, columns = 4000, 256
    # Row means are m + s/sqrt(d) noise, m = 1/sqrt(2 pi), s^2 = 1/2 - m^2; the P-vector is nearly that of row means.
    m = 1 / np.sqrt(2 * np.pi)
    expected = np.degrees(np.arccos(1 / (1 + (0.5 - m**2) / columns / m**2)))
    assert degrees(*random_vectors(rows, columns, "uncentered")) == pytest.approx(expected, abs=0.3)
    assert expected == pytest.approx(7.4, abs=0.1)
    assert degrees(*random_vectors(rows, columns, "centered")) > 80
    assert random_matrix(5, 4, 0).min() == 0
    assert 0 < random_degrees(cohort.members[0].trained, "train", "uncentered") < 60


def test_angles_to_the_constant_and_to_an_unknown_vector():
    assert to_constant(np.array([1.0, 0, 0, 0])) == pytest.approx(60)
    assert np.isnan(degrees(np.full(3, np.nan), np.ones(3)))


def test_explained_variance_and_error_are_those_of_the_best_approximation():
    matrix = np.random.default_rng(0).standard_normal((30, 8))
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    for k in (1, 3, 8):
        rest = np.linalg.norm(matrix - (u[:, :k] * s[:k]) @ vt[:k])
        assert approximation_error(s, k) == pytest.approx(rest / np.linalg.norm(matrix), abs=1e-12)
        assert explained_variance(s, k) == pytest.approx(1 - (rest / np.linalg.norm(matrix)) ** 2)


def test_the_constant_vector_explains_what_centring_takes_away():
    matrix = np.random.default_rng(0).standard_normal((30, 8)) + 0.7
    values = (np.linalg.svd(part, compute_uv=False) for part in (matrix, matrix - matrix.mean(axis=0)))
    constant = np.ones(30) / np.sqrt(30)
    expected = np.linalg.norm(constant @ matrix) ** 2 / np.linalg.norm(matrix) ** 2
    assert share_of_constant(*values) == pytest.approx(expected, abs=1e-12)


def test_densities_integrate_to_one_and_a_constant_vector_has_none():
    u = np.random.default_rng(0).standard_normal(5000)
    for density in densities(u / np.linalg.norm(u)):
        assert np.sum(density * np.diff(EDGES)) == pytest.approx(1, abs=1e-3)
        assert density[np.abs(CENTRES) < 0.1] == pytest.approx(1 / np.sqrt(2 * np.pi), abs=0.06)
    assert np.isnan(densities(np.ones(50) / np.sqrt(50))).all()


def test_a_common_trend_is_a_correlation_for_the_papers_way_alone():
    rng, rows = np.random.default_rng(0), []
    for seed in range(7):
        walk = np.cumsum(rng.standard_normal((2, 20)), axis=1) * 0.1
        for epoch in range(1, 21):
            angle, accuracy = 80 - epoch + walk[0, epoch - 1], 0.1 + 0.03 * epoch + 0.03 * walk[1, epoch - 1]
            row = {"recipe": "resnet18", "seed": seed, "shuffled": False, "epoch": epoch, "convention": "c"}
            rows.append({**row, "degrees": angle, "test_accuracy": accuracy})
    found = correlations(pd.DataFrame(rows)).set_index("method")
    assert found.loc["checkpoints of one run", "spearman"].max() < -0.98
    assert found.loc["checkpoints of one run", "p_value"].max() < 1e-10
    assert found.loc["given the epoch", "p_value"] > 0.05


def test_the_test_given_the_epoch_finds_what_distinguishes_runs():
    level = np.arange(6.0)[:, None]
    epochs = np.arange(5.0)
    value, p_value = given_epoch(80 - level - epochs, 0.1 * level + epochs)
    assert value == pytest.approx(-1)
    assert p_value == pytest.approx(2 / 720)
    assert np.isnan(given_epoch(np.ones((4, 3)), np.ones((4, 3)))).all()


def test_subspaces_of_one_to_all_vectors_have_the_angles_that_scipy_finds():
    rng = np.random.default_rng(0)
    u = rng.standard_normal((300, 5))
    for apart in (1.0, 0.1, 1e-4, 1e-9, 0.0):
        v = (u + apart * rng.standard_normal(u.shape)) @ np.triu(rng.standard_normal((5, 5)))
        expected = [degrees(u[:, :k], v[:, :k]) for k in range(1, 6)]
        assert largest_angles(u, v) == pytest.approx(expected, rel=1e-6, abs=1e-10)
    known = v.copy()
    v[:, 3:] = np.nan
    assert largest_angles(u, v) == pytest.approx([*largest_angles(u, known)[:3], np.nan, np.nan], nan_ok=True)


def test_an_angle_between_lines_is_that_of_the_package():
    rng = np.random.default_rng(0)
    u = rng.standard_normal(50)
    for apart in (1.0, 1e-4, 1e-9):
        v = u + apart * rng.standard_normal(50)
        assert degrees(u, -v) == pytest.approx(angle(u, v), rel=1e-6)
    with pytest.raises(InputError, match="zero"):
        degrees(u, np.zeros(50))
    with pytest.raises(InputError, match="length"):
        degrees(u, u[1:])


def test_smoothed_densities_are_those_of_scipy():
    u = np.random.default_rng(0).standard_normal(1500)
    u /= np.linalg.norm(u)
    assert densities(u)[0] == pytest.approx(gaussian_kde(u * np.sqrt(1500))(CENTRES), rel=1e-9, abs=1e-15)
