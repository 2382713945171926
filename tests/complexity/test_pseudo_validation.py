"""Augmentation of images against slow loops, and the accuracy on augmented training samples."""

import copy

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.images.augmentation import augment, mirror_asymmetry, mirrored, recoloured, shifted
from complexity.images.drawn_images import Drawn, draw
from complexity.measures.pseudo_validation import pseudo_validation_accuracy, standard_error
from complexity.models import TrainedModel
from complexity.samples import Samples
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.sample.run import FOLDER


class Linear(TrainedModel):
    """Class scores that are linear in the pixels."""

    name = "linear"

    def __init__(self, weights):
        self.matrix, self.calls = weights, 0

    def logits(self, inputs):
        self.calls += 1
        assert inputs.dtype == np.float32
        return inputs.reshape(len(inputs), -1) @ self.matrix


Linear.__abstractmethods__ = frozenset()  # the logits are all that is asked for


def images(n=60, side=12, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, side, side, channels), dtype=np.float32), rng.integers(0, 4, n)


def network(side=12, channels=3, classes=4):
    rng = np.random.default_rng(7)
    return Linear(rng.standard_normal((side * side * channels, classes)).astype(np.float32))


def slow_shift(image, uniforms):
    height, width, _ = image.shape
    down, right = (
        int(u * (2 * (side // 8) + 1)) - side // 8 for u, side in zip(uniforms, (height, width), strict=True)
    )
    moved = np.empty_like(image)
    for row in range(height):
        for column in range(width):
            source = []
            for place, side in ((row + down, height), (column + right, width)):
                place = abs(place)
                source.append(2 * (side - 1) - place if place >= side else place)
            moved[row, column] = image[source[0], source[1]]
    return moved


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 1), (32, 3), (64, 3)])
def test_each_image_is_mirrored_and_shifted_by_its_own_numbers(side, channels):
    inputs, _ = images(40, side, channels)
    uniforms = np.random.default_rng(1).random((40, 2))
    found = shifted(inputs, uniforms)
    np.testing.assert_array_equal(found, [slow_shift(*pair) for pair in zip(inputs, uniforms, strict=True)])
    np.testing.assert_array_equal(shifted(inputs, np.full((40, 2), 0.5)), inputs)
    flipped = mirrored(inputs, uniforms[:, 0])
    for before, after, number in zip(inputs, flipped, uniforms[:, 0], strict=True):
        np.testing.assert_array_equal(after, before[:, ::-1] if number < 0.5 else before)


def test_colours_change_as_brightness_contrast_and_saturation_within_the_range_of_the_data():
    inputs, _ = images()
    uniforms = np.random.default_rng(2).random((60, 3))
    found = recoloured(inputs, uniforms, np.zeros(3), np.ones(3))
    for image, (bright, contrast, saturation), changed in zip(inputs, 0.8 + 0.4 * uniforms, found, strict=True):
        image = image.astype(float) * bright
        image = image.mean() + contrast * (image - image.mean())
        grey = image.mean(axis=2, keepdims=True)
        image = np.clip(grey + saturation * (image - grey), 0, 1)
        np.testing.assert_allclose(changed, image, atol=2e-6)
    scale, offset = np.array([255, 3, 7], np.float32), np.array([0, -1.5, 2], np.float32)
    elsewhere = recoloured(inputs * scale + offset, uniforms, offset, scale + offset)
    np.testing.assert_allclose((elsewhere - offset) / scale, found, atol=1e-5)
    assert found.dtype == elsewhere.dtype == np.float32


def test_the_accuracy_is_that_of_the_images_augmented_one_by_one():
    inputs, labels = images()
    model, names = network(), ("flip", "vertical_flip", "crop", "colour")
    value = pseudo_validation_accuracy(model, (inputs, labels), rounds=5, seed=3, augmentations=names)
    drawn = draw(Samples(inputs, labels), None, 3)
    low, high = inputs.min(axis=(0, 1, 2)), inputs.max(axis=(0, 1, 2))
    hits = [
        [
            model.logits(augment(drawn.images[[i]], numbers[[i]], names, low, high)).argmax() == drawn.labels[i]
            for i in range(60)
        ]
        for numbers in drawn.uniforms(5)
    ]
    assert value == np.mean(hits)
    assert value.details["accuracy_of_rounds"] == np.mean(hits, axis=1).tolist()
    assert value.details["clean_accuracy"] == np.mean(model.logits(inputs).argmax(axis=1) == labels)
    assert value.details["standard_error"] == standard_error(np.array(hits), 60)
    assert value.details["augmentations"] == list(names)


