"""The list of all runs."""

from training.paradigms import PARADIGMS
from training.recipes.recipes import RECIPES
from training.runs.experiments import all_experiments


def test_all_experiments_of_the_laptop_hold_what_the_studies_compare():
    runs = all_experiments("laptop")
    assert {run.recipe for run in runs if run.data == "cifar10"} == set(RECIPES)
    assert len(set(map(repr, runs))) == len(runs)
    for data in ("cifar10", "mnist", "cifar100"):
        seeds = {paradigm: set() for paradigm in PARADIGMS}
        shuffled = []
        for run in runs:
            if run.data == data:
                seeds[run.settings().paradigm].add((run.recipe, run.seed))
                shuffled.append(run.settings().shuffled_labels)
        assert all({seed for _, seed in made} == {0, 1} for made in seeds.values())
        assert any(shuffled)
    assert max(run.settings().train_limit + run.settings().test_limit for run in runs) <= 5000
