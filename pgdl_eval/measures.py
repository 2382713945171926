"""All measures that can be found by name."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import baselines
import complexity.measures
from complexity.measures import registry as measures
from complexity.measures.combination import resolve
from complexity.measures.registry import Measure

from .variants import base_name, variant

COMBINATIONS = ("distance+angle", "pseudo_validation+angle")  # of the paper's Table 1


def all_measures() -> dict[str, Measure]:
    """Every registered measure by name, those of `complexity/` and `baselines/`, and the paper's combinations."""
    for package in (complexity.measures, baselines):
        _import_modules(package)
    return {**measures.registered(), **{name: resolve(name) for name in COMBINATIONS}}


def find_measure(name: str) -> Measure:
    """The measure of that name or at `package.module:function`, or several joined by "+": see `resolve`.

    NAME[SETTING=VALUE,...] is the measure under these settings: see `variant`.
    """
    all_measures()
    found = resolve(base_name(name))
    return found if name == base_name(name) else variant(found, name)


def _import_modules(package: ModuleType) -> None:
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if not module.ispkg:
            importlib.import_module(module.name)
