"""The margins over k-variances, beside sums over samples and all assignments of small classes."""

from itertools import permutations

import numpy as np
import pytest

from baselines import k_variance_gradient_margin, k_variance_margin
from complexity.errors import InputError
from complexity.measures.k_variance import transport_cost

torch = pytest.importorskip("torch")
nn = torch.nn

rng = np.random.default_rng(0)
POINTS = rng.standard_normal((24, 5)).astype(np.float32)
LABELS = np.array([0, 0, 1, 1, 1, 1, 1, 2] * 3)


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3))


def slow_cost(first, second):
    """The least mean distance over all assignments."""
    return min(
        np.mean([np.linalg.norm(a - second[k]) for a, k in zip(first, order, strict=True)])
        for order in permutations(range(len(first)))
    )


def slow_margins(model, start, points, labels, seed):
    """Margins, norms of their gradients in the values before layer `start`, and each class's transport cost."""
    values = model[:start](torch.as_tensor(points)).detach()
    margins, norms = [], []
    for value, label in zip(values, labels, strict=True):
        point = value.clone().requires_grad_()
        logits = model[start:](point)
        margin = logits[label] - max(logits[k] for k in range(3) if k != label)
        margins.append(margin.item())
        norms.append(torch.autograd.grad(margin, point)[0].norm().item())
    generator, costs = np.random.default_rng(seed), []
    for one in range(3):
        rows = generator.permutation(np.flatnonzero(labels == one))
        half = len(rows) // 2
        costs.append(slow_cost(values.numpy()[rows[:half]], values.numpy()[rows[half : 2 * half]]))
    return np.array(margins), np.array(norms), np.array(costs)


@pytest.mark.parametrize(("layer", "start"), [(None, 2), ("4", 4), ("2:output", 3)])
def test_both_margins_are_those_of_samples_one_by_one(layer, start):
    model = network()
    margins, norms, costs = slow_margins(model, start, POINTS, LABELS, 7)
    shares = np.bincount(LABELS) / len(LABELS)
    largest = np.array([norms[one == LABELS].max() for one in range(3)])
    value = k_variance_margin.complexity(model, (POINTS, LABELS), layer=layer, seed=7)
    assert value == pytest.approx(np.median(margins) / np.sum(shares * costs * largest), rel=1e-4)
    assert list(value.details["k_variances"].values()) == pytest.approx(costs.tolist(), rel=1e-5)
    value = k_variance_gradient_margin.complexity(model, (POINTS, LABELS), layer=layer, seed=7)
    assert value == pytest.approx(np.median(margins / (norms + 1e-6)) / np.sum(shares * costs), rel=1e-4)


def test_the_transport_cost_is_the_best_assignment():
    first, second = rng.random((6, 3)), rng.random((6, 3))
    assert transport_cost(first, second) == pytest.approx(slow_cost(first, second), rel=1e-12)
    assert transport_cost(first, first[::-1]) == 0


def test_what_has_no_halves_or_does_not_vary_is_an_error():
    model = network()
    with pytest.raises(InputError) as caught:
        k_variance_margin.complexity(model, (POINTS[:3], np.array([0, 1, 2])))
    assert str(caught.value) == "labels: no two samples are of one class (expected classes of 2 or more samples)"
    with pytest.raises(InputError, match="the samples of each class are the same") as caught:
        k_variance_gradient_margin.complexity(model, (POINTS[[0] * 6], LABELS[:6]))
    alone = np.array([0, 0, 1, 1, 1, 2])
    found = k_variance_margin.complexity(model, (POINTS[:6], alone)).details["k_variances"]
    assert found["2"] is None
