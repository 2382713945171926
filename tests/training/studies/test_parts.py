"""Agreement in parts (mean, classes, rest), and whether a P-vector is determined at all."""

import numpy as np
import pytest

from training.studies.determination import error_degrees, error_of_sampling, is_determined
from training.studies.parts import PARTS, Classes

LABELS = np.repeat([3, 5, 9], [10, 20, 30])


def indicators():
    return (LABELS[:, None] == np.unique(LABELS)).astype(float)


def test_the_constant_vector_is_all_mean():
    assert Classes.of(LABELS).split(np.ones(60), np.ones(60)) == pytest.approx({"mean": 1, "classes": 0, "rest": 0})


def test_a_centred_vector_in_the_class_span_is_all_classes():
    u = indicators() @ np.array([1.0, -2, 0.5])
    u -= u.mean()
    assert Classes.of(LABELS).split(u, u) == pytest.approx({"mean": 0, "classes": 1, "rest": 0}, abs=1e-12)


def test_what_differs_within_classes_alone_is_all_rest():
    u = np.random.default_rng(0).standard_normal(60)
    u -= indicators() @ np.linalg.lstsq(indicators(), u, rcond=None)[0]
    assert Classes.of(LABELS).split(u, u) == pytest.approx({"mean": 0, "classes": 0, "rest": 1}, abs=1e-12)


def test_parts_are_those_of_projections_and_sum_to_the_cosine_whatever_the_signs():
    rng = np.random.default_rng(0)
    ones, span = np.ones((60, 1)) / np.sqrt(60), np.linalg.qr(indicators())[0]
    for _ in range(20):
        u, v = (one / np.linalg.norm(one) for one in rng.standard_normal((2, 60)) + 0.3)
        found = Classes.of(LABELS).split(2 * u, -v)
        sign = np.sign(u @ v)
        assert sum(found.values()) == pytest.approx(abs(u @ v))
        mean, within = (ones.T @ u) @ (ones.T @ v), (span.T @ u) @ (span.T @ v)
        assert found["mean"] == pytest.approx(sign * mean)
        assert found["classes"] == pytest.approx(sign * (within - mean))
    unknown = Classes.of(LABELS).split(u, np.full(60, np.nan))
    assert list(unknown) == list(PARTS)
    assert np.isnan(list(unknown.values())).all()


def test_the_error_of_sampling_is_what_other_samples_of_rows_show():
    rng, scales = np.random.default_rng(0), np.array([1.3, 1.0, 0.3])
    rows, turns = 400, []
    for _ in range(300):
        _, _, right = np.linalg.svd(rng.standard_normal((rows, 3)) * scales, full_matrices=False)
        turns.append(np.degrees(np.arctan2(abs(right[0, 1]), abs(right[0, 0]))))
    expected = error_of_sampling(*(scales[:2] * np.sqrt(rows)), rows)
    assert np.sqrt(np.mean(np.square(turns))) == pytest.approx(expected, rel=0.1)


def test_equal_singular_values_determine_no_vector_and_distant_ones_do():
    assert error_of_sampling(2, 2, 50_000) == error_of_sampling(0, 0, 5) == 90
    assert not is_determined(error_degrees(1, 0.999, 1e-4, 50_000))
    assert is_determined(error_degrees(1, 0.9, 1e-4, 50_000))
    assert not is_determined(error_degrees(1, 0.1, 20.0, 50_000))
    assert not is_determined(error_degrees(0, 0, float("nan"), 10))
