"""All runs that the studies need, and how they are made in several processes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import chain

from ..machine.processes import in_processes
from ..recipes.presets import PRESETS
from ..recipes.recipes import RECIPES
from .experiment import Experiment, Place
from .run import train

# One network of each paradigm, the same wherever that can be, and the reference whose labels tell nothing.
FEW = ("resnet18", "autoencoder", "simclr", "supcon", "resnet18_shuffled_labels")
DATA = ("cifar10", "mnist", "cifar100")


def all_experiments(preset: str, data: Sequence[str] = ()) -> list[Experiment]:
    """One network of each paradigm with two seeds on every data set; on the first also every other recipe once.

    Where the preset names its runs, it is these; on data sets that it does not name, those of CIFAR-10.

    Parameters
    ----------
    data : names of data sets; by default those of the preset, or `DATA`.

    The untrained references are epoch 0 of every run. What most studies need comes first, so that a list that is
    stopped early serves them already.
    """
    named = PRESETS[preset].runs
    if named:
        return [
            Experiment(recipe, preset, name, seed)
            for name in data or named
            for recipe, seed in named.get(name, named["cifar10"])
        ]
    data = data or DATA
    few = [[Experiment(recipe, preset, name, seed) for seed in (0, 1) for recipe in FEW] for name in data]
    recipes = RECIPES if PRESETS[preset].every_recipe else FEW
    others = [Experiment(recipe, preset, data[0]) for recipe in recipes if recipe not in FEW]
    return [*few[0], *others, *chain.from_iterable(few[1:])]


def run_all(
    experiments: Sequence[Experiment], place: Place, workers: int
) -> Generator[tuple[Experiment, BaseException | None], None, None]:
    """Make runs in several processes; what is done already is passed over.

    Returns
    -------
    Each run as it ends, with what went wrong.
    """
    for (one, _), _, error in in_processes(train, [(one, place) for one in experiments], workers):
        yield one, error
