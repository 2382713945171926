"""Networks have the sizes of their papers and take images of any size."""

import pytest
import torch

from training.networks import NETWORKS, make_encoder

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
