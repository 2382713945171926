"""What the kinds of PyTorch networks share."""

import numpy as np
import torch
from torch import nn

from . import numpy_layers as by_hand
from .kind import FLAT, Built


class Network(nn.Module):
    """A body, a hyperbolic tangent, and a head that subclasses use in their own ways."""

    def __init__(self, head=None):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3) if head is None else head

    def hidden(self, x):
        return torch.tanh(self.body(x))

    def forward(self, x):
        return self.head(self.hidden(x))


def weights(module):
    """All of a module's state as float64 arrays."""
    return {name: tensor.detach().double().numpy() for name, tensor in module.state_dict().items()}


def dense(x, module):
    """A dense layer by hand."""
    held = weights(module)
    return by_hand.dense(x, held["weight"].T, held.get("bias", 0.0))


def convolution(x, module, padding=0):
    """A convolution by hand, of maps with the channels last."""
    held = weights(module)
    return by_hand.convolution(x, np.moveaxis(held["weight"], (0, 1), (-1, -2)), held["bias"], padding)


def recurrent(x, module, layer=0, cell=by_hand.lstm):
    """A recurrent layer by hand."""
    held = weights(module)
    names = [f"{name}_l{layer}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    from_input, from_hidden, *biases = (held[name] for name in names)
    return cell(x, from_input.T, from_hidden.T, sum(biases))


def attended(x, module):
    """What the heads of self-attention read, before its last layer, by hand."""
    held, heads = weights(module), module.num_heads
    packed = by_hand.dense(x, held["in_proj_weight"].T, held["in_proj_bias"])
    query, key, value = (part.reshape(*x.shape[:2], heads, -1) for part in np.split(packed, 3, axis=-1))
    return by_hand.attention(query, key, value).reshape(x.shape)


def attention(x, module):
    """Self-attention by hand."""
    return dense(attended(x, module), module.out_proj)


def hidden(network, x=FLAT):
    """What the body of `Network` makes of inputs, by hand."""
    return np.tanh(dense(x, network.body))


def built(network, model=None, **settings):
    """The truth of `Network`, and the model that was made of it."""
    features = hidden(network)
    return Built(network if model is None else model, FLAT, features, dense(features, network.head), settings)
