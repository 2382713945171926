"""Kinds of PyTorch networks by their layers: dense, convolutional, normalizing."""

import numpy as np
import torch
from torch import nn

from . import numpy_layers as by_hand
from .kind import CHANNELS_FIRST, FLAT, IMAGES, STEPS, VOLUMES, Built, Kinds
from .torch_parts import convolution, dense, weights

kinds = Kinds("Layers")


@kinds.taken("dense layers")
def dense_layers():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    features = by_hand.relu(dense(FLAT, net[0]))
    return Built(net, FLAT, features, dense(features, net[2]))


@kinds.taken("one dense layer alone")
def one_dense_layer():
    net = nn.Sequential(nn.Flatten(), nn.Linear(20, 3))
    return Built(net, STEPS, STEPS, dense(STEPS.reshape(len(STEPS), -1), net[1]))


@kinds.taken("convolutions, pooling, dropout and a dense layer")
def convolutional():
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(),
        nn.Linear(216, 4),
    )  # fmt: skip
    maps = by_hand.max_pool(by_hand.relu(convolution(IMAGES, net[0], padding=1)))
    features = np.moveaxis(maps, -1, 1).reshape(len(maps), -1)
    return Built(net, CHANNELS_FIRST, features, dense(features, net[5]))


@kinds.taken("a convolution as the last layer, its maps averaged")
def fully_convolutional():
    class FullyConvolutional(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 3, 1)

        def forward(self, x):
            return self.last(torch.relu(self.first(x.permute(0, 3, 1, 2)))).mean((2, 3))

    net = FullyConvolutional()
    maps = by_hand.relu(convolution(IMAGES, net.first))
    return Built(net, IMAGES, np.moveaxis(maps, -1, 1), convolution(maps, net.last).mean((1, 2)))


@kinds.taken("batch normalization by its statistics")
def batch_normalization():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)).train()
    with torch.no_grad():
        net[1].running_mean.uniform_(-0.3, 0.3)
        net[1].running_var.uniform_(0.5, 2)
    held = weights(net[1])
    normal = by_hand.batch_norm(
        dense(FLAT, net[0]), held["weight"], held["bias"], held["running_mean"], held["running_var"], net[1].eps
    )
    return Built(net, FLAT, by_hand.relu(normal), dense(by_hand.relu(normal), net[3]))


@kinds.taken("normalization after the last dense layer")
def normalization_last():
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LayerNorm(3))
    features, held = np.tanh(dense(FLAT, net[0])), weights(net[3])
    logits = by_hand.layer_norm(dense(features, net[2]), held["weight"], held["bias"], net[3].eps)
    return Built(net, FLAT, features, logits)


@kinds.taken("one-dimensional convolutions")
def convolution_1d():
    class Conv(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv1d(4, 6, 3), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(torch.relu(self.conv(x.transpose(1, 2))).mean(2))

    net = Conv()
    features = by_hand.relu(convolution(STEPS, net.conv)).mean(1)
    return Built(net, STEPS, features, dense(features, net.head))


@kinds.taken("three-dimensional convolutions")
def convolution_3d():
    class Conv(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv3d(2, 5, 2), nn.Linear(5, 3)

        def forward(self, x):
            return self.head(torch.relu(self.conv(x.movedim(-1, 1))).mean((2, 3, 4)))

    net = Conv()
    features = by_hand.relu(convolution(VOLUMES, net.conv)).mean((1, 2, 3))
    return Built(net, VOLUMES, features, dense(features, net.head))


@kinds.taken("a separable convolution as the last layer")
def separable():
    class Separable(nn.Module):
        def __init__(self):
            super().__init__()
            self.depth, self.point = nn.Conv2d(3, 3, 3, groups=3), nn.Conv2d(3, 4, 1)

        def forward(self, x):
            return self.point(self.depth(x.permute(0, 3, 1, 2))).mean((2, 3))

    net = Separable()
    held = weights(net.depth)
    maps = by_hand.depthwise(IMAGES, held["weight"].transpose(2, 3, 0, 1), held["bias"])
    return Built(net, IMAGES, np.moveaxis(maps, -1, 1), convolution(maps, net.point).mean((1, 2)))


@kinds.taken("a transposed convolution as the last layer")
def transposed():
    class Transposed(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(3, 4, 3), nn.ConvTranspose2d(4, 3, 3)

        def forward(self, x):
            return self.last(torch.relu(self.first(x.permute(0, 3, 1, 2)))).amax((2, 3))

    net = Transposed()
    maps, held = by_hand.relu(convolution(IMAGES, net.first)), weights(net.last)
    logits = by_hand.transposed_convolution(maps, held["weight"].transpose(2, 3, 0, 1), held["bias"]).max((1, 2))
    return Built(net, IMAGES, np.moveaxis(maps, -1, 1), logits)


@kinds.taken("a bilinear layer, or one of products by Einstein's convention")
def bilinear():
    class Bilinear(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(4, 5), nn.Bilinear(5, 4, 3)

        def forward(self, x):
            return self.head(torch.tanh(self.body(x)), x)

    net = Bilinear()
    features, held = np.tanh(dense(FLAT, net.body)), weights(net.head)
    logits = np.einsum("ni,oij,nj->no", features, held["weight"], by_hand.double(FLAT)) + held["bias"]
    return Built(net, FLAT, features, logits)
