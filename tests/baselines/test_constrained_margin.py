"""The constrained margin: of linear networks in closed form, and of others one gradient at a time."""

import numpy as np
import pytest

from baselines.constrained_margin import complexity, elbow, principal_components
from complexity.errors import InputError
from complexity.samples import Samples

torch = pytest.importorskip("torch")
nn = torch.nn

rng = np.random.default_rng(0)
POINTS = (rng.standard_normal((60, 6)) * [9, 5, 2, 1, 0.5, 0.1] + 3).astype(np.float32)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4))


def slow(model, points, labels, directions, classes=9):
    found = []
    for point, label in zip(points, labels, strict=True):
        given = torch.as_tensor(point).requires_grad_()
        logits = model(given)
        if int(logits.argmax()) != label:
            continue
        likely = sorted((k for k in range(4) if k != label), key=lambda k: -logits[k].item())[:classes]
        tried = []
        for other in likely:
            (gradient,) = torch.autograd.grad(logits[label] - logits[other], given, retain_graph=True)
            along = [float(gradient.double().numpy() @ direction) for direction in directions]
            tried.append((logits[label] - logits[other]).item() / np.sqrt(np.sum(np.square(along))))
        found.append(min(tried))
    return np.array(found)


@pytest.mark.parametrize("classes", [1, 9])
def test_it_is_the_mean_over_right_samples_of_the_least_distance_one_by_one(classes):
    model = network()
    labels = model(torch.as_tensor(POINTS)).argmax(1).numpy()
    labels[::5] = (labels[::5] + 1) % 4
    _, _, directions = np.linalg.svd(POINTS.astype(float) - POINTS.astype(float).mean(axis=0))
    expected = slow(model, POINTS, labels, directions[:3], classes)
    value = complexity(model, (POINTS, labels), components=3, classes=classes)
    assert value == pytest.approx(expected.mean(), rel=1e-4)
    assert (value.details["right"], value.details["samples"], value.details["components"]) == (48, 60, 3)
    assert value.details["standard_error"] == pytest.approx(expected.std(ddof=1) / np.sqrt(48), rel=1e-4)


def test_of_a_linear_network_it_is_the_distance_to_the_hyperplane_within_the_span():
    model = nn.Sequential(nn.Linear(6, 2))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 2, 3, 4, 5, 6], [0] * 6]))
        model[0].bias.copy_(torch.tensor([100.0, 0.0]))
    axis = np.zeros((4, 6), np.float32)
    axis[:, 0] = [-2, -1, 1, 2]
    labels = np.zeros(4, int)
    value = complexity(model, (axis, labels))
    assert value.details["components"] == 1  # they vary along one axis alone
    assert value == pytest.approx(np.mean([98, 99, 101, 102]))


def test_a_network_that_is_twice_as_sure_has_the_same_margin():
    model, surer = network(), network()
    with torch.no_grad():
        surer[2].weight *= 2
        surer[2].bias *= 2
    labels = model(torch.as_tensor(POINTS)).argmax(1).numpy()
    assert complexity(surer, (POINTS, labels)) == pytest.approx(complexity(model, (POINTS, labels)), rel=1e-5)


def test_components_are_the_eigenvectors_of_the_covariance_and_the_elbow_is_furthest_below_the_chord():
    found = principal_components(Samples(POINTS, None))
    values, vectors = np.linalg.eigh(np.cov(POINTS.T.astype(float), bias=True))
    np.testing.assert_allclose(found.variances, values[::-1], rtol=1e-8)
    np.testing.assert_allclose(np.abs(found.directions @ vectors[:, ::-1]), np.eye(6), atol=1e-6)
    curve = np.array([100.0, 40, 10, 4, 3, 2, 1])
    below = [(1 - k / 6) - (one - 1) / 99 for k, one in enumerate(curve)]
    assert elbow(curve) == 1 + max(range(7), key=below.__getitem__) == 3
    assert (elbow(np.ones(4)), elbow(np.array([2.0, 1.0]))) == (4, 2)


def test_what_has_no_margin_is_an_error():
    model = network()
    wrong = (model(torch.as_tensor(POINTS)).argmax(1).numpy() + 1) % 4
    with pytest.raises(InputError, match="no sample gets its own class: there are no margins"):
        complexity(model, (POINTS, wrong))
    with pytest.raises(InputError, match="all samples are the same: there are no principal components"):
        complexity(model, (np.ones((5, 6), np.float32), np.zeros(5, int)))
    with pytest.raises(InputError, match=r"components: out of range \(expected a whole number from 1 on, or None, fo"):
        complexity(model, (POINTS, wrong), components=0)
