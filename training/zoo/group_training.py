"""The training of several models at once, which are of one architecture and one size of batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.nn import functional

from complexity.errors import InputError

from .model_training import Evaluated, ModelTraining
from .side_by_side import Alone, SideBySide

CHECKPOINT_SECONDS = 60.0


def train_together(
    models: Sequence[ModelTraining], until: int | None = None
) -> Iterator[tuple[ModelTraining, Evaluated | InputError]]:
    """Train models, each until its stop rule holds, or to the last epoch; those that remain go on together.

    Each draws its random numbers by itself, so that it is trained beside others as alone, but for rounding. Of the
    seconds each has an equal share.

    Parameters
    ----------
    models : one or more, on one device; they differ in weights, dropout, learning rate and weight decay alone.
    until : stop after this epoch, as if interrupted.

    Returns
    -------
    Each model as it ends, with the training set in evaluation mode, or with an error if its loss was not finite.
    """
    ended: list[tuple[ModelTraining, Evaluated | InputError | None]]
    ended = [(model, model.at_the_end()) for model in models]
    clock, together = models[0].device.clock, None
    saved = clock()
    while True:
        yield from ((model, found) for model, found in ended if found is not None)
        going = [model for model, found in ended if found is None and model.epochs != until]
        if not going:
            return
        if together is None or len(going) < len(ended):
            together = _side_by_side(going)
        began = clock()
        losses = _epoch(going, together)
        ended = [(model, model.end_epoch(loss)) for model, loss in zip(going, losses, strict=True)]
        now = clock()
        save = now - saved > CHECKPOINT_SECONDS
        for model, found in ended:
            model.seconds += (now - began) / len(going)
            if found is None and (save or model.epochs == until):
                model.save()
        saved = now if save else saved


def _side_by_side(models: Sequence[ModelTraining]) -> SideBySide | Alone:
    networks = [model.network for model in models]
    return SideBySide(networks) if len(networks) > 1 else Alone(networks[0])


def _epoch(models: Sequence[ModelTraining], together: SideBySide | Alone) -> list[float]:
    """One epoch of all models; the mean loss of each."""
    orders = torch.stack([model.begin_epoch() for model in models])  # (m, n)
    together.begin_epoch([model.dropout_seed for model in models])
    total = torch.zeros(len(models), device=orders.device)
    for rows in torch.split(orders, models[0].hyperparameters["batch_size"], dim=1):
        images = [model.images(one) for model, one in zip(models, rows, strict=True)]
        logits = together(images)
        labels = models[0].train.labels[rows]
        losses = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        losses = losses.view(rows.shape)
        together.backward(losses.mean(dim=1).sum())
        for model in models:
            model.optimizer.step()
        total += losses.detach().sum(dim=1)
    return (total / orders.shape[1]).tolist()