def test_neither_the_order_of_the_samples_nor_the_batches_change_the_value(monkeypatch):
    inputs, labels = images(300)
    order = np.random.default_rng(4).permutation(300)
    value = pseudo_validation_accuracy(network(), (inputs, labels), max_samples=100)
    assert pseudo_validation_accuracy(network(), (inputs[order], labels[order]), max_samples=100) == value
    monkeypatch.setattr("complexity.models.features.batch_size", lambda images: 7)
    model = network()
    assert pseudo_validation_accuracy(model, (inputs, labels), max_samples=100) == value
    assert model.calls == 15 * (20 + 1)
    assert (value.details["samples"], value.details["available"]) == (100, 300)


def test_the_seed_decides_and_more_rounds_leave_the_first_ones():
    data = images()
    first, second = (pseudo_validation_accuracy(network(), data, rounds=rounds).details for rounds in (3, 6))
    assert second["accuracy_of_rounds"][:3] == first["accuracy_of_rounds"]
    assert (
        pseudo_validation_accuracy(network(), data, seed=1, rounds=3).details["accuracy_of_rounds"]
        != first["accuracy_of_rounds"]
    )


def test_channels_first_gives_the_value_of_channels_last():
    inputs, labels = images()
    last = network()
    matrix = last.matrix.reshape(12, 12, 3, 4).transpose(2, 0, 1, 3).reshape(-1, 4)
    first = Linear(matrix)
    values = [
        pseudo_validation_accuracy(*pair)
        for pair in ((last, (inputs, labels)), (first, (inputs.transpose(0, 3, 1, 2), labels)))
    ]
    assert values[0] == values[1]
    assert values[0].details == values[1].details


def test_a_torch_module_and_a_keras_model_of_the_same_weights_have_the_same_value():
    torch, keras = pytest.importorskip("torch"), pytest.importorskip("keras")
    inputs, labels = images()
    model = keras.Sequential(
        [keras.Input((12, 12, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(4)]
    )
    kernel, bias, dense, dense_bias = (torch.as_tensor(np.array(w)) for w in model.get_weights())
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(400, 4)
    )
    dense = dense.reshape(10, 10, 4, 4).permute(2, 0, 1, 3).reshape(400, 4)
    arrays = kernel.permute(3, 2, 0, 1), bias, dense.T, dense_bias
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), arrays, strict=True):
            parameter.copy_(array)
    state = copy.deepcopy(module.state_dict())
    values = (
        pseudo_validation_accuracy(model, (inputs, labels)),
        pseudo_validation_accuracy(module, (inputs.transpose(0, 3, 1, 2), labels)),
    )
    assert values[0] == pytest.approx(values[1], abs=1 / 60)
    assert values[0].details["augmentations"] == values[1].details["augmentations"]
    assert module.training
    assert all(torch.equal(state[name], array) for name, array in module.state_dict().items())


@pytest.fixture(scope="module")
def digits():
    (task,) = find_tasks(FOLDER)
    return task.training_samples()


def chosen(inputs, labels):
    model = network(inputs.shape[1], inputs.shape[3], 10)
    return pseudo_validation_accuracy(model, (inputs, labels), rounds=2).details


