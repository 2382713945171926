"""`pvector train zoo`: a bar, a line a model, and at the end which ones missed their target."""

from __future__ import annotations

import sys
from contextlib import closing

from rich.console import Console

from complexity.errors import InputError
from pgdl_eval.terminal import console, progress_bar

from .zoo import Zoo, make_zoo, zoo_of_seed
from .zoo_folder import TrainedModel


def run_zoo(zoo: Zoo, workers: int, shown_on: Console, *, seeds: int = 1) -> None:
    """Make a zoo, or one a seed; models that fail end the command with status 1, missed targets do not."""
    failed = [_run_seed(zoo_of_seed(zoo, number), workers, shown_on) for number in range(seeds)]
    if sum(failed):
        sys.exit(1)


def _run_seed(zoo: Zoo, workers: int, shown_on: Console) -> int:
    """Make a zoo under a bar, naming models that fail; how many do."""
    trained: dict[str, TrainedModel] = {}
    failed = 0
    with progress_bar(shown_on) as bar:
        row = bar.add_task(f"{zoo.task} {zoo.scale}", total=len(zoo.models), state="")
        with closing(make_zoo(zoo, workers)) as ended:
            for model, training, error in ended:
                if training is None:
                    failed += 1
                    said = f"failed: {error if isinstance(error, InputError) else repr(error)}"
                else:
                    trained[model] = training
                    said = _line(training)
                error_alone = shown_on.quiet and training is None
                (console() if error_alone else bar.console).print(f"{model}: {said}", soft_wrap=True)
                bar.advance(row)
    shown_on.print(_summary(zoo, trained, failed), soft_wrap=True)
    return failed


def _line(training: TrainedModel) -> str:
    gap = training.train_accuracy - training.test_accuracy
    return (
        f"{training.epochs} epochs, {training.seconds:.0f} s, cross-entropy {training.cross_entropy:.4f}, "
        f"training accuracy {training.train_accuracy:.1%}, gap {gap:.1%}{'' if training.target_reached else ', MISSED'}"
    )


def _summary(zoo: Zoo, trained: dict[str, TrainedModel], failed: int) -> str:
    stop, total = zoo.settings.stop, len(zoo.models)
    missed = [model for model, training in trained.items() if not training.target_reached]
    goal = f"training {stop.metric.replace('_', '-')} of {stop.target:g} within {stop.max_epochs} epochs"
    reached = f"{zoo.out}: {len(trained) - len(missed)} of {total} models reached a {goal}"
    names = f"; missed by {', '.join(missed)}" if missed else ""
    return reached + names + (f"; {failed} failed" if failed else "")
