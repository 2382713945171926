"""What holds for every registered measure, whatever it computes; measures that are added later are tested too."""

import json
import math

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.measures.registry import NEEDS
from complexity.models import adapt
from pgdl_eval.measures import all_measures

torch = pytest.importorskip("torch")

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MEASURES = all_measures()
ROUNDING = {"rel": 1e-4, "abs": 1e-4}


def keras_network():
    """Convolution, normalization with statistics, pooling, dropout and dense layers, for images of 12 x 12 x 3."""
    pytest.importorskip("keras")
    from pgdl_eval.keras_models import keras_package

    keras = keras_package()
    layers = keras.layers
    stack = [
        layers.Conv2D(6, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(5),
    ]
    model = keras.Sequential([keras.Input((12, 12, 3)), *stack])
    model.set_weights(random_weights(model.get_weights(), 1))
    model.initial_weights = random_weights(model.get_weights(), 2)
    return model


class TorchNetwork(torch.nn.Module):
    """The same as a module that takes the same images."""

    def __init__(self):
        super().__init__()
        nn = torch.nn
        body = nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=True), nn.BatchNorm2d(6), nn.MaxPool2d(2)
        head = nn.Conv2d(6, 8, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(0.5), nn.Linear(128, 5)
        self.layers = nn.Sequential(*body, *head)

    def forward(self, images):
        return self.layers(images.permute(0, 3, 1, 2))


def torch_network():
    """In training mode, but for one module."""
    model = TorchNetwork()
    floats = [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]
    shaped = [tensor.numpy() for tensor in floats]
    for tensor, array in zip(floats, random_weights(shaped, 1), strict=True):
        tensor.copy_(torch.as_tensor(array))
    model.initial_weights = random_weights(shaped, 2)
    model.layers[2].eval()
    return model


NETWORKS = {"keras": keras_network, "torch": torch_network}


def random_weights(like, seed):
    """Kernels of a size that keeps signals alive, and positive vectors, since variances are among them."""
    rng = np.random.default_rng(seed)
    fan_in = [array.size / min(array.shape[0], array.shape[-1]) for array in like]
    kernels = [rng.standard_normal(a.shape) * np.sqrt(2 / n) for a, n in zip(like, fan_in, strict=True)]
    return [(k if k.ndim > 1 else rng.uniform(0.5, 1, k.shape)).astype(np.float32) for k in kernels]


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    return NETWORKS[request.param]()


@pytest.fixture(scope="module")
def images():
    """Smooth random images, so that a shift by a pixel leaves something of them."""
    noise = np.random.default_rng(0).standard_normal((50, 5, 5, 3))
    grown = noise.repeat(3, axis=1).repeat(3, axis=2)
    return sum(grown[:, i : i + 12, j : j + 12] for i in range(3) for j in range(3)).astype(np.float32) / 9


@pytest.fixture(scope="module")
def dataset(network, images):
    """The images with the classes that the network gives them."""
    labels = adapt(network).logits(images).argmax(axis=1)
    assert len(set(labels)) >= 3
    return images, labels


def state(model):
    """All that a measure must leave as it was: weights to the bit, attributes, training flags and hooks."""
    parts = list(model.modules()) if isinstance(model, torch.nn.Module) else [model, *model.layers]
    return (
        [array.tobytes() for array in adapt(model).weights()],
        [sorted(vars(part)) for part in parts],
        [getattr(part, "training", None) for part in parts],
        [len(getattr(part, "_forward_pre_hooks", ())) + len(getattr(part, "_forward_hooks", ())) for part in parts],
    )


@pytest.mark.parametrize("name", MEASURES)
def test_what_a_measure_declares_is_legal(name):
    declared = MEASURES[name]
    least, largest = declared.bounds
    assert declared.name == name
    assert declared.higher_means in ("larger gap", "smaller gap")
    assert least < largest
    assert declared.needs <= set(NEEDS)
    assert isinstance(declared.order_free, bool)
    assert declared.source
    assert declared.settings.keys().isdisjoint({"model", "dataset"})
    json.dumps(declared.settings)


@pytest.mark.parametrize("name", MEASURES)
def test_a_value_is_finite_in_bounds_and_the_same_again_and_leaves_the_model_as_it_was(name, network, dataset):
    adapt(network).logits(dataset[0][:1])
    before = state(network)
    np.random.seed(1)  # noqa: NPY002  (whatever stands in the global generators must not matter)
    torch.manual_seed(1)
    value = MEASURES[name](network, dataset)
    np.random.seed(2)  # noqa: NPY002
    torch.manual_seed(2)
    least, largest = MEASURES[name].bounds
    assert math.isfinite(value)
    assert least <= value <= largest
    assert value == MEASURES[name](network, dataset)
    assert state(network) == before
    json.dumps(dict(value.details))


@pytest.mark.parametrize("name", MEASURES)
def test_the_batch_size_does_not_matter(name, network, dataset, monkeypatch):
    values = []
    for size in (20, 1000):
        monkeypatch.setattr("complexity.models.features.batch_size", lambda inputs, size=size: size)
        settings = {"batch_size": size} if "batch_size" in MEASURES[name].settings else {}
        values.append(MEASURES[name](network, dataset, **settings))
    assert values[0] == pytest.approx(values[1], **ROUNDING)


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if measure.order_free])
def test_the_order_of_the_samples_does_not_matter(name, network, dataset):
    order = np.random.default_rng(3).permutation(len(dataset[0]))
    shuffled = dataset[0][order], dataset[1][order]
    assert MEASURES[name](network, shuffled) == pytest.approx(MEASURES[name](network, dataset), **ROUNDING)


