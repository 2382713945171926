"""Principal subspaces against slow oracles, perturbations, and the measure of how far the subspaces stay."""

from functools import partial
from zlib import crc32

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from baselines.subspace_stability import subspace_stability
from complexity import p_vectors, principal_angles
from complexity.errors import InputError, InputWarning
from complexity.images.augmentation import augment
from complexity.images.drawn_images import draw
from complexity.images.perturbation import Augmentation, mixing, mixing_across, partners
from complexity.models import TrainedModel
from complexity.pvectors.principal_subspace import overlap, principal_directions, principal_subspace
from complexity.samples import Samples

CLASSES = 4
stability = partial(subspace_stability, layer="features")


class Perceptron(TrainedModel):
    """One hidden layer of rectified units."""

    name = "perceptron"

    def __init__(self, hidden, output):
        self.hidden, self.output, self.seen = hidden, output, 0

    def features(self, inputs):
        assert inputs.dtype == np.float32
        self.seen += len(inputs)
        return np.maximum(inputs.reshape(len(inputs), -1) @ self.hidden, 0)

    def logits(self, inputs):
        return self.features(inputs) @ self.output

    def first_layer(self, inputs):
        return inputs.reshape(len(inputs), -1) @ self.hidden

    def values_at(self, layer, inputs):
        return self.first_layer(inputs) if layer == "first layer" else super().values_at(layer, inputs)


def network(width=40, side=10, channels=3):
    rng = np.random.default_rng(7)
    hidden = rng.standard_normal((side * side * channels, width)).astype(np.float32)
    return Perceptron(hidden, rng.standard_normal((width, CLASSES)).astype(np.float32))


