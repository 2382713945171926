"""Kinds of PyTorch networks by their inputs and outputs, doubtful ones, and what is no trained network."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from . import numpy_layers as by_hand
from .kind import FLAT, STEPS, Built, Kinds
from .torch_parts import Network, built, dense, hidden
from .torch_sequences import encoded

ends, doubtful = Kinds("Inputs and outputs"), Kinds("Doubtful networks, and what is none")


@ends.taken("a softmax at the end: the logits are those before it")
def softmax():
    return built(net := Network(), nn.Sequential(net, nn.Softmax(dim=1)))


@ends.taken("a softmax that is reshaped, cast or clamped")
def softmax_reshaped():
    class Softmax(Network):
        def forward(self, x):
            return functional.log_softmax(super().forward(x), dim=1).reshape(len(x), 3, 1).clamp(-9, 0)

    return built(Softmax())


class TwoOutputs(Network):
    def forward(self, x):
        given = self.hidden(x)
        return {"classes": self.head(given), "hidden": given}


@ends.refused("several outputs", "several outputs; say which is meant by output=NAME or its position")
def several_outputs():
    return Built(TwoOutputs(), FLAT)


@ends.taken("several outputs, one named by `output=`")
def named_output():
    return built(TwoOutputs(), output="classes")


@ends.taken("several outputs, one of them called `logits`")
def output_called_logits():
    @dataclass
    class Output:
        loss: object
        logits: object
        hidden_states: tuple

    class WithLogits(Network):
        def forward(self, x):
            given = self.hidden(x)
            return Output(None, self.head(given), (x, given))

    return built(WithLogits())


@ends.taken("several inputs, as a dict")
def dict_inputs():
    net = TwoInputs()
    features = two_inputs(net)
    return Built(net, {"left": FLAT, "right": STEPS}, features, dense(features, net.head))


@ends.taken("several inputs, as a tuple")
def tuple_inputs():
    net = TwoInputs()
    features = two_inputs(net)
    return Built(net, (FLAT, STEPS), features, dense(features, net.head))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(4, 5), nn.Linear(20, 5), nn.Linear(5, 3)

    def forward(self, left, right):
        return self.head(torch.tanh(self.first(left) + self.second(right.flatten(1))))


def two_inputs(net):
    return np.tanh(dense(FLAT, net.first) + dense(STEPS.reshape(len(STEPS), -1), net.second))


@ends.taken("one output a sample")
def one_output():
    net = Network(nn.Linear(8, 1))
    features = hidden(net)
    return Built(net, FLAT, features, dense(features, net.head))


@doubtful.warned("random in evaluation mode", "two equal passes differ by")
def random():
    class Random(Network):
        def forward(self, x):
            return self.head(functional.dropout(self.hidden(x)))

    return Built(Random(), FLAT)


@doubtful.warned("statistics of the batch", "the output depends on the other samples of a batch")
def batch_statistics():
    layers = nn.Linear(4, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, 3)
    net = nn.Sequential(*layers)
    first = dense(FLAT, net[0])
    features = by_hand.batch_norm(first, 1, 0, first.mean(0), first.var(0), net[1].eps)
    return Built(net, FLAT, features, dense(features, net[2]))


@doubtful.warned("no head: a residual path beside the last layer", "the network has no head")
def headless():
    net = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    given = encoded_before_last(net)
    return Built(net, STEPS, given, encoded(STEPS, net))


def encoded_before_last(net):
    from .torch_parts import attention, weights

    held = weights(net.norm1)
    summed = by_hand.double(STEPS) + attention(STEPS, net.self_attn)
    return by_hand.relu(dense(by_hand.layer_norm(summed, held["weight"], held["bias"], net.norm1.eps), net.linear1))


@doubtful.warned("a head that was taken off: the last layer sees the input", "is given the network's input itself")
def head_taken_off():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Identity())
    return Built(net, FLAT, FLAT, by_hand.relu(dense(FLAT, net[0])))


@doubtful.refused("no weights yet", "the model has no weights yet: run it once on a batch")
def lazy():
    return Built(nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.LazyLinear(3)), FLAT)


@doubtful.refused("weights on the device `meta`", "the model has no weights: they are on the meta device")
def meta():
    return Built(Network().to("meta"), FLAT)


@doubtful.refused("no layer with weights", "the model has no dense or convolutional layer")
def no_weights():
    return Built(nn.Sequential(nn.Flatten(), nn.ReLU()), FLAT)


@doubtful.refused("inputs of another shape than the network takes", "the model does not take these inputs")
def other_shape():
    return Built(Network(), FLAT[:, :3])


@doubtful.refused("an error inside the network", "four numbers are needed")
def broken():
    class Broken(Network):
        def forward(self, x):
            raise ValueError("four numbers are needed")

    return Built(Broken(), FLAT)


@doubtful.refused("features that are zero for every sample", "every entry of the matrix is zero")
def dead():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    nn.init.constant_(net[0].bias, -99.0)
    return Built(net, FLAT)


@doubtful.warned("features that are the same for every sample", "are constant: the same row for every sample")
def constant():
    net = Network()
    nn.init.zeros_(net.body.weight)
    features = hidden(net)
    return Built(net, FLAT, features, dense(features, net.head))


@doubtful.refused("weights that are not finite", "holds nan")
def not_finite():
    net = Network()
    nn.init.constant_(net.body.bias, float("nan"))
    return Built(net, FLAT)


@doubtful.refused("weights without a network", "weights alone are no model")
def state_dict():
    return Built(OrderedDict(Network().state_dict()), FLAT)


@doubtful.refused("a function", "a function is no model")
def function():
    return Built(lambda x: x, FLAT)


@doubtful.refused("the path of a file", "a path is no model")
def path():
    return Built("model.pt", FLAT)
