"""A run from its beginning, or from its last checkpoint, to its end."""

from __future__ import annotations

from typing import Any

import torch

from complexity.errors import InputError, collected_warnings, warn

from ..data import ImageSet
from ..machine.checkpoint import resume, save_checkpoint
from ..machine.checkpoint_files import DamagedFile
from ..machine.devices import find_device, memory_errors
from ..machine.environment import environment
from ..machine.progress import Watcher
from ..recipes.settings import Settings
from .experiment import Experiment, Place, describe
from .recording import record_data, record_epoch
from .run_folder import CHECKPOINTS, RunFolder
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

    On the processor, and with as many threads, a run that was stopped and resumed is the same bit for bit. Where a
    checkpoint, or a record, is not what was written, a warning names it and the run goes on from the checkpoint before
    it, or from its start.

    Parameters
    ----------
    until : stop after this epoch, as if interrupted.

    Raises
    ------
    InputError
        For an unknown recipe, preset, setting, device or data set; if the folder belongs to another run or another
        command is at work in it, the loss is not finite or memory runs out.
    """
    settings = experiment.settings()
    device = find_device(place.device, bfloat16=settings.precision == "bfloat16")
    data, run = place.image_set(experiment.data, settings), experiment.folder(place.out)
    with run.locked():
        run.claim(describe(experiment, settings, data, device))
        if run.whole():
            return run
        with memory_errors(_sizes(settings, data)):
            setup = make_setup(run, settings, experiment.seed, data, device)
            trainer = make_trainer(setup, watcher or Watcher())
            _train(trainer, experiment.name, min(settings.epochs, until or settings.epochs))
    return run


def _train(trainer: Trainer, name: str, last: int) -> None:
    """Begin, or go on, to the last epoch wanted."""
    setup, epochs = trainer.setup, trainer.setup.settings.epochs
    done = _begin_session(trainer)
    trainer.watcher.begin(name, done * setup.iterations, epochs * setup.iterations)
    for epoch in range(done + 1, last + 1):
        try:
            _finish_epoch(trainer, epoch, trainer.epoch(epoch))
        except InputError as error:
            problem = f"{error} in epoch {epoch}; the checkpoint of epoch {epoch - 1} is kept"
            raise InputError(problem, file=setup.run.path) from error
    if last == epochs:
        setup.run.append("end", {"epoch": last})


def _begin_session(trainer: Trainer) -> int:
    """Go on from the last checkpoint, or record the data and the untrained network; the epochs done."""
    setup, run = trainer.setup, trainer.setup.run
    with collected_warnings() as said:
        done = _resume(trainer)
    run.forget_after(-1 if done is None else done)
    session = {"epoch": done or 0, **({"warnings": said} if said else {}), **environment(setup.device)}
    run.append("session", session)
    if done is None:
        record_data(setup)
        _finish_epoch(trainer, 0, BEFORE_TRAINING)
    return done or 0


def _resume(trainer: Trainer) -> int | None:
    """Bring the trainer to the last checkpoint that is whole, as are the records until then; the epochs done."""
    run = trainer.setup.run
    found = resume(run.path / CHECKPOINTS, trainer.network, trainer.optimizer, run.check)
    if found is None:
        return None
    _mend_data(trainer)
    earlier, now = run.config["device"]["threads"], torch.get_num_threads()
    if earlier != now:
        trainer.watcher.say(f"{run.path}: begun with {earlier} threads, resumed with {now}: not the same bit for bit")
    return found[0]


def _mend_data(trainer: Trainer) -> None:
    """Write data.npz again where it is damaged: it needs no training."""
    try:
        trainer.setup.run.check_data()
    except DamagedFile as damage:
        warn(f"{damage}; it is made again")
        record_data(trainer.setup)


def _finish_epoch(trainer: Trainer, epoch: int, of_training: dict[str, Any]) -> None:
    """Record an epoch, then save its checkpoint: what has no checkpoint is forgotten on resuming."""
    run = trainer.setup.run
    of_network = record_epoch(trainer.setup, trainer.network, epoch)
    line = {"epoch": epoch, **of_training, **of_network, "records": run.checksums(epoch)}
    run.append("epoch", line)
    save_checkpoint(run.path / CHECKPOINTS, epoch, trainer.network, trainer.optimizer)
    if epoch:
        trainer.watcher.epoch(line)


def _sizes(settings: Settings, data: ImageSet) -> str:
    return (
        f"{len(data.train)} + {len(data.test)} images of shape {data.shape}, batches of {settings.batch_size} "
        f"and {settings.subset_rows} subset rows"
    )
