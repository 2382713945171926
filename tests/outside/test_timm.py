"""Models of the package timm with random weights, with and without a head, on small images."""

import numpy as np
import pytest
import torch
from outside_kinds import LABELS, ROWS, Case, check_network, rows
from reference_angle import reference

from complexity import complexity

timm = pytest.importorskip("timm")

IMAGES = np.random.default_rng(0).random((ROWS, 3, 64, 64), dtype=np.float32)


def made(name, classes=3, **settings):
    return lambda: timm.create_model(name, pretrained=False, num_classes=classes, **settings)


def trained(name, **settings):
    """A model whose heads are no longer zero, as they are before training."""

    def make():
        model = made(name, **settings)()
        with torch.no_grad():
            for weight in model.parameters():
                if not weight.any():
                    weight.normal_(0, 0.1)
        return model

    return make


NETWORKS = {
    "ResNet": Case(made("resnet10t"), IMAGES, "fc"),
    "RegNet": Case(made("regnetx_002"), IMAGES, "head.fc"),
    "ConvNeXt": Case(made("convnext_atto"), IMAGES, "head.fc"),
    "EfficientNet": Case(made("efficientnet_b0"), IMAGES, "classifier"),
    "MobileNetV3 (an activation behind the last convolution)": Case(
        made("mobilenetv3_small_050"), IMAGES, "classifier"
    ),
    "ViT": Case(trained("test_vit", img_size=64), IMAGES, "head"),
    "Swin": Case(made("swin_tiny_patch4_window7_224", img_size=64, window_size=2), IMAGES, "head.fc"),
    "MLP-Mixer": Case(trained("mixer_s32_224", img_size=64), IMAGES, "head"),
    "CaFormer (a head of two layers)": Case(trained("caformer_s18"), IMAGES, "head.fc.fc2"),
    "DeiT with a second head (the mean of both)": Case(trained("deit_tiny_distilled_patch16_224", img_size=64), IMAGES),
    "ResNet without a head": Case(made("resnet18", 0), IMAGES, "layer4.1.conv2"),
    "ViT without a head": Case(made("test_vit", 0, img_size=64), IMAGES, "blocks.5.mlp.fc2"),
    "EfficientNet without a head": Case(made("efficientnet_b0", 0), IMAGES, "conv_head"),
    "MobileNetV3 without a head": Case(made("mobilenetv3_small_050", 0), IMAGES, "conv_head"),
    "features_only": Case(lambda: timm.create_model("resnet10t", pretrained=False, features_only=True), IMAGES),
}


def test_every_kind_has_a_row():
    assert set(NETWORKS) == set(rows("timm", "networks"))


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks(kind):
    check_network(rows("timm", "networks")[kind], NETWORKS[kind])


@pytest.mark.parametrize("side", [32, 64, 96])
def test_features_are_what_timm_gives_before_the_head_whatever_the_size(side):
    network, images = made("resnet10t")().eval(), IMAGES.repeat(2, 2)[..., :side, :side].copy()
    with torch.no_grad():
        hidden = network.forward_head(network.forward_features(torch.tensor(images)), pre_logits=True)
    assert float(complexity(network, (images, LABELS))) == pytest.approx(reference(hidden, images), abs=1e-4)


def test_of_two_heads_one_can_be_named():
    network = NETWORKS["DeiT with a second head (the mean of both)"].make().eval()
    given = []
    hook = network.head_dist.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    with torch.no_grad():
        network(torch.tensor(IMAGES))
    hook.remove()
    found = complexity(network, (IMAGES, LABELS), layer="head_dist")
    assert float(found) == pytest.approx(reference(given[0], IMAGES), abs=1e-4)
