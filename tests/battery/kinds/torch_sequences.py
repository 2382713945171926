"""Kinds of PyTorch networks by their layers: sequences, recurrent layers, attention, weights without a layer."""

import numpy as np
import torch
from torch import nn

from . import numpy_layers as by_hand
from .kind import FLAT, STEPS, TOKENS, Built, Kinds
from .torch_parts import attended, attention, dense, recurrent, weights

kinds = Kinds("Layers")


@kinds.taken("embedded tokens, averaged")
def embedding():
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.head = nn.Embedding(50, 6), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(self.embedding(x).mean(1))

    net = Tokens()
    features = weights(net.embedding)["weight"][TOKENS].mean(1)
    return Built(net, TOKENS, features, dense(features, net.head))


@kinds.taken("a recurrent network's last state, then a dense layer")
def recurrent_then_dense():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(self.recurrent(x)[0][:, -1])

    net = Recurrent()
    features = recurrent(STEPS, net.recurrent)[:, -1]
    return Built(net, STEPS, features, dense(features, net.head))


@kinds.taken("recurrent layers one on the other")
def stacked_recurrent():
    class Stacked(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent, self.head = nn.RNN(4, 6, num_layers=2, batch_first=True), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(self.recurrent(x)[1][-1])

    net = Stacked()
    first = recurrent(STEPS, net.recurrent, 0, by_hand.simple_rnn)
    features = recurrent(first, net.recurrent, 1, by_hand.simple_rnn)[:, -1]
    return Built(net, STEPS, features, dense(features, net.head))


@kinds.taken("a recurrent cell called step by step")
def recurrent_cell():
    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = nn.RNNCell(4, 6), nn.Linear(6, 3)

        def forward(self, x):
            state = None
            for step in x.unbind(1):
                state = self.cell(step, state)
            return self.head(state)

    net = Cell()
    held = weights(net.cell)
    bias = held["bias_ih"] + held["bias_hh"]
    features = by_hand.simple_rnn(STEPS, held["weight_ih"].T, held["weight_hh"].T, bias)[:, -1]
    return Built(net, STEPS, features, dense(features, net.head))


@kinds.taken("a dense layer on every time step")
def dense_in_time():
    class InTime(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(4, 6), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(torch.tanh(self.body(x)))

    net = InTime()
    features = np.tanh(dense(STEPS, net.body))
    return Built(net, STEPS, features, dense(features, net.head))


@kinds.taken("attention, then a dense layer")
def attention_then_dense():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention, self.head = nn.MultiheadAttention(4, 2, batch_first=True), nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.attention(x, x, x)[0].mean(1))

    net = Attention()
    features = attention(STEPS, net.attention).mean(1)
    return Built(net, STEPS, features, dense(features, net.head))


@kinds.taken("a transformer's encoder, then a dense layer")
def transformer():
    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.head = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.encoder(x)[:, 0])

    net = Transformer()
    features = encoded(STEPS, net.encoder)[:, 0]
    return Built(net, STEPS, features, dense(features, net.head))


def encoded(x, layer):
    """What an encoder of a transformer makes of sequences, by hand."""

    def normal(values, norm):
        held = weights(norm)
        return by_hand.layer_norm(values, held["weight"], held["bias"], norm.eps)

    x = normal(by_hand.double(x) + attention(x, layer.self_attn), layer.norm1)
    return normal(x + dense(by_hand.relu(dense(x, layer.linear1)), layer.linear2), layer.norm2)


@kinds.taken("attention as the last layer")
def attention_last():
    class AttentionLast(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.attention = nn.Linear(4, 8), nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x):
            hidden = torch.tanh(self.body(x))
            return self.attention(hidden, hidden, hidden)[0]

    net = AttentionLast()
    given = np.tanh(dense(STEPS, net.body))
    return Built(net, STEPS, attended(given, net.attention), attention(given, net.attention))


@kinds.taken("attention as the last layer, its last part named by `layer=`")
def attention_named():
    net = attention_last().model
    hidden = np.tanh(dense(STEPS, net.body))
    logits = attention(hidden, net.attention)
    return Built(net, STEPS, logits, logits, {"layer": "attention:output"})


@kinds.refused("a recurrent layer as the last one", "weights act after or beside")
def recurrent_last():
    class RecurrentLast(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.recurrent = nn.Linear(4, 6), nn.GRU(6, 3, batch_first=True)

        def forward(self, x):
            return self.recurrent(torch.tanh(self.body(x)))[1][0]

    return Built(RecurrentLast(), STEPS)


@kinds.taken("a recurrent layer as the last one, named by `layer=`")
def recurrent_named():
    net = recurrent_last().model
    return Built(net, STEPS, np.tanh(dense(STEPS, net.body)), settings={"layer": "recurrent"})


@kinds.refused("recurrent layers alone", "the model has no dense or convolutional layer")
def recurrent_alone():
    class Alone(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = nn.LSTM(4, 3, batch_first=True)

        def forward(self, x):
            return self.recurrent(x)[0][:, -1]

    return Built(Alone(), STEPS)


@kinds.refused("a weight matrix without a layer as the head", "weights act after or beside")
def functional_head():
    class FunctionalHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.matrix = nn.Linear(4, 8), nn.Parameter(torch.randn(8, 3))

        def forward(self, x):
            return torch.tanh(self.body(x)) @ self.matrix

    return Built(FunctionalHead(), FLAT)


@kinds.taken("a weight matrix without a layer as the head, the layer before it named")
def functional_named():
    net = functional_head().model
    body = dense(FLAT, net.body)
    return Built(net, FLAT, body, by_hand.dense(np.tanh(body), weights(net)["matrix"]), {"layer": "body:output"})
