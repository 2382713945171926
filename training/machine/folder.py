"""A folder for one thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from complexity.errors import InputError
from pgdl_eval.formats.atomic import write_json


def claim(
    file: Path, content: Mapping[str, Any], identity: Sequence[str], read: Callable[[], Any], held: str,
    aside: Container[str] = (), added: Mapping[str, Any] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Write what a new folder is for; in that of an earlier command, see that it is for the same.

    Parameters
    ----------
    file : the JSON file that says it.
    content : of the file, if it is new.
    identity : the fields that must be equal; the others tell where it was made.
    read : gives the content of a file that is there.
    held : what the folder holds if they are not equal, for the error.
    aside : dotted names of what may differ within these fields.
    added : dotted names of what earlier versions did not write, with the values that they meant.

    Raises
    ------
    InputError
        Naming the first field that differs.
    """
    content = json.loads(json.dumps(content))  # tuples are lists there
    if not file.exists():
        return write_json(file, content)
    found = read()
    for part in identity:
        before, now = (_flat(one.get(part), part) for one in (found if isinstance(found, dict) else {}, content))
        before = {**{field: value for field, value in added.items() if field in now}, **before}
        for field in sorted({*before, *now}):
            if before.get(field) != now.get(field) and field not in aside:
                problem = f"the folder holds {held}; choose another --out"
                raise InputError(problem, file=file, field=field, expected=now.get(field), found=before.get(field))
    return None


def _flat(tree: Any, name: str) -> dict[str, Any]:
    """The leaves of a tree of mappings by their dotted names."""
    if not isinstance(tree, Mapping):
        return {name: tree}
    parts = (_flat(inner, f"{name}.{part}") for part, inner in tree.items())
    return {key: value for part in parts for key, value in part.items()}