def images(n=60, side=10, channels=3):
    """Classes with mean images of their own."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, n)
    means = rng.random((CLASSES, side, side, channels), dtype=np.float32)
    return means[labels] + rng.random((n, side, side, channels), dtype=np.float32), labels


def svd_overlap(first, second, k):
    """The definition, by a full decomposition and the angles themselves."""
    left = [np.linalg.svd(m - m.mean(axis=0), full_matrices=False)[0][:, :k] for m in (first, second)]
    return np.mean(np.cos(subspace_angles(*left)) ** 2)


@pytest.mark.parametrize("shape", [(50, 20), (20, 50), (30, 30)])
@pytest.mark.parametrize("center", [False, True])
def test_the_subspace_is_that_of_the_p_vectors_with_orthonormal_columns_in_their_order(shape, center):
    matrix = np.random.default_rng(1).random(shape, dtype=np.float32)
    found, expected = principal_subspace(matrix, 5, center=center), p_vectors(matrix, 5, center=center).vectors
    np.testing.assert_allclose(np.abs(found.T @ expected), np.eye(5), atol=1e-6)
    np.testing.assert_allclose(found.T @ found, np.eye(5), atol=1e-12)


def test_the_overlap_is_the_mean_squared_cosine_of_the_principal_angles():
    rng = np.random.default_rng(2)
    first, second = (np.linalg.qr(rng.standard_normal((30, 4)))[0] for _ in range(2))
    cosines = np.cos(np.radians(principal_angles(first, second)))
    assert overlap(first, second, 4) == pytest.approx(np.mean(cosines**2), rel=1e-12)
    assert overlap(first, first @ np.linalg.qr(rng.standard_normal((4, 4)))[0], 4) == pytest.approx(1, abs=1e-12)
    assert overlap(first, second[:, :0], 4) == 0


@pytest.mark.parametrize("shape", [(50, 20), (20, 50), (30, 30)])
@pytest.mark.parametrize("center", [False, True])
def test_principal_directions_are_the_right_singular_vectors(shape, center):
    matrix = np.random.default_rng(1).random(shape, dtype=np.float32)
    found = principal_directions(matrix, 5, center=center)
    expected = np.linalg.svd(matrix - center * matrix.mean(axis=0))[2][:5]
    np.testing.assert_allclose(np.abs(expected @ found), np.eye(5), atol=1e-5)
    np.testing.assert_allclose(found.T @ found, np.eye(5), atol=1e-12)


@pytest.mark.parametrize("tall", [True, False])
def test_directions_that_are_nothing_but_rounding_are_left_out(tall):
    rng = np.random.default_rng(3)
    matrix = (rng.random((60, 3)) @ rng.random((3, 40))).astype(np.float32)  # rounding makes the rank 40
    found = principal_subspace(matrix if tall else matrix.T, 9, center=False)
    assert found.shape[1] == 3
    assert principal_subspace(np.full((60, 40), 0.1, np.float32), 9).shape == (60, 0)
    assert principal_subspace(np.zeros((5, 4)), 2).shape == (5, 0)


@pytest.mark.parametrize("layer", ["features", "logits"])
@pytest.mark.parametrize("perturbation", ["augmentation", "mixing", "both"])
def test_the_measure_is_its_definition(layer, perturbation):
    inputs, labels = images()
    model = network()
    value = subspace_stability(model, (inputs, labels), layer=layer, perturbation=perturbation, rounds=3, seed=5)
    drawn = draw(Samples(inputs, labels), None, 5)
    compute = getattr(model, layer)
    clean, names = compute(drawn.images), Augmentation(drawn, "geometric").names
    expected = {
        "augmentation": [
            svd_overlap(clean, compute(augment(drawn.images, numbers, names, None, None)), CLASSES - 1)
            for numbers in drawn.uniforms(3)
        ],
        "mixing": [
            svd_overlap(clean, compute((drawn.images + drawn.images[partners(drawn.labels, rng)]) / 2), CLASSES - 1)
            for rng in (np.random.default_rng((5, number)) for number in range(3))
        ],
    }
    chosen = {name: found for name, found in expected.items() if perturbation in (name, "both")}
    rounds = np.mean(list(chosen.values()), axis=0)
    assert 0.02 < value < 0.98
    assert value == pytest.approx(rounds.mean(), abs=1e-6)
    assert value.details["standard_error"] == pytest.approx(np.std(rounds, ddof=1) / np.sqrt(3), abs=1e-6)
    assert value.details["values_of_rounds"] == {name: pytest.approx(found, abs=1e-6) for name, found in chosen.items()}
    one = subspace_stability(model, (inputs, labels), layer=layer, perturbation=perturbation, rounds=3, seed=5, k=1)
    assert value.details["value_for_k_1"] == pytest.approx(one, abs=1e-12)
    assert (value.details["k"], value.details["rank"], value.details["samples"]) == (3, 3, 60)


def mixed_across(values, mixture):
    """s v_i + (1 - s) v_j, sample by sample."""
    pairs = zip(values, mixture.others, mixture.shares, strict=True)
    return np.stack([s * value + (1 - s) * values[j] for value, j, s in pairs])


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("layer", ["features", "logits"])
def test_mixed_across_classes_it_compares_with_clean_values_mixed_likewise(layer, by_class):
    inputs, labels = images(160)
    model, compute = network(), getattr(network(), layer)
    settings = {"layer": layer, "perturbation": "across", "k": 2, "by_class": by_class, "center": True}
    value = subspace_stability(model, (inputs, labels), seed=5, **settings)
    drawn = draw(Samples(inputs, labels), None, 5)
    groups = [drawn.labels == one for one in range(CLASSES)] if by_class else [slice(None)]
    rounds = []
    for mixture in mixing_across(drawn.labels, 2, 5):
        straight = mixed_across(compute(drawn.images), mixture)
        found = compute(mixed_across(drawn.images, mixture).astype(np.float32))
        rounds.append(np.mean([svd_overlap(straight[rows], found[rows], 2) for rows in groups]))
    assert 0.1 < value < 0.99
    assert value == pytest.approx(np.mean(rounds), abs=1e-6)
    assert value.details["values_of_rounds"] == {"across": pytest.approx(rounds, abs=1e-6)}


def test_by_class_it_is_the_mean_over_classes_of_the_samples_of_one_alone():
    inputs, labels = images(120)
    value = stability(network(), (inputs, labels), perturbation="mixing", by_class=True, k=3, seed=2)
    drawn = draw(Samples(inputs, labels), None, 2)
    rounds = []
    for number in range(2):
        others = partners(drawn.labels, np.random.default_rng((2, number)))
        clean, mixed = (network().features(one) for one in (drawn.images, (drawn.images + drawn.images[others]) / 2))
        classes = [drawn.labels == one for one in range(CLASSES)]
        rounds.append(np.mean([svd_overlap(clean[rows], mixed[rows], 3) for rows in classes]))
    assert value == pytest.approx(np.mean(rounds), abs=1e-6)
    assert stability(network(), (inputs, labels), by_class=True).details["k"] == 1


def test_between_classes_a_linear_layer_is_1_and_one_with_rectified_units_is_not():
    data = images(120)
    across = partial(subspace_stability, perturbation="across", k=6)
    assert across(network(), data, layer="first layer") == pytest.approx(1, abs=1e-5)
    assert across(network(), data, layer="features") < 0.99


def test_mixtures_are_of_two_classes_with_own_shares_from_a_half_and_further_rounds_leave_the_first_ones():
    labels = np.array([0, 1, 0, 2, 0, 1, 0])
    found = list(mixing_across(labels, 3000, 1))
    others, shares = (np.stack([getattr(one, name) for one in found]) for name in ("others", "shares"))
    assert (labels[others] != labels).all()
    np.testing.assert_allclose([np.mean(others[:, 1] == other) for other in (0, 2, 3, 4, 6)], 0.2, atol=0.03)
    assert (shares.min() >= 0.5, shares.max() <= 1) == (True, True)
    np.testing.assert_allclose(np.quantile(shares, [0.25, 0.5, 0.75]), [0.625, 0.75, 0.875], atol=0.01)
    (first,) = mixing_across(labels, 1, 1)
    np.testing.assert_array_equal(first.others, others[0])
    values = np.random.default_rng(0).random((7, 4, 4, 3))
    np.testing.assert_allclose(first.of(values)[2:5], first.of(values, slice(2, 5)), rtol=1e-12)


def test_neither_a_rotation_nor_the_scale_of_the_features_matters_and_other_maps_do():
    data, model = images(), network()
    value = stability(model, data)
    rng = np.random.default_rng(4)
    rotation = np.linalg.qr(rng.standard_normal((40, 40)))[0].astype(np.float32)
    features = model.features
    for scale in (1e-12, 1e12):
        model.features = lambda inputs, scale=scale: np.float32(scale) * (features(inputs) @ rotation)
        assert stability(model, data) == pytest.approx(value, abs=1e-5)
    model.features = lambda inputs: features(inputs) * np.linspace(0.1, 3, 40, dtype=np.float32)
    assert abs(stability(model, data) - value) > 1e-3
    model.features = lambda inputs: features(inputs) + np.float32(50)
    assert stability(model, data) == pytest.approx(value, abs=1e-4)
    assert abs(stability(model, data, center=False) - value) > 1e-2


def test_the_order_of_the_samples_does_not_matter_even_where_copies_have_different_labels():
    inputs, labels = images(100)
    inputs, labels = np.concatenate([inputs, inputs[:30]]), np.concatenate([labels, (labels[:30] + 1) % CLASSES])
    order = np.random.default_rng(6).permutation(130)
    values = [subspace_stability(network(), (inputs[o], labels[o]), max_samples=80) for o in (np.arange(130), order)]
    assert values[0] == values[1]
    assert values[0].details == values[1].details
    assert values[0] != subspace_stability(network(), (inputs, labels), max_samples=80, seed=1)


def test_a_network_that_ignores_what_the_perturbation_changes_has_1_and_one_that_sees_nothing_else_nearly_k_over_n():
    inputs, labels = images(400)
    steady, erratic = network(), network()
    steady.features = lambda images: np.eye(CLASSES, dtype=np.float32)[nearest_class(images)]
    erratic.features = lambda images: np.random.default_rng(crc32(images)).random((len(images), 40), np.float32)
    steady.logits = erratic.logits = lambda images: np.zeros((len(images), CLASSES), np.float32)
    settings = {"perturbation": "mixing"}
    assert stability(steady, (inputs, labels), **settings) == pytest.approx(1, abs=1e-12)
    assert stability(erratic, (inputs, labels), **settings) < 0.03


def nearest_class(inputs):
    data, labels = images(400)
    means = np.stack([data[labels == one].mean(axis=0) for one in range(CLASSES)])
    distances = ((inputs[:, None] - means) ** 2).sum(axis=(2, 3, 4))
    return distances.argmin(axis=1)


def test_partners_are_others_of_the_same_class_each_with_the_same_chance():
    labels = np.array([0, 1, 0, 2, 0, 1, 0])
    drawn = np.stack([partners(labels, np.random.default_rng(seed)) for seed in range(3000)])
    assert (labels[drawn] == labels).all()
    assert (drawn[:, 3] == 3).all()
    assert (drawn[:, [0, 1, 2, 4, 5, 6]] != [0, 1, 2, 4, 5, 6]).all()
    shares = [np.mean(drawn[:, 2] == other) for other in (0, 4, 6)]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.04)


def test_further_rounds_of_mixing_leave_the_first_ones():
    drawn = draw(Samples(*images()), None, 0)
    first, second = ([change(slice(3, 9)) for change in mixing(drawn, rounds, 0)] for rounds in (2, 4))
    np.testing.assert_array_equal(first, second[:2])
    assert not np.array_equal(*first)


def test_features_of_a_rank_below_k_count_0_for_what_they_lack_and_a_dead_network_has_0():
    data = images()
    narrow, dead = network(), network()
    narrow.hidden[:, 2:] = 0
    narrow.hidden[:, :2] -= narrow.hidden[:, :2].mean() - 0.01
    with pytest.warns(InputWarning) as caught:
        value = stability(narrow, data)
    assert [str(one.message) for one in caught] == [
        "perceptron: the features have rank 2, and k = 3: what is missing counts 0"
    ]
    assert value == pytest.approx(stability(narrow, data, k=2) * 2 / 3, abs=1e-12)
    dead.features = lambda inputs: np.full((len(inputs), 40), 0.3, np.float32)
    with pytest.warns(InputWarning, match="the features have rank 0, and k = 3"):
        assert stability(dead, data) == 0


def test_the_network_sees_the_clean_samples_once_and_the_perturbed_ones_once_a_round():
    for perturbation, times in (("augmentation", 4), ("mixing", 4), ("both", 7)):
        model = network()
        subspace_stability(model, images(), perturbation=perturbation, rounds=3, max_samples=50)
        assert model.seen == times * 50


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda x, y: (x.reshape(60, -1), y), {},
         "inputs: the inputs are no images (expected shape (n, h, w, c) or (n, c, h, w): 2 or more, sides from 8 on, "
         "fewer channels, found (60, 300))"),
        (lambda x, y: (x, 0 * y), {},
         "k: out of range, as one less than there are classes (expected 1 to 59, found 0)"),
        (lambda x, y: (x[:4], np.arange(4)), {},
         "labels: no two samples are of one class (expected classes of 2 or more samples)"),
        (lambda x, y: (x, y), {"k": 60}, "k: out of range (expected 1 to 59, found 60)"),
        (lambda x, y: (x, y), {"rounds": 1},
         "rounds: out of range (expected a whole number from 2 on, or None, found 1)"),
        (lambda x, y: (x, y), {"layer": "input"},
             "perceptron: forward passes: models of this kind have no forward passes here (expected a Keras model or a "
             "torch.nn.Module, found Perceptron)"),
        (lambda x, y: (x, y), {"perturbation": "noise"},
         "perturbation: no such perturbation (expected one of augmentation, mixing, across, both, found noise)"),
        (lambda x, y: (x, 0 * y), {"perturbation": "across", "k": 2},
         "labels: all samples are of one class (expected samples of 2 classes or more)"),
        (lambda x, y: (x[:5], np.array([0, 0, 0, 1, 1])), {"by_class": True, "k": 2},
         "k: out of range (expected 1 to 1, found 2)"),
        (lambda x, y: (1e38 * x, y), {"layer": "features"}, "perceptron: features: an entry is NaN or infinite"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_what_cannot_be_computed_is_a_clear_error(change, settings, message):
    with pytest.raises(InputError) as caught:
        subspace_stability(network(), change(*images()), **settings)
    assert str(caught.value) == message
