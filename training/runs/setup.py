"""What all parts of a run share."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..data import DIGITS, ImageSet, ImageTensors, standardization, tensors
from ..machine.devices import Device
from ..machine.randomness import generator
from ..paradigms import BatchPreparation, Paradigm, make_paradigm
from ..recipes.settings import Settings
from .run_folder import RunFolder


@dataclass(frozen=True)
class RunSetup:
    """What trainer, records and first epoch of a run share; nothing of it changes.

    Attributes
    ----------
    run : the folder that is written.
    data : the image set as it was read.
    train, test : all of its rows in their fixed order, on the device, not augmented.
    prepare : how images become inputs.
    """

    run: RunFolder
    settings: Settings
    seed: int
    device: Device
    paradigm: Paradigm
    data: ImageSet
    train: ImageTensors
    test: ImageTensors
    prepare: BatchPreparation

    @property
    def subset(self) -> ImageTensors:
        """The first training rows, of which more is recorded."""
        return self.train.first(self.settings.subset_rows)

    @property
    def iterations(self) -> int:
        """Batches in an epoch; a last one of a single image, which has no batch statistics, is left out."""
        whole, rest = divmod(len(self.train), self.settings.batch_size)
        return whole + (rest > 1)

    def generator(self, purpose: str, number: int = 0) -> torch.Generator:
        """A generator on the device; see `randomness.generator`."""
        return generator(self.device.torch, self.seed, purpose, number)


def make_setup(run: RunFolder, settings: Settings, seed: int, data: ImageSet, device: Device) -> RunSetup:
    """Put the data on the device, with shuffled labels where the settings say so."""
    paradigm = make_paradigm(settings.paradigm, settings.paradigm_arguments)
    train, test = tensors(data.train, device.torch), tensors(data.test, device.torch)
    if settings.shuffled_labels:
        shuffle = torch.randperm(len(train), generator=generator(torch.device("cpu"), seed, "shuffled labels"))
        train = ImageTensors(train.images, train.labels[shuffle.to(device.torch)])
    prepare = BatchPreparation(standardization(data.train.inputs, device.torch), flip=data.name not in DIGITS)
    return RunSetup(run, settings, seed, device, paradigm, data, train, test, prepare)
