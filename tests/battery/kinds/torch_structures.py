"""Kinds of PyTorch networks by how their layers are put together."""

import numpy as np
import torch
from torch import nn

from . import numpy_layers as by_hand
from .kind import CHANNELS_FIRST, FLAT, IMAGES, STEPS, Built, Kinds
from .torch_parts import Network, built, convolution, dense, hidden, recurrent

kinds = Kinds("Structure")


@kinds.taken("layers called by keyword")
def by_keyword():
    class ByKeyword(Network):
        def forward(self, x):
            return self.head(input=self.hidden(x))

    return built(ByKeyword())


@kinds.taken("dense layers inside a custom layer")
def inside_a_block():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 8)

        def forward(self, x):
            return torch.relu(self.second(torch.relu(self.first(x))))

    net = nn.Sequential(Block(), nn.Linear(8, 3))
    features = by_hand.relu(dense(by_hand.relu(dense(FLAT, net[0].first)), net[0].second))
    return Built(net, FLAT, features, dense(features, net[1]))


@kinds.taken("the last layer inside a custom one")
def last_inside_a_block():
    return built(net := Network(), nn.Sequential(net))


@kinds.taken("layers in lists and dicts, called in another order than they were made")
def other_order():
    class OtherOrder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleDict({"head": nn.Linear(8, 3), "body": nn.Linear(4, 8)})

        def forward(self, x):
            return self.layers["head"](torch.tanh(self.layers["body"](x)))

    net = OtherOrder()
    features = np.tanh(dense(FLAT, net.layers["body"]))
    return Built(net, FLAT, features, dense(features, net.layers["head"]))


@kinds.taken("a residual branch, then a dense layer")
def residual():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.head = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 3)

        def forward(self, x):
            maps = torch.relu(self.first(x))
            return self.head((maps + self.second(maps)).mean((2, 3)))

    net = Residual()
    maps = by_hand.relu(convolution(IMAGES, net.first))
    features = (maps + convolution(maps, net.second, padding=1)).mean((1, 2))
    return Built(net, CHANNELS_FIRST, features, dense(features, net.head))


@kinds.taken("a layer that runs twice")
def shared():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return self.layer(torch.tanh(self.layer(x)))

    net = Shared()
    features = np.tanh(dense(FLAT, net.layer))
    return Built(net, FLAT, features, dense(features, net.layer))


@kinds.taken("weights that two layers share")
def tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 4)
            self.last.weight = self.first.weight

        def forward(self, x):
            return self.last(torch.tanh(self.first(x)))

    net = Tied()
    features = np.tanh(dense(FLAT, net.first))
    return Built(net, FLAT, features, dense(features, net.last))


@kinds.taken("an auxiliary head that runs last but does not act on the output")
def auxiliary():
    class Auxiliary(Network):
        def __init__(self):
            super().__init__()
            self.auxiliary = nn.Linear(4, 3)

        def forward(self, x):
            output = self.head(self.hidden(x))
            self.side = self.auxiliary(x)
            return output

    return built(Auxiliary())


@kinds.refused("an ensemble of two networks, averaged", "weights act after or beside")
def ensemble():
    class Ensemble(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = Network(), Network()

        def forward(self, x):
            return (self.first(x) + self.second(x)) / 2

    return Built(Ensemble(), FLAT)


@kinds.taken("an ensemble, the head of one network named by `layer=`")
def ensemble_named():
    net = ensemble().model
    features = hidden(net.first)
    logits = (dense(features, net.first.head) + dense(hidden(net.second), net.second.head)) / 2
    return Built(net, FLAT, features, logits, {"layer": "first.head"})


@kinds.refused("experts mixed by a gate", "weights act after or beside")
def experts():
    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.experts = nn.ModuleList(Network() for _ in range(2))
            self.gate = nn.Linear(4, 2)

        def forward(self, x):
            outputs = torch.stack([expert(x) for expert in self.experts], dim=1)
            return (self.gate(x).softmax(1).unsqueeze(2) * outputs).sum(1)

    return Built(Experts(), FLAT)


@kinds.refused("layers that run for some samples only", "which layers run depends on the samples")
def early_exit():
    class EarlyExit(Network):
        def __init__(self):
            super().__init__()
            self.longer = nn.Linear(8, 3)

        def forward(self, x):
            given = self.hidden(x)
            return self.head(given) if x[0, 0] < 5 else self.longer(given)

    inputs = np.tile(FLAT, (90, 1))
    inputs[2048, 0] = 9  # the first of the second batch
    return Built(EarlyExit(), inputs)


@kinds.taken("the sequence on the first axis, the samples on the second")
def sequence_first():
    class SequenceFirst(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent, self.head = nn.LSTM(4, 6), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(self.recurrent(x.transpose(0, 1))[0]).mean(0)

    net = SequenceFirst()
    features = recurrent(STEPS, net.recurrent)
    return Built(net, STEPS, features, dense(features, net.head).mean(1))


class Folded(nn.Module):
    """A dense layer that sees the steps of all samples as rows: sample by sample, or step by step."""

    def __init__(self, samples_first):
        super().__init__()
        self.body, self.head, self.samples_first = nn.Linear(4, 6), nn.Linear(6, 3), samples_first

    def forward(self, x):
        given = torch.tanh(self.body(x))
        if self.samples_first:
            return self.head(given.reshape(-1, 6)).view(len(x), -1, 3).mean(1)
        return self.head(given.transpose(0, 1).reshape(-1, 6)).view(-1, len(x), 3).mean(0)


@kinds.taken("time steps folded into the batch, sample by sample")
def folded(samples_first=True):
    net = Folded(samples_first)
    features = np.tanh(dense(STEPS, net.body))
    return Built(net, STEPS, features, dense(features, net.head).mean(1))


@kinds.taken("time steps folded into the batch, step by step")
def folded_by_steps():
    return folded(samples_first=False)


@kinds.taken("operations in place on the input and on the features")
def in_place():
    class InPlace(Network):
        def forward(self, x):
            x -= 0.5
            given = self.hidden(x)
            output = self.head(given)
            given.mul_(0)
            x.mul_(3)
            return output

    net = InPlace()
    features = hidden(net, FLAT.astype(float) - 0.5)
    return Built(net, FLAT, features, dense(features, net.head))