@pytest.mark.parametrize("name", MEASURES)
def test_labels_are_needed_where_that_is_declared_and_nowhere_else(name, network, dataset):
    without = dataset[0], None
    if "labels" in MEASURES[name].needs:
        with pytest.raises(InputError) as caught:
            MEASURES[name](network, without)
        expected = "labels: the data set has no labels (expected a class number for each sample)"
        assert str(caught.value) == expected
    else:
        assert MEASURES[name](network, without) == MEASURES[name](network, dataset)


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if "labels" in measure.needs])
def test_labels_that_are_no_numbers_of_outputs_get_the_same_words_everywhere(name, network, dataset):
    images, model = dataset[0], adapt(network).name
    for classes, hint, found in [
        ([1, 2, 3, 4, 5], "; hand over labels - 1 where they count from 1", "1 to 5"),
        ([0, 2, 8], "", "0 to 8"),
        ([5, 6], "", "5 to 6"),
    ]:
        with pytest.raises(InputError) as caught:
            MEASURES[name](network, (images, np.resize(classes, len(images))))
        assert str(caught.value) == (
            f"{model}: labels: the labels do not fit the outputs{hint} "
            f"(expected class numbers from 0 to 4, found {found})"
        )


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("name", MEASURES)
def test_initial_weights_are_needed_where_that_is_declared_and_nowhere_else(name, make, images):
    bare = make()
    del bare.initial_weights
    labels = adapt(bare).logits(images).argmax(axis=1)
    if "initial weights" in MEASURES[name].needs:
        with pytest.raises(InputError, match=r": initial_weights: the model carries no initial weights \(expected"):
            MEASURES[name](bare, (images, labels))
    else:
        assert MEASURES[name](bare, (images, labels)) == MEASURES[name](make(), (images, labels))


@pytest.mark.parametrize("name", MEASURES)
def test_gradients_are_needed_where_that_is_declared_and_nowhere_else(name, network, dataset, monkeypatch):
    expected = MEASURES[name](network, dataset)

    def unsupported(self, shape):
        raise InputError("no gradients here")

    monkeypatch.setattr(type(adapt(network)), "_gradients", unsupported)
    if "gradients" in MEASURES[name].needs:
        with pytest.raises(InputError, match="no gradients here"):
            MEASURES[name](network, dataset)
    else:
        assert MEASURES[name](network, dataset) == expected


@pytest.mark.filterwarnings("ignore::complexity.errors.InputWarning")  # of few eigenvalues
@pytest.mark.parametrize("name", MEASURES)
def test_images_are_needed_where_that_is_declared_and_nowhere_else(name):
    torch.manual_seed(0)
    flat = torch.nn.Sequential(torch.nn.Linear(9, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4))
    flat.initial_weights = [array / 2 for array in adapt(flat).weights()]
    points = np.random.default_rng(0).standard_normal((50, 9)).astype(np.float32)
    dataset = points, adapt(flat).logits(points).argmax(axis=1)
    if "images" in MEASURES[name].needs:
        with pytest.raises(InputError, match="image"):
            MEASURES[name](flat, dataset)
    else:
        assert math.isfinite(MEASURES[name](flat, dataset))
