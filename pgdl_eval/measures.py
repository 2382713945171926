"""All measures that can be found by name."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import baselines
import complexity
from complexity import measures
from complexity.measures import Measure


def all_measures() -> dict[str, Measure]:
    """Every registered measure by name: those of `complexity/` and `baselines/`, one a file or more."""
    for package in (complexity, baselines):
        _import_modules(package)
    return measures.registered()


def find_measure(name: str) -> Measure:
    """The measure of that name or at `package.module:function`; see `complexity.measures.find`."""
    all_measures()
    return measures.find(name)


def _import_modules(package: ModuleType) -> None:
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if not module.ispkg:
            importlib.import_module(module.name)
