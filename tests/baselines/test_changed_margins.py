"""The winners' margins of augmented and of mixed samples, one sample and one gradient at a time."""

import numpy as np
import pytest

from baselines import augment_margin, mixup_margin
from complexity.errors import InputError
from complexity.images.drawn_images import draw
from complexity.images.perturbation import Augmentation, partners
from complexity.measures.changed_margins import Variances, trimmed_root
from complexity.samples import Samples

torch = pytest.importorskip("torch")

rng = np.random.default_rng(0)
IMAGES = rng.standard_normal((40, 1, 8, 8)).astype(np.float32)
LABELS = rng.integers(0, 3, 40)


class Convolutional(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.head = torch.nn.Conv2d(1, 4, 3), torch.nn.Linear(144, 3)

    def forward(self, images):
        return self.after(self.convolution(images))

    def after(self, maps):
        return self.head(torch.relu(maps).flatten(1))


def slow_margin(network, images, labels):
    """Mean over samples of difference / |gradient|, over the trimmed spread; and the distances before that."""
    distances, values = [], []
    for image, label in zip(images, labels, strict=True):
        maps = network.convolution(torch.as_tensor(image)[None]).detach().requires_grad_()
        logits = network.after(maps)[0]
        other = max((k for k in range(3) if k != label), key=lambda k: logits[k].item())
        difference = logits[label] - logits[other]
        (gradient,) = torch.autograd.grad(difference, maps)
        distances.append(difference.item() / (gradient.norm().item() + 1e-7))
        values.append(maps.detach().flatten().double().numpy())
    variances = sorted(np.var([one[k] for one in values]) for k in range(144))
    spread = np.sqrt(np.mean(variances[7:-7]))  # 5% of 144 is 7.2
    return np.array(distances) / (spread + 1e-7), spread


def test_the_augment_margin_is_that_of_samples_one_by_one():
    network = Convolutional()
    value = augment_margin.complexity(network, (IMAGES, LABELS), seed=4)
    drawn = draw(Samples(IMAGES, LABELS), 500, 4)
    (change,) = Augmentation(drawn, "auto").changes(1)
    distances, spread = slow_margin(network, np.moveaxis(change(slice(None)), -1, 1), drawn.labels)
    assert value == pytest.approx(distances.mean(), rel=1e-4)
    assert value.details["spread"] == pytest.approx(spread, rel=1e-5)
    assert value.details["right"] == np.mean(distances > 0)
    assert value.details["standard_error"] == pytest.approx(distances.std(ddof=1) / np.sqrt(40), rel=1e-4)
    assert value.details["layer"] == "convolution:output"


def test_the_mixup_margin_is_that_of_mixed_samples_one_by_one():
    network = Convolutional()
    value = mixup_margin.complexity(network, (IMAGES, LABELS), seed=4)
    drawn = draw(Samples(IMAGES, LABELS), 500, 4)
    images = np.moveaxis(drawn.images, -1, 1)
    mixed = (images + images[partners(drawn.labels, np.random.default_rng((4, 0)))]) / 2
    assert value == pytest.approx(slow_margin(network, mixed, drawn.labels)[0].mean(), rel=1e-4)


def test_a_network_that_is_twice_as_sure_has_the_same_margin():
    network, surer = Convolutional(), Convolutional()
    with torch.no_grad():
        surer.head.weight *= 2
        surer.head.bias *= 2
    for one in (augment_margin, mixup_margin):
        expected = one.complexity(network, (IMAGES, LABELS), rounds=2)
        assert one.complexity(surer, (IMAGES, LABELS), rounds=2) == pytest.approx(expected, rel=1e-5)


def test_variances_of_blocks_are_those_of_the_whole_matrix():
    matrix, variances = rng.standard_normal((23, 6)) + 100, Variances()
    for block in (matrix[:7], matrix[7:8], matrix[8:]):
        variances.add(block)
    np.testing.assert_allclose(variances.of_columns(), matrix.var(axis=0), rtol=1e-10)
    stats = pytest.importorskip("scipy.stats")
    assert trimmed_root(matrix.var(axis=0)) == pytest.approx(np.sqrt(stats.trim_mean(matrix.var(axis=0), 0.05)))


@pytest.mark.parametrize("one", [augment_margin, mixup_margin])
def test_no_rounds_are_refused(one):
    with pytest.raises(InputError) as caught:
        one.complexity(Convolutional(), (IMAGES, LABELS), rounds=0)
    assert str(caught.value) == "rounds: out of range (expected a whole number from 1 on, found 0)"