def test_digits_are_not_flipped_in_grey_nor_in_colour_but_images_that_look_the_same_in_a_mirror_are(digits):
    inputs, labels = digits
    assert chosen(inputs, labels)["augmentations"] == ["crop"]
    # Light on dark or dark on light, in any colours.
    rng = np.random.default_rng(0)
    ink, paper = rng.random((2, len(inputs), 1, 1, 3), dtype=np.float32)
    coloured = inputs * ink + (1 - inputs) * paper
    assert chosen(coloured, labels)["augmentations"] == ["crop", "colour"]
    symmetric = np.concatenate([coloured, coloured[:, :, ::-1]])
    found = chosen(symmetric, np.concatenate([labels, labels]))
    assert found["augmentations"] == ["flip", "crop", "colour"]
    assert abs(found["mirror_asymmetry"]) < 0.1 < chosen(coloured, labels)["mirror_asymmetry"]


def test_the_mirror_asymmetry_is_half_for_patterns_that_have_nothing_in_common_with_their_mirror_images():
    rng = np.random.default_rng(5)
    patterns, labels = rng.random((4, 200, 200, 1)), np.repeat(np.arange(4), 2)
    half = np.arange(8) % 2 == 0
    assert mirror_asymmetry(patterns[labels], labels, half) == pytest.approx(0.5, abs=0.02)
    symmetric = patterns + patterns[:, :, ::-1]
    assert mirror_asymmetry(symmetric[labels], labels, half) == pytest.approx(0, abs=1e-12)
    assert np.isnan(mirror_asymmetry(rng.random((8, 9, 9, 1)), np.arange(8), half))


def test_the_standard_error_is_the_spread_over_repeated_draws():
    rng = np.random.default_rng(6)
    chance = rng.beta(0.5, 0.3, 300)  # of each of 300 samples to be recognized
    for n in (100, 300):
        means, errors = [], []
        for _ in range(1500):
            drawn = chance[rng.permutation(300)[:n]]
            hits = rng.random((3, n)) < drawn
            means.append(hits.mean())
            errors.append(standard_error(hits, 300))
        assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.06)


def test_all_samples_of_a_set_that_is_smaller_than_the_draw_are_used():
    inputs, labels = images(10)
    drawn = draw(Samples(inputs, labels), 1000, 0)
    assert isinstance(drawn, Drawn)
    assert sorted(map(bytes, drawn.images)) == sorted(map(bytes, inputs))
    assert drawn.uniforms(2).shape == (2, 10, 7)


@pytest.mark.parametrize(
    ("model", "data", "settings", "message"),
    [
        (network(), (np.ones((5, 432), np.float32), np.arange(5)), {},
         "inputs: the inputs are no images (expected shape (n, h, w, c) or (n, c, h, w): 2 or more, sides from 8 on, "
         "fewer channels, found (5, 432))"),
        (network(), (np.ones((5, 12, 12), np.float32), np.arange(5)), {},
         "inputs: the inputs are no images; images of one channel need an axis for it: images[..., None], or "
         "images[:, None] in PyTorch (expected shape (n, h, w, c) or (n, c, h, w): 2 or more, sides from 8 on, "
         "fewer channels, found (5, 12, 12))"),
        (network(), (images()[0], None), {},
         "labels: the data set has no labels (expected a class number for each sample)"),
        (network(classes=3), images(), {},
         "linear: labels: the labels do not fit the outputs (expected class numbers from 0 to 2, found 0 to 3)"),
        (Linear(np.full((432, 4), np.nan)), images(), {}, "linear: logits: an output is NaN or infinite"),
        (network(), images(), {"rounds": 1},
         "rounds: out of range (expected a whole number from 2 on, or None, found 1)"),
        (network(), images(), {"augmentations": "flip"},
         'augmentations: bad augmentations (expected "auto", "geometric", or some of flip, vertical_flip, crop, '
         "colour for 3-channel images, found flip)"),
        (network(channels=1), images(channels=1), {"augmentations": ["colour"]},
         'augmentations: bad augmentations (expected "auto", "geometric", or some of flip, vertical_flip, crop '
         "for 1-channel images, found ['colour'])"),
    ],
)  # fmt: skip
def test_what_cannot_be_augmented_is_a_clear_error(model, data, settings, message):
    with pytest.raises(InputError) as caught:
        pseudo_validation_accuracy(model, data, **settings)
    assert str(caught.value) == message
