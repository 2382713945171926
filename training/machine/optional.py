"""Packages that only some runs need."""

from __future__ import annotations

import importlib
from typing import Any

from complexity.errors import InputError


def optional_module(name: str, extra: str) -> Any:
    """A module of a package that an extra of this software installs.

    Raises
    ------
    InputError
        If it cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:  # torchvision raises the latter where it does not fit PyTorch
        problem = f"cannot be imported ({error}): pip install '.[{extra}]'"
        raise InputError(problem, field=name) from error
