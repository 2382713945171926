"""The agreement of principal subspaces against a full decomposition, its invariances and its ends."""

from functools import partial

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from baselines.subspace_agreement import REFERENCES, subspace_agreement
from complexity.errors import InputError, InputWarning
from complexity.images.drawn_images import draw
from complexity.models import TrainedModel
from complexity.samples import Samples

CLASSES = 4
LAYERS = ["features", "logits", "first layer"]


class Perceptron(TrainedModel):
    """One hidden layer of rectified units."""

    name = "perceptron"

    def __init__(self):
        rng = np.random.default_rng(7)
        self.hidden = rng.standard_normal((300, 40)).astype(np.float32)
        self.output = rng.standard_normal((40, CLASSES)).astype(np.float32)

    def first_layer(self, inputs):
        return inputs.reshape(len(inputs), -1) @ self.hidden

    def features(self, inputs):
        return np.maximum(self.first_layer(inputs), 0)

    def logits(self, inputs):
        return self.features(inputs) @ self.output

    def values_at(self, layer, inputs):
        return self.first_layer(inputs) if layer == "first layer" else super().values_at(layer, inputs)


def images(n=61):
    """Classes with mean images of their own."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, n)
    means = rng.random((CLASSES, 10, 10, 3), dtype=np.float32)
    return means[labels] + rng.random((n, 10, 10, 3), dtype=np.float32), labels


def left(matrix, k, center):
    return np.linalg.svd(matrix - center * matrix.mean(axis=0), full_matrices=False)[0][:, :k]


def right(matrix, k, center):
    return np.linalg.svd(matrix - center * matrix.mean(axis=0), full_matrices=False)[2][:k].T


def cosines(first, second, k):
    return np.sum(np.cos(subspace_angles(first, second)) ** 2) / k


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("reference", REFERENCES)
def test_the_measure_is_its_definition(reference, layer, center):
    data, model, k = images(), Perceptron(), 3
    value = subspace_agreement(model, data, reference=reference, layer=layer, k=k, center=center, seed=5)
    drawn = draw(Samples(*data), None, 5)
    values = getattr(model, layer.replace(" ", "_"))(drawn.images).astype(np.float64)
    if reference == "halves":
        classes = [np.flatnonzero(drawn.labels == one) for one in range(CLASSES)]
        order = np.concatenate(classes)
        expected = cosines(*(right(values[order[at::2]], k, center) for at in (0, 1)), k)
        halves = [drawn.labels[order[at::2]] for at in (0, 1)]
        assert all(abs(np.sum(halves[0] == one) - np.sum(halves[1] == one)) <= 1 for one in range(CLASSES))
    elif reference == "data":
        expected = cosines(left(values, k, center), left(drawn.images.reshape(61, -1), k, center), k)
    else:
        whole = left(np.eye(CLASSES)[drawn.labels], CLASSES - center, center)
        expected = cosines(left(values, k, center), whole, k)
        assert value.details["reference_rank"] == CLASSES - center
    assert 0.05 < value < 1
    assert value == pytest.approx(expected, abs=1e-5)
    assert (value.details["k"], value.details["rank"]) == (3, 3)


@pytest.mark.parametrize("reference", REFERENCES)
def test_neither_a_rotation_nor_the_scale_of_the_features_nor_the_order_of_samples_or_classes_matters(reference):
    (inputs, labels), model = images(), Perceptron()
    agreement = partial(subspace_agreement, reference=reference, max_samples=50)
    value = agreement(model, (inputs, labels))
    order = np.random.default_rng(6).permutation(len(labels))
    assert agreement(model, (inputs[order], labels[order])) == value
    features = model.features
    rotation = np.linalg.qr(np.random.default_rng(4).standard_normal((40, 40)))[0].astype(np.float32)
    model.features = lambda inputs: np.float32(1e6) * (features(inputs) @ rotation) + np.float32(3)
    assert agreement(model, (inputs, labels)) == pytest.approx(value, abs=1e-5)
    model.features = lambda inputs: features(inputs) * np.linspace(0.1, 3, 40, dtype=np.float32)
    assert abs(agreement(model, (inputs, labels)) - value) > 1e-3
    if reference != "halves":  # there the classes' order says which samples stand together
        model.features = features
        assert agreement(model, (inputs, (labels + 1) % CLASSES)) == pytest.approx(value, abs=1e-9)


def test_with_k_1_and_the_data_it_is_the_squared_cosine_of_the_angle():
    from complexity.measures.model_data_angle import angle_to_data

    data, model = images(), Perceptron()
    value = subspace_agreement(model, data, k=1, center=False)
    assert value == pytest.approx(np.cos(np.radians(angle_to_data(model, data))) ** 2, abs=1e-5)


def test_features_that_are_the_labels_or_the_data_agree_wholly_and_random_ones_hardly():
    inputs, labels = images(400)
    model, by_image = Perceptron(), {one.tobytes(): label for one, label in zip(*images(400), strict=True)}
    agreement = partial(subspace_agreement, model, (inputs, labels))
    model.logits = lambda batch: np.zeros((len(batch), CLASSES), np.float32)
    model.features = lambda batch: np.eye(CLASSES, dtype=np.float32)[[by_image[one.tobytes()] for one in batch]]
    assert agreement(reference="labels") == pytest.approx(1, abs=1e-9)
    assert agreement(reference="halves") == pytest.approx(1, abs=1e-9)
    model.features = lambda batch: batch.reshape(len(batch), -1)
    assert agreement(reference="data") == pytest.approx(1, abs=1e-9)
    rng = np.random.default_rng(0)
    model.features = lambda batch: rng.standard_normal((len(batch), 40))
    for reference in REFERENCES:
        assert agreement(reference=reference) < 0.2


def test_labels_have_one_direction_less_than_classes_and_what_is_missing_counts_0():
    data, model = images(), Perceptron()
    found = [subspace_agreement(model, data, reference="labels", k=k) for k in (8, 3, 1)]
    assert [one.details["reference_rank"] for one in found] == [3, 3, 3]
    assert found[0] <= 3 / 8
    assert found[0] * 8 > found[1] * 3 > found[2]
    model.output[:, 2:] = 0
    with pytest.warns(InputWarning) as caught:
        assert subspace_agreement(model, data, layer="logits").details["rank"] == 2
    assert [str(one.message) for one in caught] == [
        "perceptron: the logits have rank 2, and k = 3: what is missing counts 0"
    ]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda x, y: (x, y), {"reference": "noise"},
         "reference: no such reference (expected one of data, labels, halves, found noise)"),
        (lambda x, y: (x, y), {"reference": "halves", "k": 30}, "k: out of range (expected 1 to 29, found 30)"),
        (lambda x, y: (x, 0 * y), {},
         "k: out of range, as one less than there are classes (expected 1 to 60, found 0)"),
        (lambda x, y: (1e38 * x, y), {}, "perceptron: features: an entry is NaN or infinite"),
        (lambda x, y: (x, y + 1), {},
         "perceptron: labels: the labels do not fit the outputs; hand over labels - 1 where they count from 1 "
         "(expected class numbers from 0 to 3, found 1 to 4)"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_what_cannot_be_computed_is_a_clear_error(change, settings, message):
    with pytest.raises(InputError) as caught:
        subspace_agreement(Perceptron(), change(*images()), **settings)
    assert str(caught.value) == message
