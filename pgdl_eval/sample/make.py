"""Train the embedded sample: `python -m pgdl_eval.sample.make FOLDER`.

Small VGG-like networks on scikit-learn's bundled handwritten digits (8 x 8), over a complete grid of hyper-parameters;
written as a task of the competition. Seeded: the same Keras and TensorFlow give the same models.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

from ..formats.architecture import parse_model_config
from ..formats.reference import write_reference
from ..formats.task import REFERENCE, TEST, TRAIN
from ..formats.task_writer import write_model, write_samples
from ..keras_models import build_untrained, keras_package
from ..terminal import run

TASK = "digits"
SEED = 2020
TRAINING_IMAGES = 200  # few, so that the models generalize to different degrees
TRAINING_SHARDS, TEST_SHARDS = 2, 4
GRID: dict[str, tuple[Any, ...]] = {
    "conv_blocks": (1, 2),
    "conv_width": (4, 12),
    "dense_layers": (1, 2),
    "dropout": (0.0, 0.5),
    "batch_size": (8, 100),
}
TARGET = 0.05  # training cross-entropy in evaluation mode at which training stops
MAX_EPOCHS = 1500


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Train all models and write the task into FOLDER."""
    train, test = digits()
    write_samples(folder / TASK / TRAIN, *train, TRAINING_SHARDS)
    write_samples(folder / TASK / TEST, *test, TEST_SHARDS)
    cells = list(itertools.product(*GRID.values()))
    accuracies = []
    for number, cell in enumerate(cells):
        hyperparameters = dict(zip(GRID, cell, strict=True))
        accuracies.append(train_model(folder / TASK / f"model_{number}", hyperparameters, SEED + number, train, test))
        print(f"model_{number}", hyperparameters, *(f"{accuracy:.4f}" for accuracy in accuracies[-1]), flush=True)
    write_reference(
        folder / TASK / REFERENCE,
        [f"model_{number}" for number in range(len(cells))],
        {name: [cell[i] for cell in cells] for i, name in enumerate(GRID)},
        [train_accuracy for train_accuracy, _ in accuracies],
        [test_accuracy for _, test_accuracy in accuracies],
    )


def digits() -> tuple[tuple[NDArray[np.float32], NDArray[np.int32]], tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Training and test part: images (n, 8, 8, 1) in [0, 1] and labels (n,), shuffled."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise InputError("scikit-learn is not installed", expected="the extra [keras]") from error
    bunch = load_digits()
    order = np.random.default_rng(SEED).permutation(len(bunch.target))
    inputs = (bunch.images[order, :, :, None] / 16).astype(np.float32)
    labels = bunch.target[order].astype(np.int32)
    rows = TRAINING_IMAGES
    return (inputs[:rows], labels[:rows]), (inputs[rows:], labels[rows:])


def model_config(hyperparameters: dict[str, Any]) -> dict[str, Any]:
    """The content of config.json: blocks of [conv, conv, pooling], then dense layers with dropout."""
    conv = {"layer_name": "Conv2D", "kernel_size": [3, 3], "padding": "same", "activation": "relu"}
    layers: list[dict[str, Any]] = []
    for _ in range(hyperparameters["conv_blocks"]):
        layers += [{**conv, "filters": hyperparameters["conv_width"]}] * 2
        layers.append({"layer_name": "MaxPooling2D", "pool_size": [2, 2]})
    layers.append({"layer_name": "Flatten"})
    for _ in range(hyperparameters["dense_layers"]):
        layers.append({"layer_name": "Dense", "units": 32, "activation": "relu"})
        layers.append({"layer_name": "Dropout", "rate": hyperparameters["dropout"]})
    layers.append({"layer_name": "Dense", "units": 10})
    return {"model_config": layers, "input_shape": [8, 8, 1]}


def train_model(
    folder: Path, hyperparameters: dict[str, Any], seed: int, train: tuple[Any, Any], test: tuple[Any, Any]
) -> tuple[float, float]:
    """Train one model until its training loss reaches the target, write it, and return both accuracies."""
    keras = keras_package()
    keras.utils.set_random_seed(seed)
    config = parse_model_config(model_config(hyperparameters))
    model = build_untrained(config)
    initial = model.get_weights()
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def stop_when_fitted(epoch: int, logs: Any) -> None:
        if epoch % 5 == 4 and model.evaluate(*train, batch_size=len(train[0]), verbose=0) < TARGET:
            model.stop_training = True

    batch_size = hyperparameters["batch_size"]
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=stop_when_fitted)]
    model.fit(*train, batch_size=batch_size, epochs=MAX_EPOCHS, verbose=0, callbacks=callbacks)
    write_model(folder, config, model.get_weights(), initial)
    return _accuracy(model, *train), _accuracy(model, *test)


def _accuracy(model: Any, inputs: Any, labels: Any) -> float:
    return float(np.mean(model.predict(inputs, batch_size=len(inputs), verbose=0).argmax(axis=1) == labels))


if __name__ == "__main__":
    run(main)
