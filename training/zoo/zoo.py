"""A whole zoo: its models one by one, or several at once, in processes that share nothing but the output folder."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from complexity.errors import InputError
from complexity.samples import Samples
from pgdl_eval.formats.architecture import ModelConfig
from pgdl_eval.metrics.seed_names import seed_name

from ..data import DIGITS, ImageTensors
from ..machine.devices import Device, find_device, memory_errors
from ..machine.environment import environment
from ..machine.processes import in_processes
from .architectures import ARCHITECTURES
from .group_training import train_together
from .images import ZooImages, image_tensors, zoo_images
from .keras_network import keras_weights
from .model_training import Evaluated, ModelTraining, evaluate, initial_network
from .tasks import ZooTask
from .zoo_folder import TrainedModel, ZooFolder

SEED = 2020
SEEDS_APART = 10_000  # more than models in a zoo
TOGETHER = 8  # at most, on a GPU
EACH_ITS_OWN = ("dropout", "learning_rate", "weight_decay")  # models that differ in nothing else are trained at once


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
    together : at most so many models are trained at once in a process; None for 8 on a GPU and 1 elsewhere.
    download : whether torchvision may fetch what is missing.
    seed : of the first model; each next one has the next.
    """

    task: str
    scale: str
    settings: ZooTask
    data: str
    data_dir: Path
    out: Path
    device: str = "auto"
    together: int | None = None
    download: bool = False
    seed: int = SEED

    @property
    def folder(self) -> ZooFolder:
        return ZooFolder(self.out)

    @property
    def models(self) -> list[str]:
        return [f"model_{number}" for number in range(len(self.settings.grid()))]

    def images(self) -> ZooImages:
        """The images of the zoo; a process that trains several models reads them once."""
        limits = self.settings.train_limit, self.settings.test_limit
        return _images(self.data, self.data_dir, *limits, self.settings.image_side, self.download)


def zoo_of_seed(zoo: Zoo, number: int) -> Zoo:
    """The same settings trained with other seeds, beside the zoo: number 0 is the zoo itself, 1 in OUT.seed_1, ..."""
    out = zoo.out.with_name(seed_name(zoo.out.name, number))
    return replace(zoo, out=out, seed=zoo.seed + SEEDS_APART * number)


