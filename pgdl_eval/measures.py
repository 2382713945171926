"""All measures that can be found by name."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import baselines
import complexity
from complexity import measures
from complexity.combination import resolve
from complexity.measures import Measure

COMBINATIONS = ("distance+angle", "pseudo_validation+angle")  # of the paper's Table 1


def all_measures() -> dict[str, Measure]:
    """Every registered measure by name, those of `complexity/` and `baselines/`, and the paper's combinations."""
    for package in (complexity, baselines):
        _import_modules(package)
    return {**measures.registered(), **{name: resolve(name) for name in COMBINATIONS}}


def find_measure(name: str) -> Measure:
    """The measure of that name or at `package.module:function`, or several joined by "+": see `resolve`."""
    all_measures()
    return resolve(name)


def _import_modules(package: ModuleType) -> None:
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if not module.ispkg:
            importlib.import_module(module.name)
