"""CPU time of the Jacobian norm beside one Jacobian a layer: `python tests/benchmarks/jacobian.py [INPUT_DIR]`.

The peer does what the starter kit's baseline does on TensorFlow: a compiled function gives `tape.batch_jacobian` of
the logits with respect to the input of one layer after the other, and NumPy squares and averages, in batches of 16
(here weighted by their samples, so that all routes give one value). Ours is the measure on the Keras model, as the
plug-in calls it, and on PyTorch, as `ingest` does. Each route is timed from a stored model to its value, building and
compilation included, since each model is met once. The models are those of INPUT_DIR, a folder of tasks (without it
the embedded sample), and two VGG-like networks with random weights for images of CIFAR's size, on as many samples as
the measure takes; the latter need ten minutes of one core, or fewer by a smaller `--samples`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from record import FOLDER, Recorder, Row
from rich.console import Console
from rich.table import Table

import pgdl_eval.sample
from baselines.jacobian_norm import SAMPLES, complexity
from complexity.models import batches
from pgdl_eval.formats.architecture import parse_model_config
from pgdl_eval.formats.task import StoredModel, find_tasks
from pgdl_eval.keras_models import build
from pgdl_eval.torch_models import TorchStoredNetwork

PEER_BATCH = 16
VGG = {"VGG-like, up to 256 wide": (64, 128, 256), "VGG-like, up to 512 wide": (64, 128, 256, 512)}
Route = Callable[[StoredModel, Any], float]


def one_jacobian_a_layer(model: Any, inputs: Any) -> float:
    """Mean over samples and layers of the mean squared entry, one `batch_jacobian` a layer."""
    import tensorflow as tf

    @tf.function
    def jacobians(batch: Any) -> Any:
        seen = []
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(batch)
            value = batch
            for layer in model.layers:
                seen.append(value)
                value = layer(value)  # outside of training
        return [tape.batch_jacobian(value, given) for given in seen]

    total = 0.0
    for rows in batches(len(inputs), PEER_BATCH):
        batch = tf.constant(inputs[rows])
        total += len(batch) * float(np.mean([np.mean(np.square(one)) for one in jacobians(batch)]))
    return total / len(inputs)


def by_peer(stored: StoredModel, inputs: Any) -> float:
    """The peer's value."""
    return one_jacobian_a_layer(build(stored), inputs)


def on_keras(stored: StoredModel, inputs: Any) -> float:
    """The measure on the Keras model."""
    return float(complexity(build(stored), (inputs, None), max_samples=len(inputs)))


def on_torch(stored: StoredModel, inputs: Any) -> float:
    """The measure on PyTorch."""
    return float(complexity(TorchStoredNetwork(stored), (inputs, None), max_samples=len(inputs)))


def vgg(widths: Sequence[int], classes: int = 10) -> StoredModel:
    """Blocks of two convolutions with batch normalization and a pooling, then two dense layers."""
    convolution = {"layer_name": "Conv2D", "kernel_size": 3, "padding": "same"}
    layers: list[dict[str, Any]] = []
    for width in widths:
        layers += [{**convolution, "filters": width}, {"layer_name": "BatchNormalization"}, {"layer_name": "ReLU"}] * 2
        layers.append({"layer_name": "MaxPooling2D"})
    dense = {"layer_name": "Dense", "units": 256, "activation": "relu"}
    layers += [{"layer_name": "Flatten"}, dense, {"layer_name": "Dropout", "rate": 0.5}, {**dense, "units": classes}]
    layers[-1]["activation"] = "linear"
    config = parse_model_config({"model_config": layers, "input_shape": [32, 32, 3]})
    rng = np.random.default_rng(0)
    shapes = [shape for layer in config.weight_shapes() for shape in layer.values()]
    weights = [
        rng.standard_normal(one) * (2 / np.prod(one[:-1])) ** 0.5 if len(one) > 1 else rng.uniform(0.5, 1, one)
        for one in shapes
    ]
    return StoredModel("model_0", Path(), config, [one.astype(np.float32) for one in weights], None)


def timed(route: Route, stored: StoredModel, inputs: Any) -> tuple[float, float]:
    """Seconds of CPU, and the value."""
    began = time.process_time()
    value = route(stored, inputs)
    return time.process_time() - began, value


def stored_models(folder: Path) -> Iterator[tuple[str, StoredModel, Any]]:
    """Name, files and training inputs of every model."""
    for task in find_tasks(folder):
        inputs = task.training_samples()[0][:SAMPLES]
        for name in task.models:
            yield f"{task.name} {name}", task.read_model(name), inputs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=Path(pgdl_eval.sample.__path__[0]))
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of the VGG-like networks")
    parser.add_argument("--out", type=Path, default=FOLDER, help="gets jacobian.json")
    parser.add_argument("--models", type=int, help="how many of the folder's models; all by default")
    arguments, recorder = parser.parse_args(), Recorder("jacobian")
    images = np.random.default_rng(0).random((arguments.samples, 32, 32, 3), dtype=np.float32)
    cases = [*stored_models(arguments.folder)][: arguments.models]
    for route in ROUTES.values():
        route(*cases[0][1:])  # a framework's own start is nobody's
    table = Table(title="Jacobian norm: CPU seconds from a stored model to its value")
    for column in ("model", "samples", "layers", *ROUTES, "times faster", "relative difference"):
        table.add_column(column, justify="right")
    networks, rows = [(name, vgg(widths), images) for name, widths in VGG.items()], []
    for name, stored, inputs in [*cases, *networks]:
        found = [timed(route, stored, inputs) for route in ROUTES.values()]
        (peer, expected), *ours = found
        table.add_row(
            name,
            str(len(inputs)),
            str(len(stored.config.layers)),
            *(f"{seconds:.2f}" for seconds, _ in found),
            " / ".join(f"{peer / seconds:.1f}" for seconds, _ in ours),
            f"{max(abs(value / expected - 1) for _, value in ours):.0e}",
        )
        if name in VGG:
            rows.append(row_of(name, stored, len(inputs), peer, ours[-1][0]))
    Console(width=140).print(table)
    recorder.save(rows, arguments.out)


def row_of(name: str, stored: StoredModel, samples: int, peer: float, ours: float) -> Row:
    """The measure on PyTorch beside the peer; the floor is a pass forward and one back a class at products' rate."""
    classes = stored.weights[-1].shape[0]
    floor = samples * stored.config.multiply_adds() * (1 + classes) / product_rate()
    missed = (
        "At the peer's rate the floor alone allows less: an exact norm needs a pass back a class, as the peer's does."
    )
    work = f"Jacobian norm, {name}, {samples} samples, CPU seconds"
    return Row(
        work, ours, 4.0, "times as fast as the peer", "one Jacobian a layer, TensorFlow", peer, floor, missed=missed
    )


def product_rate() -> float:
    """Multiply-adds a second of NumPy's product of two matrices of 1,024 x 1,024 on this thread."""
    matrix = np.random.default_rng(0).random((1024, 1024), dtype=np.float32)
    matrix @ matrix
    began = time.process_time()
    for _ in range(20):
        matrix @ matrix
    return 20 * 1024**3 / (time.process_time() - began)


ROUTES: dict[str, Route] = {"one Jacobian a layer": by_peer, "ours, Keras": on_keras, "ours, PyTorch": on_torch}

if __name__ == "__main__":
    main()
