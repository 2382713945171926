"""Adapters as the package peft makes them, here of a few lines: which layer is taken, and what the kernels are."""

import numpy as np
import pytest
import torch
from reference_angle import reference
from torch import nn

from complexity import InputError, complexity
from complexity.models import adapt

X = np.random.default_rng(0).random((20, 4), dtype=np.float32)
LABELS = np.arange(20) % 3


class LowRank(nn.Module):
    """A dense layer with two matrices of rank 1 beside it."""

    active_adapters, disable_adapters, merged = ("default",), False, False

    def __init__(self, base):
        super().__init__()
        self.base_layer = base
        self.down, self.up = nn.Linear(base.in_features, 1, bias=False), nn.Linear(1, base.out_features, bias=False)

    def forward(self, x):
        return self.base_layer(x) + self.up(self.down(x))

    def get_delta_weight(self, name):
        return {"default": self.up.weight @ self.down.weight}[name]


class Scaled(LowRank):
    """An adapter that does not only add."""

    use_dora = {"default": True}  # noqa: RUF012 (as peft has it)


class OtherActive(LowRank):
    """An adapter of which one more name is active that leaves this layer alone."""

    active_adapters = ("elsewhere", "default")


class Saved(nn.Module):
    """A layer beside the copy that runs in its place."""

    active_adapters, disable_adapters = ("default",), False

    def __init__(self, layer):
        super().__init__()
        self.original_module = layer
        self.modules_to_save = nn.ModuleDict({"default": nn.Linear(layer.in_features, layer.out_features)})

    def forward(self, x):
        return self.modules_to_save["default"](x)


def network(body, head):
    torch.manual_seed(0)
    return nn.Sequential(body(nn.Linear(4, 8)), nn.Tanh(), head(nn.Linear(8, 3)))


@pytest.mark.parametrize("body", [LowRank, Scaled])
@pytest.mark.parametrize("head", [LowRank, Saved])
def test_the_features_are_what_the_adapted_layer_is_given(body, head):
    model = network(body, head)
    with torch.no_grad():
        hidden = torch.tanh(model[0](torch.tensor(X)))
    assert float(complexity(model, (X, LABELS))) == pytest.approx(reference(hidden, X), abs=1e-4)


@pytest.mark.parametrize("kind", [LowRank, OtherActive])
def test_the_kernel_of_an_adapted_layer_holds_what_the_adapter_adds(kind):
    model = network(kind, Saved)
    kernels = adapt(model).kernels()
    with torch.no_grad():
        acting = (model[0](torch.eye(4)) - model[0](torch.zeros(4, 4))).T
    assert len(kernels) == 2
    np.testing.assert_allclose(kernels[0], acting, atol=1e-6)
    np.testing.assert_array_equal(kernels[1], model[2].modules_to_save["default"].weight.detach())


def test_an_adapter_that_is_merged_or_disabled_adds_nothing_more():
    for attribute in ("merged", "disable_adapters"):
        model = network(LowRank, LowRank)
        setattr(model[0], attribute, True)
        np.testing.assert_array_equal(adapt(model).kernels()[0], model[0].base_layer.weight.detach())


def test_of_an_adapter_that_does_more_than_adding_all_matrices_are_kernels():
    shapes = [kernel.shape for kernel in adapt(network(Scaled, Saved)).kernels()]
    assert shapes == [(8, 4), (1, 4), (8, 1), (3, 8)]


def test_what_holds_a_model_is_refused_with_the_name_of_the_attribute():
    class Trainer:
        model = network(LowRank, Saved)

    with pytest.raises(
        InputError, match=r"not a trained model .*; perhaps its attribute \.model is one, found Trainer"
    ):
        complexity(Trainer(), (X, LABELS))


def test_weights_that_are_offloaded_are_called_that():
    model = network(LowRank, Saved).to("meta")
    model[0]._hf_hook = object()
    with pytest.raises(
        InputError, match=r"0\.base_layer\.weight: the model's weights are kept elsewhere, offloaded by"
    ):
        complexity(model, (X, LABELS))
