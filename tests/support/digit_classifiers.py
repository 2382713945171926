"""Small classifiers of handwritten digits, really trained: 8 PyTorch networks that differ in what shapes their gaps."""

import inspect
import itertools
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

SAMPLES = 200


def make(path):
    width = 16 if "_16_" in path else 64
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, width), nn.ReLU(),
        nn.Linear(width, 10),
    )  # fmt: skip


FACTORY = f"from torch import nn\n\n\n{inspect.getsource(make)}"  # as a user's file has it


def digits():
    """Inputs (n, 1, 8, 8) in [0, 1] and labels, 200 for training and the rest, in an order drawn once."""
    inputs, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(inputs))
    inputs = (inputs[order] / 16).reshape(-1, 1, 8, 8).astype(np.float32)
    labels = labels[order].astype(np.int64)
    return (inputs[:SAMPLES], labels[:SAMPLES]), (inputs[SAMPLES:], labels[SAMPLES:])


def classifiers(train):
    """By name, 8 networks: wide or narrow, with dropout, with noise on the inputs, or without."""
    found = {}
    for width, dropout, noise in itertools.product((16, 64), (0.0, 0.5), (0.0, 0.4)):
        name = f"cnn_{width}_{dropout:g}_{noise:g}"
        torch.manual_seed(0)
        network = make(name)
        network[3].p = dropout
        found[name] = trained(network, *map(torch.from_numpy, train), noise)
    return found


def trained(network, inputs, labels, noise, epochs=25):
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs)).split(50):
            optimizer.zero_grad()
            batch = inputs[rows] + noise * torch.randn_like(inputs[rows])
            nn.functional.cross_entropy(network(batch), labels[rows]).backward()
            optimizer.step()
    return network.eval()


def accuracy(network, inputs, labels):
    with torch.no_grad():
        return float((network(torch.from_numpy(inputs)).argmax(1).numpy() == labels).mean())


def write_onnx(path: Path, network, inputs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the older exporter, which needs no further package
        torch.onnx.export(
            network, (torch.from_numpy(inputs[:2]),), str(path), dynamo=False, input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
        )  # fmt: skip
