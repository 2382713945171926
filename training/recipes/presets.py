"""Presets as data: how large and how long every recipe is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from complexity.errors import unknown_name

from .recipes import RECIPES
from .settings import Settings, changed
from .workstation import RUNS, SIZES, Size


@dataclass(frozen=True)
class Preset:
    """Size and length of runs.

    Attributes
    ----------
    epochs, reconstruction_epochs : of most recipes, and of autoencoders.
    recipe_epochs : of single recipes, where they differ.
    narrow : whether the recipes' narrow variants are trained.
    batch_size, train_limit, test_limit, subset_rows : see `settings.Settings`.
    seeds : how many are run unless one says otherwise.
    every_recipe : whether `experiments.all_experiments` holds every recipe, or one of each paradigm.
    sizes : of single recipes, in place of the above.
    runs : those of `experiments.all_experiments`, recipes and seeds by data set; without, see there.
    precision : see `settings.Settings`.
    """

    epochs: int
    reconstruction_epochs: int
    narrow: bool
    batch_size: int = 128
    train_limit: int | None = None
    test_limit: int | None = None
    subset_rows: int = 5000
    seeds: int = 1
    every_recipe: bool = True
    recipe_epochs: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, Size] = field(default_factory=dict)
    runs: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    precision: str = "float32"


# On a laptop these take longest.
SHORTENED = {
    "resnet50": 8,
    "resnet56": 8,
    "resnet110": 8,
    "preact_resnet56": 8,
    "preact_resnet110": 8,
    "wide_resnet28": 8,
    "torchvision_resnet50": 4,
}

PRESETS: Mapping[str, Preset] = {
    # The paper's own: 200 epochs, 100 for autoencoders, batches of 128, 5 seeds.
    "paper": Preset(epochs=200, reconstruction_epochs=100, narrow=False, seeds=5),
    # Well-trained networks on one core: hours a recipe. Recipes without a size are narrow, under their own schedules.
    "workstation": Preset(
        epochs=20, reconstruction_epochs=20, narrow=True, subset_rows=1000, sizes=SIZES, runs=RUNS, precision="bfloat16"
    ),
    "laptop": Preset(
        epochs=12, reconstruction_epochs=12, narrow=True, batch_size=64, train_limit=2500, test_limit=1000,
        subset_rows=1000, recipe_epochs=SHORTENED,
    ),
    "smoke": Preset(
        epochs=2, reconstruction_epochs=2, narrow=True, batch_size=32, train_limit=256, test_limit=128, subset_rows=128,
        every_recipe=False,
    ),
}  # fmt: skip


def settings_of(recipe: str, preset: str, changes: Mapping[str, Any] | None = None, data: str = "cifar10") -> Settings:
    """The settings of a recipe under a preset on a data set, with single ones changed by name.

    Raises
    ------
    InputError
        For an unknown recipe, preset or setting; the message suggests the nearest.
    """
    if recipe not in RECIPES:
        raise unknown_name("recipe", recipe, RECIPES)
    if preset not in PRESETS:
        raise unknown_name("preset", preset, PRESETS)
    one, size = RECIPES[recipe], PRESETS[preset]
    usual = size.reconstruction_epochs if one.paradigm == "reconstruction" else size.epochs
    settings = Settings(
        network=one.network,
        network_arguments=dict(one.narrow if size.narrow else one.arguments),
        paradigm=one.paradigm,
        paradigm_arguments=dict(one.paradigm_arguments),
        optimization=one.optimization,
        epochs=size.recipe_epochs.get(recipe, usual),
        batch_size=size.batch_size,
        train_limit=size.train_limit,
        test_limit=size.test_limit,
        subset_rows=size.subset_rows,
        block_records=one.block_records,
        shuffled_labels=one.shuffled_labels,
        precision=size.precision,
    )
    if recipe in size.sizes:
        settings = _sized(settings, size.sizes[recipe], data)
    for name, value in (changes or {}).items():
        settings = changed(settings, name, value)
    return settings


def _sized(settings: Settings, size: Size, data: str) -> Settings:
    return replace(
        settings,
        network_arguments=dict(size.arguments),
        optimization=size.optimization,
        epochs=size.epochs_on.get(data, size.epochs),
        batch_size=size.batch_size,
    )
