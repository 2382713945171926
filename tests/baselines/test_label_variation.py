"""The third-placed team's measures, beside loops over samples and edges; and what their published values allow."""

import json

import numpy as np
import pytest

from baselines import penultimate_mixup_variation, variation_rate, worst_case_variation
from complexity.images.drawn_images import draw
from complexity.measures.label_variation import balanced_rows
from complexity.samples import Samples

torch = pytest.importorskip("torch")
nn = torch.nn

rng = np.random.default_rng(0)
IMAGES = rng.random((60, 1, 8, 8)).astype(np.float32)
LABELS = np.arange(60) % 3


def network():
    torch.manual_seed(0)
    body = nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 12), nn.ReLU()
    return nn.Sequential(*body, nn.Linear(12, 3))


def neighbour_graph(values):
    unit = [row / np.linalg.norm(row) for row in values.astype(float)]
    graph = np.zeros((len(unit), len(unit)))
    for i, row in enumerate(unit):
        others = [j for j in range(len(unit)) if j != i]
        graph[i, min(others, key=lambda j: np.sum((row - unit[j]) ** 2))] = 1
    return graph


def slow_variation(graph, targets):
    n, degrees = len(graph), graph.sum(axis=1)
    laplacian = np.array(
        [[(i == j) - graph[i, j] / np.sqrt(degrees[i] * degrees[j]) for j in range(n)] for i in range(n)]
    )
    return np.trace(targets.T @ laplacian @ targets) / (4 * n)


def test_worst_case_variation_is_the_largest_over_the_last_third_of_the_layers():
    model, found = network(), {}
    rows = [row for one in range(3) for row in np.flatnonzero(one == LABELS)[:10]]
    for start in (3, 4, 5):  # six layers: the last 6 // 3 + 1
        values = model[:start](torch.as_tensor(IMAGES[rows])).detach().flatten(1).numpy()
        graph = neighbour_graph(values)
        found[str(start)] = slow_variation(np.maximum(graph, graph.T), np.eye(3)[LABELS[rows]])
    value = worst_case_variation.complexity(model, (IMAGES, LABELS), max_samples=30)
    assert value.details["variations"] == pytest.approx(found, rel=1e-9)
    assert value == max(value.details["variations"].values())
    assert (value.details["samples"], value.details["layers_left_out"]) == (30, [])


def test_variation_with_mixup_is_the_median_over_rounds_of_mixed_samples_and_labels():
    model = network()
    drawn = draw(Samples(IMAGES, LABELS), None, 5)
    rows = balanced_rows(drawn.labels, 30)
    images, labels = drawn.images[rows], np.eye(3)[drawn.labels[rows]]
    expected = []
    for number in range(3):
        generator = np.random.default_rng((5, number))
        others, weights = generator.permutation(30), generator.beta(2, 2, 30).astype(np.float32)
        mixed = [w * images[i] + (1 - w) * images[j] for i, (w, j) in enumerate(zip(weights, others, strict=True))]
        targets = np.array(
            [w * labels[i] + (1 - w) * labels[j] for i, (w, j) in enumerate(zip(weights, others, strict=True))]
        )
        values = model[:5](torch.as_tensor(np.stack(mixed)).permute(0, 3, 1, 2)).detach().numpy()
        expected.append(slow_variation(neighbour_graph(values), targets))
    value = penultimate_mixup_variation.complexity(model, (IMAGES, LABELS), rounds=3, max_samples=30, seed=5)
    assert value.details["variations"] == pytest.approx(expected, rel=1e-5)
    assert value == np.median(value.details["variations"])


def test_variation_rate_is_the_median_over_graphs_of_mean_changes_between_layers(monkeypatch):
    monkeypatch.setattr(variation_rate, "GRAPH", 25)
    model, rates = network(), []
    for start in (0, 25):
        between, given = [], torch.as_tensor(IMAGES[start : start + 25])
        for end in (4, 5, 6):
            values = model[:end](given).detach().numpy().astype(float)
            unit, total = values / np.linalg.norm(values, axis=1, keepdims=True), 0.0
            cosines = np.maximum(unit @ unit.T, 0)
            near = [set(np.argsort(-row)[:6]) for row in cosines]  # itself and five others
            for i in range(25):
                for j in range(25):
                    if (j in near[i] or i in near[j]) and LABELS[start + i] != LABELS[start + j]:
                        total += cosines[i, j]
            between.append(total / (200 * 25))
        rates.append((abs(between[1] - between[0]) + abs(between[2] - between[1])) / 2)
    value = variation_rate.complexity(model, (IMAGES, LABELS), neighbours=5)
    assert value == pytest.approx(np.median(rates), rel=1e-5)
    assert (value.details["graphs"], value.details["samples"]) == (2, 50)


def test_classes_that_are_apart_vary_nowhere_and_pairs_across_classes_vary_fully():
    apart = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0) + 0.01 * rng.random((12, 3)).astype(np.float32)
    identity = nn.Sequential(nn.Linear(3, 3, bias=False))
    with torch.no_grad():
        identity[0].weight.copy_(torch.eye(3))
    assert variation_rate.complexity(identity, (apart, np.repeat(range(3), 4)), neighbours=3) == 0
    pairs = np.repeat(rng.random((6, 3)).astype(np.float32), 2, axis=0)
    assert worst_case_variation.complexity(identity, (pairs, np.arange(12) % 2)) == 0.25
    assert worst_case_variation.complexity(identity, (pairs, np.arange(12) // 2 % 2)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("wcv", worst_case_variation), ("vpm_1", penultimate_mixup_variation), ("vr", variation_rate)],
)
@pytest.mark.parametrize("task", ["task1_v4", "task2_v1"])
def test_published_values_lie_within_the_bounds_and_rise_with_the_gap_as_declared(shared_data, theirs, ours, task):
    from scipy.stats import spearmanr

    from pgdl_eval.measures import find_measure

    public = shared_data / "pgdl" / "public"
    declared = find_measure(ours.__name__.partition(".")[2])
    values = json.loads((public / "predictions" / theirs / f"{task}.predict").read_text())
    models = json.loads((public / "reference_data" / task / "model_configs.json").read_text())
    numbers = np.array([float(one) for one in values.values()])
    least, largest = declared.bounds
    assert ((numbers >= least) & (numbers <= largest)).all()
    metrics = [models.get(name, models.get(name.removeprefix("model_")))["metrics"] for name in values]
    gaps = [one["train_acc"] - one["test_acc"] for one in metrics]
    assert spearmanr([declared.orient(one) for one in numbers], gaps)[0] > 0.6
