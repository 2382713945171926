"""Kinds of PyTorch networks whose layers or themselves are wrapped, changed or in another precision."""

import warnings

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from .kind import FLAT, Built, Kinds
from .torch_parts import Network, built, dense, hidden, weights

kinds = Kinds("Wrapped networks, precision")


@kinds.taken("weight normalization")
def weight_normalization():
    net = Network(parametrizations.weight_norm(nn.Linear(8, 3)))
    held = weights(net.head)
    size, direction = held["parametrizations.weight.original0"], held["parametrizations.weight.original1"]
    return product(net, size * direction / np.linalg.norm(direction, axis=1, keepdims=True))


def product(net, matrix):
    """The truth of `Network` with a head of this matrix (outputs, inputs)."""
    features = hidden(net)
    return Built(net, FLAT, features, features @ matrix.T + weights(net.head)["bias"])


@kinds.taken("weight normalization as it was before PyTorch 2")
def old_weight_normalization():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        net = Network(nn.utils.weight_norm(nn.Linear(8, 3)))
    held = weights(net.head)
    return product(net, held["weight_g"] * held["weight_v"] / np.linalg.norm(held["weight_v"], axis=1, keepdims=True))


@kinds.taken("spectral normalization")
def spectral_normalization():
    net = Network(parametrizations.spectral_norm(nn.Linear(8, 3), n_power_iterations=100))
    original = weights(net.head)["parametrizations.weight.original"]
    return product(net, original / np.linalg.norm(original, 2))


@kinds.taken("pruned weights")
def pruned():
    net = Network()
    prune.l1_unstructured(net.head, "weight", amount=0.4)
    held = weights(net.head)
    return product(net, held["weight_orig"] * held["weight_mask"])


@kinds.taken("adapters of low rank around a dense layer (LoRA)")
def adapters():
    class Adapter(nn.Module):
        """As the package peft has them."""

        def __init__(self, base_layer):
            super().__init__()
            self.base_layer = base_layer
            self.down, self.up = nn.Linear(8, 2, bias=False), nn.Linear(2, 3, bias=False)

        def forward(self, x):
            return self.base_layer(x) + self.up(self.down(x))

    net = Network(Adapter(nn.Linear(8, 3)))
    features = hidden(net)
    low_rank = dense(dense(features, net.head.down), net.head.up)
    return Built(net, FLAT, features, dense(features, net.head.base_layer) + low_rank)


@kinds.taken("the `Conv1D` of the package transformers")
def transformers_dense():
    class Conv1D(nn.Module):
        """As the package has it: a dense layer whose matrix is transposed."""

        def __init__(self, nf, nx):
            super().__init__()
            self.nf, self.weight, self.bias = nf, nn.Parameter(torch.randn(nx, nf)), nn.Parameter(torch.zeros(nf))

        def forward(self, x):
            return x @ self.weight + self.bias

    Conv1D.__module__ = "transformers.pytorch_utils"
    net = Network(Conv1D(3, 8))
    return product(net, weights(net.head)["weight"].T)


@kinds.taken("compiled by `torch.compile`")
def compiled():
    return built(net := Network(), torch.compile(net, backend="eager"))


@kinds.taken("`DataParallel`")
def data_parallel():
    return built(net := Network(), nn.DataParallel(net))


@kinds.taken("traced by `torch.fx`")
def symbolically_traced():
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    features = np.tanh(dense(FLAT, net[0]))
    return Built(torch.fx.symbolic_trace(net), FLAT, features, dense(features, net[2]))


@kinds.refused("TorchScript", "TorchScript cannot be looked into; hand over the module that it was made of")
def scripted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Built(torch.jit.trace(Network(), torch.tensor(FLAT)), FLAT)


@kinds.refused("an exported program", "torch.export cannot be looked into; hand over the module that it was made of")
def exported():
    return Built(torch.export.export(Network(), (torch.tensor(FLAT),)).module(), FLAT)


@kinds.refused("layers quantized by PyTorch", "quantized layers hide their weights; hand over the network before")
def quantized():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (DeprecationWarning))
        warnings.simplefilter("ignore", (UserWarning))
        return Built(torch.ao.quantization.quantize_dynamic(Network(), {nn.Linear}), FLAT)


@kinds.taken("double precision")
def double_precision():
    return built(Network().double())


def in_half(kind):
    net = Network().to(kind)
    features = hidden(net)
    return Built(net, FLAT, features, dense(features, net.head), rounding=1.0 if kind == torch.bfloat16 else 0.1)


@kinds.taken("half precision (angles to 0.1 degrees)")
def half_precision():
    return in_half(torch.half)


@kinds.taken("bfloat16 (angles to a degree)")
def bfloat16():
    return in_half(torch.bfloat16)


@kinds.taken("in training mode, with dropout, layers frozen")
def in_training_mode():
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(), nn.Linear(8, 3)).train()
    net[0].requires_grad_(False)
    features = np.tanh(dense(FLAT, net[0]))
    return Built(net, FLAT, features, dense(features, net[3]))
