"""CPU time of the Jacobian norm beside one Jacobian a layer: `python tests/benchmarks/jacobian.py [INPUT_DIR]`.

The peer does what the starter kit's baseline does on TensorFlow: a compiled function gives `tape.batch_jacobian` of
the logits with respect to the input of one layer after the other, and NumPy squares and averages, in batches of 16
(here weighted by their samples, so that both routes give one value). Each route is timed from a fresh model to its
value, compilation included, since the plug-in meets every model once. The models are those of INPUT_DIR, a folder of
tasks (without it the embedded sample), and two VGG-like networks for images of CIFAR's size, on as many samples as the
measure takes; the latter need seven minutes of one core, or fewer by a smaller `--samples`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import pgdl_eval.sample
from baselines.jacobian_norm import SAMPLES, complexity
from complexity.models import batches
from pgdl_eval.formats.task import find_tasks
from pgdl_eval.keras_models import build, keras_package

PEER_BATCH = 16
VGG = {"VGG-like, up to 256 wide": (64, 128, 256), "VGG-like, up to 512 wide": (64, 128, 256, 512)}
Route = Callable[[Any, Any], float]


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


def ours(model: Any, inputs: Any) -> float:
    """The measure, on all these samples."""
    return float(complexity(model, (inputs, None), max_samples=len(inputs)))


def vgg(widths: Sequence[int], classes: int = 10) -> Any:
    """Blocks of two convolutions with batch normalization and a pooling, then two dense layers."""
    keras = keras_package()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    stack = [keras.Input((32, 32, 3))]
    for width in widths:
        for _ in range(2):
            stack += [layers.Conv2D(width, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()]
        stack.append(layers.MaxPooling2D())
    stack += [layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dropout(0.5), layers.Dense(classes)]
    return keras.Sequential(stack)


def timed(route: Route, model: Any, inputs: Any) -> tuple[float, float]:
    """Seconds of CPU, and the value."""
    began = time.process_time()
    value = route(model, inputs)
    return time.process_time() - began, value


def stored_models(folder: Path) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    """Name, how to build it, and training inputs of every model."""
    for task in find_tasks(folder):
        inputs = task.training_samples()[0][:SAMPLES]
        for name in task.models:
            yield f"{task.name} {name}", lambda name=name, task=task: build(task.read_model(name)), inputs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=Path(pgdl_eval.sample.__path__[0]))
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of the VGG-like networks")
    arguments = parser.parse_args()
    images = np.random.default_rng(0).random((arguments.samples, 32, 32, 3), dtype=np.float32)
    networks = [(name, lambda widths=widths: vgg(widths), images) for name, widths in VGG.items()]
    cases = [*stored_models(arguments.folder), *networks]
    ours(cases[0][1](), cases[0][2])  # TensorFlow's own start is nobody's
    table = Table(title="Jacobian norm: CPU seconds from a fresh model to its value")
    for column in ("model", "samples", "layers", "one Jacobian a layer", "ours", "times faster", "relative difference"):
        table.add_column(column, justify="right")
    for name, make, inputs in cases:
        slow, expected = timed(one_jacobian_a_layer, make(), inputs)
        fast, value = timed(ours, make(), inputs)
        table.add_row(
            name,
            str(len(inputs)),
            str(len(make().layers)),
            f"{slow:.2f}",
            f"{fast:.2f}",
            f"{slow / fast:.1f}",
            f"{abs(value / expected - 1):.0e}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
