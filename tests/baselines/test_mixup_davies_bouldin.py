"""The competition's winner: its two factors against oracles, and the output of a network's first layer."""

import numpy as np
import pytest

from baselines import mixup_loss
from baselines.mixup_davies_bouldin import complexity, group_indices, groups_of, pooled
from complexity.errors import InputError
from complexity.images.drawn_images import draw
from complexity.images.perturbation import partners
from complexity.measures.clusters import davies_bouldin
from complexity.models import adapt
from complexity.samples import Samples

torch = pytest.importorskip("torch")

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CLASSES = 4


class Convolutional(torch.nn.Module):
    """Defined last to first; what follows the first convolution works in place on its output."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = torch.nn.Linear(6 * 10 * 10, CLASSES)
        self.rectify = torch.nn.ReLU(inplace=True)
        self.convolution = torch.nn.Conv2d(3, 6, 3)

    def forward(self, images):
        return self.head(self.rectify(self.convolution(images)).flatten(1))


@pytest.fixture
def network():
    return Convolutional()


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.standard_normal((50, 3, 12, 12)).astype(np.float32), rng.integers(0, CLASSES, 50)


def test_the_index_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    for classes, n in ((2, 10), (7, 60), (40, 120)):
        points, labels = rng.random((n, 5)), rng.permutation(np.arange(n) % classes)
        labels[0] = 99  # a class of one
        assert davies_bouldin(points, labels) == pytest.approx(metrics.davies_bouldin_score(points, labels), rel=1e-12)
    points, labels = np.array([[0, 1], [2, 1], [1, 0], [1, 2], [5, 5], [6, 6.0]]), np.array([0, 0, 1, 1, 2, 2])
    assert davies_bouldin(points, labels) == pytest.approx(metrics.davies_bouldin_score(points, labels), rel=1e-12)


def test_the_index_of_many_samples_is_that_of_disjoint_groups_of_about_120_in_the_order_of_the_draw():
    rng = np.random.default_rng(2)
    points = rng.random((1570, 3))
    drawn = draw(Samples(rng.random((1570, 8, 8, 1)), rng.integers(0, CLASSES, 1570)), None, 0)
    groups = groups_of(1570, 0, repeat=True)
    assert np.concatenate(groups).tolist() == list(range(1570))
    assert {len(rows) for rows in groups} == {120, 121}
    expected = [davies_bouldin(points[rows], drawn.labels[rows]) for rows in groups]
    assert group_indices(points, drawn, groups).tolist() == expected
    assert [len(rows) for rows in groups_of(370, 0, repeat=False)] == [124, 123, 123]
    assert [len(rows) for rows in groups_of(50, 0, repeat=False)] == [50]


def test_few_samples_are_repeated_and_shuffled_as_by_a_buffer_of_5000_rows():
    groups = groups_of(200, 3, repeat=True)
    assert [len(rows) for rows in groups] == [120] * 10
    rng, endless = np.random.default_rng(3), iter(range(10**6))
    buffer, expected = [next(endless) % 200 for _ in range(5000)], []
    for place in rng.integers(5000, size=1200).tolist():
        expected.append(buffer[place])
        buffer[place] = next(endless) % 200
    assert np.concatenate(groups).tolist() == expected
    counts = np.bincount(expected, minlength=200)
    assert counts.mean() == 6
    assert 1.5 < counts.std() < 3.5  # binomial, nearly


@pytest.mark.parametrize("shape", [(5, 12, 9, 3), (5, 8, 8, 2), (5, 3, 6, 2), (5, 1, 1, 7)])
def test_maps_are_pooled_as_by_pytorch(shape):
    maps = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
    sides = [min(4, side) for side in shape[1:3]]
    expected = torch.nn.functional.max_pool2d(torch.as_tensor(maps).permute(0, 3, 1, 2), sides).permute(0, 2, 3, 1)
    np.testing.assert_array_equal(pooled(maps), expected.reshape(5, -1))
    np.testing.assert_array_equal(pooled(maps[:, 0, 0]), maps[:, 0, 0])


def test_the_first_layer_is_the_one_that_runs_first_before_anything_works_in_place_on_it(network, images):
    with torch.no_grad():
        expected = network.convolution(torch.as_tensor(images[0])).permute(0, 2, 3, 1)
    assert expected.min() < 0
    np.testing.assert_array_equal(adapt(network).first_layer(images[0]), expected)
    dense = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(432, 5), torch.nn.ReLU(), torch.nn.Linear(5, 4))
    with torch.no_grad():
        np.testing.assert_array_equal(adapt(dense).first_layer(images[0]), dense[:2](torch.as_tensor(images[0])))


@pytest.mark.parametrize("activation", [None, "relu"])
def test_the_first_layer_of_a_keras_model_is_that_of_pytorch_with_the_layers_own_activation(
    network, images, activation
):
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    layers = keras.layers
    stack = [layers.Conv2D(6, 3, activation=activation), layers.ReLU(), layers.Flatten(), layers.Dense(CLASSES)]
    model = keras.Sequential([keras.Input((12, 12, 3)), *stack])
    kernel, bias = (array.detach().numpy() for array in network.convolution.parameters())
    model.layers[0].set_weights([kernel.transpose(2, 3, 1, 0), bias])
    found, expected = adapt(model).first_layer(images[0].transpose(0, 2, 3, 1)), adapt(network).first_layer(images[0])
    np.testing.assert_allclose(found, np.maximum(expected, 0) if activation else expected, atol=1e-5)


@pytest.mark.parametrize("repeat", [True, False])
@pytest.mark.parametrize("loss", ["cross_entropy", "error"])
def test_the_measure_is_its_definition(network, images, loss, repeat):
    inputs, labels = images
    value = complexity(network, images, loss=loss, rounds=3, seed=5, repeat=repeat)
    drawn = draw(Samples(inputs, labels), None, 5)
    given = np.moveaxis(drawn.images, -1, 1)
    losses = []
    with torch.no_grad():
        for number in range(3):
            mixed = (given + given[partners(drawn.labels, np.random.default_rng((5, number)))]) / 2
            logits, target = network(torch.as_tensor(mixed)), torch.as_tensor(drawn.labels)
            errors = (logits.argmax(1) != target).double().mean().item()
            crossed = torch.nn.functional.cross_entropy(logits.double(), target).item()
            losses.append(crossed if loss == "cross_entropy" else errors)
        maps = torch.nn.functional.max_pool2d(network.convolution(torch.as_tensor(given)), 4).flatten(1).numpy()
    groups = groups_of(50, 5, repeat=repeat)
    indices = [davies_bouldin(maps[rows], drawn.labels[rows]) for rows in groups]
    index, loss_error = np.mean(indices), np.std(losses, ddof=1) / np.sqrt(3)
    assert value == pytest.approx(index * np.mean(losses), rel=1e-6)
    assert value.details["davies_bouldin"] == pytest.approx(index, rel=1e-6)
    assert value.details[loss] == pytest.approx(np.mean(losses), rel=1e-6)
    assert value.details["loss_standard_error"] == pytest.approx(loss_error, rel=1e-4)
    if repeat:
        error = np.std(indices, ddof=1) / np.sqrt(10)
        assert value.details["davies_bouldin_standard_error"] == pytest.approx(error, rel=1e-4)
        product_error = np.sqrt((error * np.mean(losses)) ** 2 + (index * loss_error) ** 2)
        assert value.details["standard_error"] == pytest.approx(product_error, rel=1e-4)
    else:  # one group
        assert value.details["davies_bouldin_standard_error"] is value.details["standard_error"] is None
    factor = mixup_loss.complexity(network, images, loss=loss, rounds=3, seed=5)
    assert factor == value.details[loss]
    assert factor.details["loss_standard_error"] == value.details["loss_standard_error"]


def test_by_default_it_is_the_authors_error_rate_on_ten_groups(network, images):
    value = complexity(network, images)
    assert value == complexity(network, images, loss="error", repeat=True)
    assert (value.details["loss"], value.details["groups"]) == ("error", 10)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda x, y: (x, y), {"loss": "hinge"},
         "loss: no such loss (expected error or cross_entropy, found hinge)"),
        (lambda x, y: (x, 0 * y), {}, "labels: one class alone has no neighbour (expected 2 classes, found 1)"),
        (lambda x, y: (x, y + 4), {},
         "Convolutional: labels: the labels do not fit the outputs (expected class numbers from 0 to 3, found 4 to 7)"),
        (lambda x, y: (x, y), {"max_samples": 1},
         "max_samples: out of range (expected a whole number from 2 on, or None, found 1)"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_a_clear_error(network, images, change, settings, message):
    with pytest.raises(InputError) as caught:
        complexity(network, change(*images), **settings)
    assert str(caught.value) == message
