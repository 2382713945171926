"""A whole zoo: its models one by one, in several processes, which share nothing but the output folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.samples import Samples

from ..config import environment
from ..data import ImageTensors
from ..devices import Device, find_device, memory_errors
from ..matrix import in_processes
from ..trainer import DIGITS
from .architectures import ARCHITECTURES
from .images import ZooImages, image_tensors, zoo_images
from .keras_network import keras_weights
from .tasks import ZooTask
from .train import ModelTraining, evaluate, initial_network
from .zoo_folder import TrainedModel, ZooFolder

SEED = 2020


@dataclass(frozen=True)
class Zoo:
    """What is made, where and on what.

    Attributes
    ----------
    task, scale : names of the settings.
    settings : grid and training; see `tasks.zoo_task`.
    data : the image set's name.
    data_dir, out : the folders of image sets and of this zoo.
    device : see `devices.find_device`.
    download : whether torchvision may fetch what is missing.
    """

    task: str
    scale: str
    settings: ZooTask
    data: str
    data_dir: Path
    out: Path
    device: str = "auto"
    download: bool = False

    @property
    def folder(self) -> ZooFolder:
        return ZooFolder(self.out)

    @property
    def models(self) -> list[str]:
        return [f"model_{number}" for number in range(len(self.settings.grid()))]

    def images(self) -> ZooImages:
        """The images; a process that trains several models reads them once."""
        limits = self.settings.train_limit, self.settings.test_limit
        return _images(self.data, self.data_dir, *limits, self.settings.image_side, self.download)


def make_zoo(zoo: Zoo, workers: int) -> Iterator[tuple[str, TrainedModel | None, BaseException | None]]:
    """Train all models that are not finished, and write the task folder.

    Parameters
    ----------
    workers : processes, each with one thread; on a GPU they share the device.

    Returns
    -------
    Each model as it ends, with what training.json says of it or what went wrong; those that were finished come first.

    Raises
    ------
    InputError
        For an unknown device or image set, or if the folder holds another zoo.
    """
    device, images, folder = find_device(zoo.device), zoo.images(), zoo.folder
    folder.claim(_description(zoo, images, device))
    folder.write_images(images)
    waiting = []
    for number, model in enumerate(zoo.models):
        if folder.finished(model):
            yield model, folder.read_training(model), None
        else:
            waiting.append((zoo, number))
    # Small batches take longest: the processes end at about the same time if these come first.
    waiting.sort(key=lambda one: _hyperparameters(zoo.settings, one[1])["batch_size"])
    failures = {}
    for (_, number), error in in_processes(make_model, waiting, workers):
        model = zoo.models[number]
        if error is not None:
            failures[model] = str(error) if isinstance(error, InputError) else repr(error)
        yield model, None if error else folder.read_training(model), error
    folder.write_reference(list(zoo.settings.axes), failures, zoo.models)


def make_model(zoo: Zoo, number: int, *, until: int | None = None) -> None:
    """Train a model, or go on with it from its last checkpoint, and write it.

    Parameters
    ----------
    until : stop after this epoch, as if interrupted.

    Raises
    ------
    InputError
        If the loss is not finite, a checkpoint is damaged or memory runs out.
    """
    task, model, seed = zoo.settings, zoo.models[number], SEED + number
    device, images = find_device(zoo.device), zoo.images()
    hyperparameters = _hyperparameters(task, number)
    config = ARCHITECTURES[task.architecture](hyperparameters, images.shape, images.classes)
    with memory_errors(f"{model}, {hyperparameters}", "let fewer --workers share the device"):
        train, test = (_tensors(part, device) for part in (images.train, images.test))
        folder, flip = zoo.folder.unfinished(model), zoo.data not in DIGITS
        training = ModelTraining(task, config, hyperparameters, seed, train, device, folder, flip=flip)
        try:
            found = training.run(until)
        except InputError as error:
            raise error.at(file=zoo.out, model=model) from error
        if training.epochs == until:
            return
        tested = evaluate(training.network, test)
    described = TrainedModel(
        hyperparameters=hyperparameters,
        seed=seed,
        seconds=training.seconds,
        epochs=training.epochs,
        cross_entropy=found.cross_entropy,
        train_accuracy=found.accuracy,
        test_accuracy=tested.accuracy,
        target_reached=task.stop.reached(found.cross_entropy, found.accuracy),
        environment=environment(device),
    )
    weights, initial = (keras_weights(one) for one in (training.network, initial_network(config, seed)))
    zoo.folder.write_model(model, config, weights, initial, described)


def _hyperparameters(task: ZooTask, number: int) -> dict[str, Any]:
    return {**task.constants, **task.grid()[number]}


def _description(zoo: Zoo, images: ZooImages, device: Device) -> dict[str, Any]:
    """The content of zoo.json."""
    return {
        "task": zoo.task,
        "scale": zoo.scale,
        "seed": SEED,
        "settings": asdict(zoo.settings),
        "data": {
            "name": images.name,
            "sha256": images.digest,
            "mean": images.mean.tolist(),
            "deviation": images.deviation.tolist(),
            "train_rows": len(images.train.inputs),
            "test_rows": len(images.test.inputs),
        },
        **environment(device),
    }


_images = lru_cache(maxsize=1)(zoo_images)


@lru_cache(maxsize=2)
def _tensors(samples: Samples, device: Device) -> ImageTensors:
    return image_tensors(samples, device.torch)
