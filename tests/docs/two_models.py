"""Writes models/*.onnx, two networks as they are drawn, and train.npz into the working directory."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

GRAPH = """
<ir_version: 8, opset_import: ["" : 13]>
network (float[n, 8, 8] x) => (float[n, 10] y) {
    flat = Flatten (x)
    hidden = Gemm (flat, first, first_bias)
    features = Relu (hidden)
    y = Gemm (features, last, last_bias)
}
"""

rng = np.random.default_rng(0)
np.savez("train.npz", x=rng.random((100, 8, 8), np.float32), y=np.arange(100) % 10)
Path("models").mkdir()
for width in (8, 16):
    shapes = {"first": (64, width), "first_bias": (width,), "last": (width, 10), "last_bias": (10,)}
    model = parser.parse_model(GRAPH)
    for name, shape in shapes.items():
        array = rng.normal(size=shape).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    onnx.save(model, f"models/width_{width}.onnx")
