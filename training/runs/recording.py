"""What is recorded of a network, after each epoch and within the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from complexity.models.torch_model import evaluation_mode

from ..data import ImageSet, ImageTensors
from ..machine.devices import Device
from ..machine.randomness import generator
from ..networks import Network
from ..paradigms import BatchPreparation, Paradigm
from ..recipes.settings import Settings
from .decompose import decompose
from .evaluation import Evaluated, batch_statistics, block_outputs, evaluate, features
from .linear_classifier import accuracy, fit_linear_classifier
from .run_folder import Arrays, RunFolder, write_arrays


@dataclass(frozen=True)
class Recorder:
    """Writes the records of one run.

    Attributes
    ----------
    train, test : all rows in their fixed order, not augmented.
    prepare : how images become inputs.
    """

    run: RunFolder
    settings: Settings
    seed: int
    device: Device
    paradigm: Paradigm
    classes: int
    train: ImageTensors
    test: ImageTensors
    prepare: BatchPreparation

    @property
    def subset(self) -> ImageTensors:
        return self.train.first(self.settings.subset_rows)

    def epoch(self, network: Network, epoch: int) -> dict[str, Any]:
        """Record the end of an epoch; loss, accuracy and seconds for its line of metrics.jsonl."""
        began = self.device.clock()
        train = evaluate(network, self.paradigm, self.train, self.prepare.standardize)
        test = evaluate(network, self.paradigm, self.test, self.prepare.standardize)
        matrices = self._other_conventions(network, train)
        forwarded = self.device.clock()
        record = self._decompositions(train, test, matrices)
        decomposed = self.device.clock()
        reached = self._accuracies(train, test)
        classified = self.device.clock()
        write_arrays(self.run.epoch_file(epoch), record)
        return {
            "train_accuracy": reached[0],
            "test_accuracy": reached[1],
            "test_loss": test.loss,
            "forward_seconds": forwarded - began,
            "decomposition_seconds": decomposed - forwarded,
            "classifier_seconds": classified - decomposed,
        }

    def iteration(self, network: Network) -> tuple[Arrays, float, float]:
        """The record of an iteration within the first epoch, and the seconds of its forward pass and decomposition."""
        began = self.device.clock()
        with evaluation_mode(network):
            matrix = features(network, self.subset.images, self.prepare.standardize)
        forwarded = self.device.clock()
        record = decompose("subset", matrix, 1, every_value=False)
        return record, forwarded - began, self.device.clock() - forwarded

    def _other_conventions(self, network: Network, train: Evaluated) -> dict[str, Tensor]:
        """The subset's features as they would be recorded otherwise: see `run_folder`."""
        images, standardize = self.subset.images, self.prepare.standardize
        draws = generator(self.device.torch, self.seed, "recorded augmentation")
        with evaluation_mode(network):
            augmented = features(network, images, lambda batch: self.prepare.augmented(batch, draws))
        with batch_statistics(network):
            by_batch = features(network, images, standardize)
        found = {"augmented": augmented, "batch_statistics": by_batch}
        if train.logits is not None:
            found["logits"] = train.logits[: len(images)]
        if self.settings.block_records:
            outputs = block_outputs(network, network.encoder.blocks(), images, standardize)
            found |= {f"block_{number}": output for number, output in enumerate(outputs, start=1)}
        return found

    def _decompositions(self, train: Evaluated, test: Evaluated, others: dict[str, Tensor]) -> Arrays:
        k, subset = self.settings.p_vectors, train.features[: self.settings.subset_rows]
        record: Arrays = {}
        for name, matrix in {"train": train.features, "test": test.features, "subset": subset}.items():
            record |= decompose(name, matrix, k, every_value=True)
        for name, matrix in others.items():
            record |= decompose(name, matrix, 1, every_value=False)
        return record

    def _accuracies(self, train: Evaluated, test: Evaluated) -> tuple[float | None, float | None]:
        """On train and test, of the network itself or of a linear classifier on its features."""
        if self.paradigm.classifies:
            return train.accuracy, test.accuracy
        learned = train.kept_features()
        layer = fit_linear_classifier(learned, self.train.labels, self.classes)
        return accuracy(layer, learned, self.train.labels), accuracy(layer, test.kept_features(), self.test.labels)


def record_data(run: RunFolder, data: ImageSet, recorder: Recorder) -> None:
    """Write the data P-vectors, labels and rows."""
    found: Arrays = {
        "train/labels": data.train.class_numbers(),
        "test/labels": data.test.class_numbers(),
        "train/rows": data.train_rows,
        "test/rows": data.test_rows,
    }
    parts = {"train": recorder.train, "test": recorder.test, "subset": recorder.subset}
    for part, images in parts.items():
        raw, standardized = images.images.float(), recorder.prepare.standardize(images.images)
        for name, matrix in {"raw": raw, "standardized": standardized}.items():
            found |= decompose(f"{part}/{name}", matrix.flatten(1), recorder.settings.p_vectors, every_value=False)
    write_arrays(run.path / "data.npz", found)
