"""The shared reference of all tests of P-vectors: a float64 SVD."""

import numpy as np
import pytest

from complexity import angle, p_vectors


def matrix_with(values, rows, columns, seed=0):
    """A float64 matrix with these singular values; the rest are 0."""
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.standard_normal((rows, len(values))))[0]
    right = np.linalg.qr(rng.standard_normal((columns, len(values))))[0]
    return (left * values) @ right.T


def check(matrix, k=1, center=False, solver=p_vectors, source=None, **options):
    """The shared reference: within the tolerance of the SVD, or said not to be, and within the error that is stated."""
    exact = np.asarray(matrix, np.float64)
    exact = exact - exact.mean(axis=0) if center else exact
    left, sigma, right = np.linalg.svd(exact, full_matrices=False)
    found = solver(matrix if source is None else source, k, center=center, **options)
    vectors = np.asarray(found.vectors)
    assert vectors.dtype == np.float64
    assert np.linalg.norm(vectors, axis=0) == pytest.approx(np.ones(k), abs=1e-9)
    for j in range(k):
        true = angle(vectors[:, j], left[:, j])
        assert true <= found.angle_error[j] + 1e-9, (j, true, found)  # the SVD is rounded as well
        assert not found.converged[j] or true <= options.get("tolerance", 1e-4), (j, true, found)
        assert found.converged[j] == (found.reason[j] == "")
    expected = np.append(sigma, 0)[: k + 1]
    assert found.singular_values.shape == (k + 1,)
    assert found.singular_values[:k] == pytest.approx(expected[:k], rel=1e-5)
    rounding = 3e-4 if found.route.endswith("float32") else 1e-7  # of a value, square root of that of its square
    assert found.singular_values[k] <= expected[k] * (1 + 1e-5) + rounding * sigma[0]
    assert found.explained_variance_ratio == pytest.approx(sigma[:k] ** 2 / np.sum(sigma**2), rel=1e-4)
    back = exact.T @ vectors - right[:k].T * np.sign(np.sum(vectors * left[:, :k], axis=0)) * sigma[:k]
    assert np.all(found.residual >= 0)
    if found.converged.all():
        assert np.linalg.norm(back, axis=0) / sigma[0] == pytest.approx(np.zeros(k), abs=3e-5)
    return found
