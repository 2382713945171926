"""Networks have the sizes of their papers; paradigms and the augmentation do what their formulas say."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.data.augmentation import color_jitter, crop_and_flip, gaussian_blur, resized_crop_and_flip  # noqa: E402
from training.networks import NETWORKS, make_encoder  # noqa: E402
from training.paradigms.contrastive import contrastive_loss  # noqa: E402
from training.recipes.optimization import Optimization  # noqa: E402
from training.runs.linear_classifier import accuracy, fit_linear_classifier  # noqa: E402

# Features, and parameters up to them in millions: He et al. 2016 (table 6) and Zagoruyko and Komodakis 2016 (table 5)
# as printed; the features of the paper's ResNet-50.
PUBLISHED = {
    "resnet20": (64, 0.27),
    "resnet56": (64, 0.85),
    "resnet110": (64, 1.7),
    "preact_resnet110": (64, 1.7),
    "wide_resnet28": (640, 36.5),
    "resnet50": (256, None),
    "resnet18": (512, None),
    "vgg16": (512, 14.7),
    "vgg19": (512, 20.0),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_network_has_the_features_and_parameters_of_its_paper(name):
    encoder = make_encoder(name, (3, 32, 32), {})
    features, millions = PUBLISHED[name]
    assert encoder.feature_size == features
    if millions is not None:
        count = sum(weight.numel() for weight in encoder.parameters()) / 1e6
        assert round(count, 2 if millions < 1 else 1) == millions


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"torchvision_resnet50", "resnet110", "preact_resnet110"}))
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64)])
def test_every_network_takes_grey_and_large_images(name, shape):
    encoder = make_encoder(name, shape, {"width": 4}).eval()
    with torch.no_grad():
        features = encoder(torch.zeros(2, *shape))
    assert features.shape == (2, encoder.feature_size)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 33, 20)])
def test_the_decoder_mirrors_the_encoder(shape):
    encoder = make_encoder("autoencoder", shape, {"width": 4, "bottleneck": 8}).eval()
    decoder = encoder.decoder().eval()
    with torch.no_grad():
        assert decoder(encoder(torch.zeros(2, *shape))).shape == (2, *shape)
    inward = [layer.weight.shape[:2] for layer in encoder.layers if hasattr(layer, "stride")]
    outward = [layer.weight.shape[:2] for layer in decoder if hasattr(layer, "stride")]
    assert inward == outward[::-1]


def test_each_image_is_cropped_and_mirrored_by_itself():
    images = torch.arange(64 * 3 * 6 * 6, dtype=torch.int32).reshape(64, 3, 6, 6)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2))
    found = crop_and_flip(images, torch.Generator().manual_seed(0), padding=2)
    places = list(itertools.product(range(5), range(5), (False, True)))
    drawn = []
    for image, result in zip(padded, found, strict=True):
        crops = [image[:, top : top + 6, left : left + 6] for top, left, _ in places]
        crops = [crop.flip(2) if place[2] else crop for crop, place in zip(crops, places, strict=True)]
        drawn.append([place for crop, place in zip(crops, places, strict=True) if torch.equal(crop, result)])
    assert all(len(places) == 1 for places in drawn)
    assert len({places[0] for places in drawn}) > 25
    unflipped = crop_and_flip(images, torch.Generator().manual_seed(0), padding=2, flip=False)
    assert any(torch.equal(image, crop) for image, crop in zip(images, unflipped, strict=True))


def test_views_without_strength_are_the_images_themselves():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(5, 3, 12, 12, generator=generator)
    assert torch.allclose(color_jitter(images, generator, strength=0.0), images, atol=1e-5)
    assert not torch.allclose(color_jitter(images, generator, strength=0.5), images, atol=0.1)
    assert torch.allclose(gaussian_blur(images, torch.full((5, 1, 1, 1), 1e-3)), images)
    flat = torch.full((4, 3, 12, 12), 0.3)
    assert torch.allclose(gaussian_blur(flat, torch.tensor([0.1, 1, 2, 3])[:, None, None, None]), flat)
    assert torch.allclose(resized_crop_and_flip(flat, generator, least_area=0.1), flat)


def test_a_resized_crop_shows_a_part_of_the_image_enlarged():
    ramp = torch.linspace(0, 1, 64).expand(32, 1, 64, 64)
    found = resized_crop_and_flip(ramp, torch.Generator().manual_seed(1), least_area=0.2, flip=False)
    slopes = (found[:, 0, 30, 40] - found[:, 0, 30, 20]) * 63 / 20
    sides = slopes.numpy()  # the share of the width that is seen
    assert sides.min() > 0.2 * (3 / 4) ** 0.5
    assert sides.max() < 1.01
    assert sides.std() > 0.1


def test_the_contrastive_loss_is_its_formula():
    rng = np.random.default_rng(0)
    labels, temperature = np.array([0, 1, 0, 2]), 0.3
    views = rng.standard_normal((2, 4, 5))
    z = views.reshape(8, 5) / np.linalg.norm(views.reshape(8, 5), axis=1, keepdims=True)
    twice = np.tile(labels, 2)
    terms = []
    for i in range(8):
        others = [a for a in range(8) if a != i]
        total = sum(np.exp(z[i] @ z[a] / temperature) for a in others)
        positives = [p for p in others if twice[p] == twice[i]]
        terms.append(-np.mean([np.log(np.exp(z[i] @ z[p] / temperature) / total) for p in positives]))
    found = contrastive_loss(torch.tensor(views), torch.tensor(labels), temperature)
    assert float(found) == pytest.approx(np.mean(terms), rel=1e-5)


def test_the_linear_classifier_finds_the_minimum_of_its_loss():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 6))
    labels = (features[:, :3] @ rng.standard_normal((3, 3)) + rng.standard_normal((300, 3))).argmax(axis=1)
    features = features * [1, 5, 0.1, 1, 2, 3] + 4
    x, y = torch.tensor(features, dtype=torch.float32), torch.tensor(labels)
    layer = fit_linear_classifier(x, y, 3)
    linear_model = pytest.importorskip("sklearn.linear_model")
    scaled = (features - features.mean(axis=0)) / features.std(axis=0, ddof=1)
    # Its penalty is a half of the squares beside C times the sum of the losses.
    peer = linear_model.LogisticRegression(C=1 / (2 * 1e-4 * 300), tol=1e-8, max_iter=1000).fit(scaled, labels)
    with torch.no_grad():
        shares = torch.softmax(layer(x), dim=1).numpy()
    assert shares == pytest.approx(peer.predict_proba(scaled), abs=2e-3)
    assert accuracy(layer, x, y) == pytest.approx(peer.score(scaled, labels), abs=0.01)


def test_learning_rates_follow_their_schedule():
    steps = Optimization("sgd", 0.1, "test", milestones=(0.5, 0.75), warmup_iterations=400)
    rates = [steps.rate(iteration, 1000) for iteration in (0, 49, 50, 499, 500, 749, 750, 999)]
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    cosine = Optimization("adam", 0.2, "test")
    assert [cosine.rate(iteration, 100) for iteration in (0, 50, 100)] == pytest.approx([0.2, 0.1, 0])
