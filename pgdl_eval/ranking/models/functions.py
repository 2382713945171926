"""Functions that a user names: `package.module:function`, or `file.py:function`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from complexity.errors import InputError

EXPECTED = "package.module:function, or file.py:function"


def is_function(text: str) -> bool:
    """Whether a text names a function, rather than a file."""
    place, colon, name = text.rpartition(":")
    return bool(colon and place) and name.isidentifier() and not Path(text).exists()


def find_function(text: str, field: str) -> Callable[..., Any]:
    """The function at `package.module:function`, found in the working directory, too, or at `file.py:function`.

    Raises
    ------
    InputError
        If there is none, or its module cannot be imported.
    """
    place, _, name = text.rpartition(":")
    if not place or not name:
        raise InputError("no name of a function", field=field, expected=EXPECTED, found=text)
    try:
        found = getattr(_module(place), name)
    except Exception as error:  # of the user's own module
        problem = f"no function can be had: {type(error).__name__}: {error}"
        raise InputError(problem, field=field, expected=EXPECTED, found=text) from error
    if not callable(found):
        raise InputError("not a function", field=field, found=text)
    return found  # type: ignore[no-any-return]


def _module(place: str) -> Any:
    if not place.endswith(".py"):
        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        return importlib.import_module(place)
    path = Path(place).resolve()
    name = f"pvector_user_{path.stem}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None or not path.is_file():
        raise FileNotFoundError(place)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module
