"""What is recorded of a network, after each epoch and within the first."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from complexity.models.torch_passes import evaluation_mode
from pgdl_eval.formats.npz import Arrays, write_arrays

from ..networks import Network
from .decompose import decompose
from .evaluation import Evaluated, batch_statistics, block_outputs, evaluate, features
from .linear_classifier import accuracy, fit_linear_classifier
from .run_folder import DATA
from .setup import RunSetup


def record_epoch(setup: RunSetup, network: Network, epoch: int) -> dict[str, Any]:
    """Record the end of an epoch; loss, accuracy and seconds for its line of metrics.jsonl."""
    began = setup.device.clock()
    train = evaluate(network, setup.paradigm, setup.train, setup.prepare.standardize)
    test = evaluate(network, setup.paradigm, setup.test, setup.prepare.standardize)
    matrices = _other_conventions(setup, network, train)
    forwarded = setup.device.clock()
    record = _decompositions(setup, train, test, matrices)
    decomposed = setup.device.clock()
    train_accuracy, test_accuracy = _accuracies(setup, train, test)
    classified = setup.device.clock()
    write_arrays(setup.run.epoch_file(epoch), record, durable=True)
    return {
        "train_accuracy": train_accuracy,
        "test_accuracy": test_accuracy,
        "test_loss": test.loss,
        "forward_seconds": forwarded - began,
        "decomposition_seconds": decomposed - forwarded,
        "classifier_seconds": classified - decomposed,
    }


def record_of_iteration(setup: RunSetup, network: Network) -> tuple[Arrays, float, float]:
    """The record of an iteration within the first epoch, and the seconds of its forward pass and decomposition."""
    began = setup.device.clock()
    with evaluation_mode(network):
        matrix = features(network, setup.subset.images, setup.prepare.standardize)
    forwarded = setup.device.clock()
    record = decompose("subset", matrix, 1, every_value=False)
    return record, forwarded - began, setup.device.clock() - forwarded


def record_data(setup: RunSetup) -> None:
    """Write the data P-vectors, labels and rows."""
    data = setup.data
    found: Arrays = {
        "train/labels": data.train.class_numbers(),
        "test/labels": data.test.class_numbers(),
        "train/rows": data.train_rows,
        "test/rows": data.test_rows,
    }
    parts = {"train": setup.train, "test": setup.test, "subset": setup.subset}
    for part, images in parts.items():
        raw, standardized = images.images.float(), setup.prepare.standardize(images.images)
        for name, matrix in {"raw": raw, "standardized": standardized}.items():
            found |= decompose(f"{part}/{name}", matrix.flatten(1), setup.settings.p_vectors, every_value=False)
    write_arrays(setup.run.path / DATA, found, durable=True)


def _other_conventions(setup: RunSetup, network: Network, train: Evaluated) -> dict[str, Tensor]:
    """The subset's features as they would be recorded otherwise: see `run_folder`."""
    images, prepare = setup.subset.images, setup.prepare
    draws = setup.generator("recorded augmentation")
    with evaluation_mode(network):
        augmented = features(network, images, lambda batch: prepare.augmented(batch, draws))
    with batch_statistics(network):
        by_batch = features(network, images, prepare.standardize)
    found = {"augmented": augmented, "batch_statistics": by_batch}
    if train.logits is not None:
        found["logits"] = train.logits[: len(images)]
    if setup.settings.block_records:
        outputs = block_outputs(network, network.encoder.blocks(), images, prepare.standardize)
        found |= {f"block_{number}": output for number, output in enumerate(outputs, start=1)}
    return found


def _decompositions(setup: RunSetup, train: Evaluated, test: Evaluated, others: dict[str, Tensor]) -> Arrays:
    """Arrays of train, test and subset with all singular values, and of the other conventions."""
    k, subset = setup.settings.p_vectors, train.features[: setup.settings.subset_rows]
    record: Arrays = {}
    for name, matrix in {"train": train.features, "test": test.features, "subset": subset}.items():
        record |= decompose(name, matrix, k, every_value=True)
    for name, matrix in others.items():
        record |= decompose(name, matrix, 1, every_value=False)
    return record


def _accuracies(setup: RunSetup, train: Evaluated, test: Evaluated) -> tuple[float | None, float | None]:
    """Accuracy on train and test, of the network itself or of a linear classifier on its features."""
    if setup.paradigm.classifies:
        return train.accuracy, test.accuracy
    learned = train.kept_features()
    layer = fit_linear_classifier(learned, setup.train.labels, setup.data.classes)
    return accuracy(layer, learned, setup.train.labels), accuracy(layer, test.kept_features(), setup.test.labels)
