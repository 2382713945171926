"""A run from its beginning, or from its last checkpoint, to its end."""

from __future__ import annotations

from typing import Any

import torch

from complexity.errors import InputError

from ..data import ImageSet
from ..machine.checkpoint import last_checkpoint, load_checkpoint, save_checkpoint
from ..machine.devices import find_device, memory_errors
from ..machine.environment import environment
from ..machine.progress import Watcher
from ..recipes.settings import Settings
from .experiment import Experiment, Place, describe
from .recording import record_data, record_epoch
from .run_folder import RunFolder
from .setup import make_setup
from .trainer import Trainer, make_trainer

BEFORE_TRAINING = {
    "iteration": 0,
    "learning_rate": None,
    "loss": None,
    "running_accuracy": None,
    "train_seconds": 0.0,
}


def train(
    experiment: Experiment, place: Place, watcher: Watcher | None = None, *, until: int | None = None
) -> RunFolder:
    """Make a run, or go on with it from its last checkpoint; everything lies in its folder, which is returned.

    On the processor, and with as many threads, a run that was stopped and resumed is the same bit for bit.

    Parameters
    ----------
    until : stop after this epoch, as if interrupted.

    Raises
    ------
    InputError
        For an unknown recipe, preset, setting, device or data set; if the folder belongs to another run or another
        command is at work in it, the checkpoint is damaged, the loss is not finite or memory runs out.
    """
    settings = experiment.settings()
    device = find_device(place.device, bfloat16=settings.precision == "bfloat16")
    data, run = place.image_set(experiment.data, settings), experiment.folder(place.out)
    with run.locked():
        run.claim(describe(experiment, settings, data, device))
        if run.finished():
            return run
        with memory_errors(_sizes(settings, data)):
            setup = make_setup(run, settings, experiment.seed, data, device)
            trainer = make_trainer(setup, watcher or Watcher())
            _train(trainer, experiment.name, min(settings.epochs, until or settings.epochs))
    return run


def _train(trainer: Trainer, name: str, last: int) -> None:
    """Begin, or go on, to the last epoch wanted."""
    setup, epochs = trainer.setup, trainer.setup.settings.epochs
    done = _resume(trainer) or _begin(trainer)
    trainer.watcher.begin(name, done * setup.iterations, epochs * setup.iterations)
    for epoch in range(done + 1, last + 1):
        try:
            _finish_epoch(trainer, epoch, trainer.epoch(epoch))
        except InputError as error:
            problem = f"{error} in epoch {epoch}; the checkpoint of epoch {epoch - 1} is kept"
            raise InputError(problem, file=setup.run.path) from error
    if last == epochs:
        setup.run.append("end", {"epoch": last})


def _begin(trainer: Trainer) -> int:
    """Record the data and the untrained network; no epoch is done."""
    setup = trainer.setup
    setup.run.forget_after(-1)
    setup.run.append("session", {"epoch": 0, **environment(setup.device)})
    record_data(setup)
    _finish_epoch(trainer, 0, BEFORE_TRAINING)
    return 0


def _resume(trainer: Trainer) -> int:
    """Bring the trainer to the last checkpoint; the epochs done, 0 if there is none after the first."""
    run = trainer.setup.run
    done = last_checkpoint(run.path / "checkpoints")
    if not done:
        return 0
    load_checkpoint(run.path / "checkpoints", done, trainer.network, trainer.optimizer)
    run.forget_after(done)
    earlier, now = run.config["device"]["threads"], torch.get_num_threads()
    if earlier != now:
        trainer.watcher.say(f"{run.path}: begun with {earlier} threads, resumed with {now}: not the same bit for bit")
    run.append("session", {"epoch": done, **environment(trainer.setup.device)})
    return done


def _finish_epoch(trainer: Trainer, epoch: int, of_training: dict[str, Any]) -> None:
    """Record an epoch, then save its checkpoint: what has no checkpoint is forgotten on resuming."""
    run = trainer.setup.run
    line = {"epoch": epoch, **of_training, **record_epoch(trainer.setup, trainer.network, epoch)}
    run.append("epoch", line)
    save_checkpoint(run.path / "checkpoints", epoch, trainer.network, trainer.optimizer)
    if epoch:
        trainer.watcher.epoch(line)


def _sizes(settings: Settings, data: ImageSet) -> str:
    return (
        f"{len(data.train)} + {len(data.test)} images of shape {data.shape}, batches of {settings.batch_size} "
        f"and {settings.subset_rows} subset rows"
    )