def make_zoo(zoo: Zoo, workers: int) -> Generator[tuple[str, TrainedModel | None, BaseException | None], None, None]:
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
        For an unknown device or image set, or if the folder holds another zoo or another command is at work in it.
    """
    device, images, folder = find_device(zoo.device), zoo.images(), zoo.folder
    with folder.locked():
        folder.claim(_description(zoo, images, device))
        folder.write_images(images)
        failures: dict[str, str] = {}
        for model, error in _train(zoo, workers, device):
            if folder.finished(model):
                yield model, folder.read_training(model), None
            else:
                failures[model] = str(error) if isinstance(error, InputError) else repr(error)
                yield model, None, error
        folder.write_reference(list(zoo.settings.axes), failures, zoo.models)


def _train(zoo: Zoo, workers: int, device: Device) -> Iterator[tuple[str, BaseException | None]]:
    """Each model that is finished, and the others as they end, with what went wrong."""
    finished = [zoo.folder.finished(model) for model in zoo.models]
    yield from ((model, None) for model, done in zip(zoo.models, finished, strict=True) if done)
    waiting = [number for number, done in enumerate(finished) if not done]
    calls = [(zoo, numbers) for numbers in groups(zoo, waiting, device)]
    for (_, numbers), failed, error in in_processes(make_models, calls, workers):
        yield from ((zoo.models[number], error or (failed or {}).get(number)) for number in numbers)


def groups(zoo: Zoo, numbers: Sequence[int], device: Device) -> list[tuple[int, ...]]:
    """The models that are trained at once, the longest trainings first.

    Small batches take longest: the processes end at about the same time if these come first.
    """
    settings = {number: _hyperparameters(zoo.settings, number) for number in numbers}
    alike: dict[tuple[Any, ...], list[int]] = {}
    for number in sorted(numbers, key=lambda number: settings[number]["batch_size"]):
        shared = tuple(value for name, value in settings[number].items() if name not in EACH_ITS_OWN)
        alike.setdefault(shared, []).append(number)
    size = zoo.together or (TOGETHER if device.fast else 1)
    return [tuple(found[i : i + size]) for found in alike.values() for i in range(0, len(found), size)]


def make_models(zoo: Zoo, numbers: Sequence[int], *, until: int | None = None) -> dict[int, InputError]:
    """Train models together, or go on with them from their last checkpoints, and write each as it ends.

    Parameters
    ----------
    numbers : of models that differ in `EACH_ITS_OWN` alone.
    until : stop after this epoch, as if interrupted.

    Returns
    -------
    What went wrong with those whose loss is not finite or whose checkpoint is that of another network.

    Raises
    ------
    InputError
        If memory runs out.
    """
    torch.backends.cudnn.allow_tf32 = False  # the accuracies are those of the files, up to rounding
    failed: dict[int, InputError] = {}
    training: dict[ModelTraining, int] = {}
    sizes = f"{', '.join(zoo.models[number] for number in numbers)}, {_hyperparameters(zoo.settings, numbers[0])}"
    with memory_errors(sizes, "train fewer models --together, or let fewer --workers share the device"):
        for number in numbers:
            try:
                training[_begin(zoo, number)] = number
            except InputError as error:
                failed[number] = error
        for one, found in train_together(list(training), until) if training else ():
            if isinstance(found, InputError):
                failed[training[one]] = found.at(file=zoo.out, model=zoo.models[training[one]])
            else:
                _write(zoo, training[one], one, found)
    return failed


def _begin(zoo: Zoo, number: int) -> ModelTraining:
    """A model before its training, or at its last checkpoint."""
    task, images, device = zoo.settings, zoo.images(), find_device(zoo.device)
    return ModelTraining(
        task,
        _config(zoo, number),
        _hyperparameters(task, number),
        zoo.seed + number,
        _tensors(images.train, device),
        device,
        zoo.folder.unfinished(zoo.models[number]),
        flip=zoo.data not in DIGITS,
    )


def _write(zoo: Zoo, number: int, training: ModelTraining, found: Evaluated) -> None:
    """The files of a model whose training has ended."""
    tested = evaluate(training.network, _tensors(zoo.images().test, training.device))
    described = TrainedModel(
        hyperparameters=training.hyperparameters,
        seed=training.seed,
        seconds=training.seconds,
        epochs=training.epochs,
        cross_entropy=found.cross_entropy,
        train_accuracy=found.accuracy,
        test_accuracy=tested.accuracy,
        target_reached=zoo.settings.stop.reached(found.cross_entropy, found.accuracy),
        environment=_environment(training.device),
    )
    config = _config(zoo, number)
    weights, initial = (keras_weights(one) for one in (training.network, initial_network(config, training.seed)))
    zoo.folder.write_model(zoo.models[number], config, weights, initial, described)


def _config(zoo: Zoo, number: int) -> ModelConfig:
    images = zoo.images()
    return ARCHITECTURES[zoo.settings.architecture](
        _hyperparameters(zoo.settings, number), images.shape, images.classes
    )


def _hyperparameters(task: ZooTask, number: int) -> dict[str, Any]:
    return {**task.constants, **task.grid()[number]}


def _description(zoo: Zoo, images: ZooImages, device: Device) -> dict[str, Any]:
    """The content of zoo.json."""
    return {
        "task": zoo.task,
        "scale": zoo.scale,
        "seed": zoo.seed,
        "settings": asdict(zoo.settings),
        "data": {
            "name": images.name,
            "sha256": images.digest,
            "mean": images.mean.tolist(),
            "deviation": images.deviation.tolist(),
            "train_rows": len(images.train.inputs),
            "test_rows": len(images.test.inputs),
        },
        **_environment(device),
    }


def _environment(device: Device) -> dict[str, Any]:
    found = environment(device)
    return {**found, "device": {**found["device"], "training": "float32"}}


_images = lru_cache(maxsize=1)(zoo_images)


@lru_cache(maxsize=2)
def _tensors(samples: Samples, device: Device) -> ImageTensors:
    return image_tensors(samples, device.torch)
