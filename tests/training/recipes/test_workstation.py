"""The preset `workstation`: all images, one short schedule, and the runs in their order."""

import pytest

from complexity.errors import InputError
from training.recipes.presets import PRESETS, settings_of
from training.recipes.recipes import RECIPES
from training.recipes.workstation import RUNS, SIZES
from training.runs.experiments import all_experiments

HOURS = 3  # that a run may take on one core


@pytest.mark.parametrize("recipe", SIZES)
def test_every_run_has_all_images_and_one_cycle_in_bfloat16(recipe):
    settings, theirs = settings_of(recipe, "workstation"), settings_of(recipe, "paper")
    assert (settings.train_limit, settings.test_limit, settings.precision) == (None, None, "bfloat16")
    for name in ("network", "paradigm", "paradigm_arguments", "block_records", "shuffled_labels"):
        assert getattr(settings, name) == getattr(theirs, name)
    schedule = settings.optimization
    assert schedule.optimizer == theirs.optimization.optimizer
    rates = [schedule.rate(iteration, 1000) for iteration in range(1000)]
    assert rates[199] == max(rates) == schedule.learning_rate
    assert rates[:200] == sorted(rates[:200])
    assert rates[199:] == sorted(rates[199:], reverse=True)
    assert rates[-1] < 1e-5 < rates[0]
    assert schedule.source.startswith("ours: ")


@pytest.mark.parametrize("recipe", SIZES)
def test_a_run_is_expected_to_take_three_hours_at_most_and_simclr_eight(recipe):
    size = SIZES[recipe]
    assert size.epochs * size.seconds <= (8 if recipe == "simclr" else HOURS) * 3600
    assert size.epochs_on["mnist"] < size.epochs


def test_networks_are_no_wider_than_the_papers_and_no_narrower_than_a_laptops():
    assert settings_of("resnet20", "workstation").network_arguments == {}
    assert settings_of("wide_resnet28", "workstation").network_arguments == {"factor": 2, "width": 8}
    for recipe in ("resnet18", "vgg16", "simclr", "supcon"):
        assert settings_of(recipe, "workstation").network_arguments == {"width": 16}


def test_epochs_depend_on_the_data_set():
    on = [settings_of("vgg16", "workstation", data=data).epochs for data in ("mnist", "cifar10", "cifar100")]
    assert on == [4, 20, 20]
    assert settings_of("vgg16", "workstation", {"epochs": 2}, "mnist").epochs == 2


def test_a_recipe_without_a_size_keeps_its_own_schedule():
    settings = settings_of("resnet56", "workstation")
    assert settings.optimization == RECIPES["resnet56"].optimization
    assert settings.network_arguments == RECIPES["resnet56"].narrow


def test_digits_come_first_and_the_control_is_made_on_natural_images_alone():
    runs = all_experiments("workstation")
    assert list(dict.fromkeys(run.data for run in runs)) == ["mnist", "cifar10", "cifar100"]
    assert len(set(map(repr, runs))) == len(runs) == 11 + 12 + 4
    natural = [(run.recipe, run.seed) for run in runs if run.data == "cifar10"]
    assert natural[:2] == [("resnet20", 0), ("resnet20", 1)]
    assert natural[-1] == ("resnet20_shuffled_labels", 0)
    digits = [run for run in runs if run.data == "mnist"]
    assert not any(run.settings().shuffled_labels for run in digits)
    assert {recipe for recipe, _ in natural} == set(SIZES)


def test_data_sets_can_be_named_and_a_new_one_gets_the_runs_of_natural_images():
    assert {run.data for run in all_experiments("workstation", ("mnist",))} == {"mnist"}
    new = all_experiments("workstation", ("fashion_mnist",))
    assert [(run.recipe, run.seed) for run in new] == list(RUNS["cifar10"])


def test_other_presets_train_in_float32():
    for preset in set(PRESETS) - {"workstation"}:
        assert settings_of("resnet20", preset).precision == "float32"


def test_no_other_precision_is_taken():
    with pytest.raises(InputError, match=r"precision: no such precision; did you mean bfloat16 or float32\?"):
        settings_of("resnet20", "workstation", {"precision": "float16"})
