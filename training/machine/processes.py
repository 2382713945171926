"""Many runs at once: lists of runs as data, and processes that work through them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from itertools import chain
from threading import Thread
from typing import Any, TypeVar

import torch

from ..recipes.presets import PRESETS
from ..recipes.recipes import RECIPES
from ..runs.experiments import Experiment, Place
from ..runs.run import train

# One network of each paradigm, the same wherever that can be, and the reference whose labels tell nothing.
FEW = ("resnet18", "autoencoder", "simclr", "supcon", "resnet18_shuffled_labels")
DATA = ("cifar10", "mnist", "cifar100")

Call = TypeVar("Call", bound=tuple[Any, ...])
Result = TypeVar("Result")


def matrix(preset: str, data: Sequence[str] = DATA) -> list[Experiment]:
    """One network of each paradigm with two seeds on every data set; on the first also every other recipe once.

    The untrained references are epoch 0 of every run. What most studies need comes first, so that a matrix that is
    stopped early serves them already.
    """
    few = [[Experiment(recipe, preset, name, seed) for seed in (0, 1) for recipe in FEW] for name in data]
    recipes = RECIPES if PRESETS[preset].every_recipe else FEW
    others = [Experiment(recipe, preset, data[0]) for recipe in recipes if recipe not in FEW]
    return [*few[0], *others, *chain.from_iterable(few[1:])]


def run_all(
    experiments: Sequence[Experiment], place: Place, workers: int
) -> Iterator[tuple[Experiment, BaseException | None]]:
    """Make runs in several processes; what is done already is passed over.

    Returns
    -------
    Each run as it ends, with what went wrong.
    """
    for (one, _), _, error in in_processes(train, [(one, place) for one in experiments], workers):
        yield one, error


def in_processes(
    function: Callable[..., Result], calls: Sequence[Call], workers: int
) -> Iterator[tuple[Call, Result | None, BaseException | None]]:
    """Call a function with each of these arguments, in several processes.

    Parameters
    ----------
    workers : processes, each with one thread; on a GPU they share the device. They end with this one, however it ends.

    Returns
    -------
    The arguments of each call as it ends, with what it returned or what went wrong.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker) as pool:
        futures: dict[Future[Result], Call] = {pool.submit(function, *call): call for call in calls}
        for future in as_completed(futures):
            error = future.exception()
            yield futures[future], None if error else future.result(), error


def _begin_worker() -> None:
    torch.set_num_threads(1)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Without it a worker whose parent was killed trains on, beside those that resume the run."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
