"""Rank, alignment and separation of features, beside eigenvalues, kernels and loops over classes."""

import numpy as np
import pytest

from baselines import cka_to_data, class_separation, feature_rank
from complexity.errors import InputError

torch = pytest.importorskip("torch")
nn = torch.nn

rng = np.random.default_rng(0)
POINTS = rng.standard_normal((30, 2, 3)).astype(np.float32)
LABELS = np.arange(30) % 3


def network(width):
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(6, width), nn.ReLU(), nn.Linear(width, 3))


def features(model):
    return model[:3](torch.as_tensor(POINTS)).detach().double().numpy()


@pytest.mark.parametrize("width", [8, 50])  # fewer features than samples, and more
def test_the_rank_is_the_participation_ratio_of_the_covariances_eigenvalues(width):
    values = np.linalg.eigvalsh(np.cov(features(network(width)).T))
    value = feature_rank.complexity(network(width), (POINTS, None))
    assert value == pytest.approx(values.sum() ** 2 / np.sum(values**2), rel=1e-6)
    assert (value.details["layer_width"], value.details["samples"]) == (width, 30)


def test_the_rank_of_one_direction_is_1_and_of_equal_ones_their_number():
    identity = nn.Sequential(nn.Linear(4, 4, bias=False))
    corners = np.concatenate([np.eye(4), -np.eye(4)]).astype(np.float32)
    assert feature_rank.complexity(identity, (corners, None)) == pytest.approx(4)
    assert feature_rank.complexity(identity, (corners[[0, 4, 0]], None)) == pytest.approx(1)


@pytest.mark.parametrize("width", [8, 50])
def test_the_alignment_is_that_of_centred_kernels(width):
    center = np.eye(30) - 1 / 30
    kernels = [center @ one @ one.T @ center for one in (features(network(width)), POINTS.reshape(30, 6).astype(float))]
    expected = np.trace(kernels[0] @ kernels[1]) / np.sqrt(
        np.trace(kernels[0] @ kernels[0]) * np.trace(kernels[1] @ kernels[1])
    )
    assert cka_to_data.complexity(network(width), (POINTS, None)) == pytest.approx(expected, rel=1e-6)


def test_the_alignment_of_rotated_and_scaled_inputs_is_1():
    rotation = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 6), nn.Linear(6, 3))
    with torch.no_grad():
        model[1].weight.copy_(torch.as_tensor(7 * rotation))
    assert cka_to_data.complexity(model, (POINTS, None)) == pytest.approx(1, abs=1e-6)


def test_the_separation_is_the_davies_bouldin_index_of_the_features():
    metrics = pytest.importorskip("sklearn.metrics")
    model = network(8)
    expected = metrics.davies_bouldin_score(features(model), LABELS)
    assert class_separation.complexity(model, (POINTS, LABELS)) == pytest.approx(expected, rel=1e-6)
    raw = metrics.davies_bouldin_score(POINTS.reshape(30, 6), LABELS)
    assert class_separation.complexity(model, (POINTS, LABELS), layer="1") == pytest.approx(raw, rel=1e-6)


def test_features_that_are_the_same_for_every_sample_are_an_error():
    model = network(8)
    same = np.ones((5, 2, 3), np.float32)
    with pytest.raises(InputError) as caught:
        feature_rank.complexity(model, (same, None))
    assert (
        str(caught.value) == "Sequential: features: the features are the same for every sample: they have no dimension"
    )
    with pytest.raises(InputError, match="the same for every sample: nothing to compare"):
        cka_to_data.complexity(model, (same, None))
