"""Many runs at once: lists of runs as data, and processes that work through them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

import torch

from .experiment import Experiment, Place
from .loop import train
from .recipes import RECIPES
from .run_folder import RunFolder

# One network of each paradigm, and the reference whose labels tell nothing.
FEW = ("resnet20", "autoencoder", "simclr", "supcon", "resnet20_shuffled_labels")
OTHER_DATA = ("mnist", "cifar100")


def matrix(preset: str) -> list[Experiment]:
    """Every recipe once on CIFAR-10, one network of each paradigm with a second seed, and these few on two other sets.

    The untrained references are epoch 0 of every run. What most studies need comes first, so that a matrix that is
    stopped early serves them already.
    """
    seeds = (0, 1)
    first = [Experiment(recipe, preset, "cifar10", seed) for seed in seeds for recipe in FEW]
    others = [Experiment(recipe, preset) for recipe in RECIPES if recipe not in FEW]
    elsewhere = [Experiment(recipe, preset, data, seed) for data in OTHER_DATA for seed in seeds for recipe in FEW]
    return first + others + elsewhere


def run_all(
    experiments: Sequence[Experiment], place: Place, workers: int
) -> Iterator[tuple[Experiment, BaseException | None]]:
    """Make runs in several processes; what is done already is passed over.

    Parameters
    ----------
    workers : processes, each with one thread; on a GPU they share the device.

    Returns
    -------
    Each run as it ends, with what went wrong.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        futures: dict[Future[RunFolder], Experiment] = {pool.submit(train, one, place): one for one in experiments}
        for future in as_completed(futures):
            yield futures[future], future.exception()
