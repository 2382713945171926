"""ONNX graphs for tests: networks of PyTorch as its exporters write them, and one that is put together by hand."""

import logging
import warnings

import numpy as np
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

RNG = np.random.default_rng(0)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.second, self.head = nn.Conv2d(8, 8, 3, padding=1), nn.Linear(8, 5)

    def forward(self, x):
        hidden = torch.relu(self.norm(self.first(x)))
        return torch.softmax(self.head((hidden + torch.relu(self.second(hidden))).mean((2, 3))), -1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.embed, self.head = nn.Linear(6, 16), nn.Linear(16, 4)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x)).mean(1))


def vgg():
    blocks = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU()]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(32, 9), nn.ReLU(), nn.Linear(9, 5))


NETWORKS = {
    "mlp": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, 5)), (3, 4, 4)),
    "vgg": (vgg, (3, 10, 10)),
    "residual": (Residual, (3, 8, 8)),
    "encoder": (Encoder, (5, 6)),
    "convolutional head": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 5, 1), nn.AdaptiveAvgPool2d(1)),
        (3, 6, 6),
    ),
}


def network(name):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    return make().eval(), RNG.standard_normal((7, *shape)).astype(np.float32)


def exported(module, samples, path, *, dynamo=False, fixed=None):
    """The file of a module exported with batches of any size, or of a fixed one."""
    given = torch.from_numpy(samples if fixed is None else samples[:fixed])
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            shapes = None if fixed else ({0: torch.export.Dim("n")},)
            torch.onnx.export(module, (given,), path, dynamo=True, dynamic_shapes=shapes, verbose=False)
        else:
            axes = None if fixed else {"x": {0: "n"}}
            torch.onnx.export(module, (given,), path, dynamo=False, input_names=["x"], dynamic_axes=axes)
    return path


def dense_graph(nodes=(), initializers=(), *, outputs=("y",), inputs=None, opset=17, functions=(), **more):
    """x (n, 6) -> relu(x A) B = y (n, 3), with more operators and tensors."""
    own = {"A": weight(6, 4), "B": weight(4, 3), **dict(initializers)}
    basic = [
        helper.make_node("MatMul", ["x", "A"], ["h"], name="hidden"),
        helper.make_node("Relu", ["h"], ["r"], name="relu"),
        helper.make_node("MatMul", ["r", "B"], ["y"], name="head"),
    ]
    graph = helper.make_graph(
        [*basic, *nodes],
        "by hand",
        inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "k"]) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in own.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *functions], ir_version=8, **more)


def weight(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)
