"""JSON from strangers, read within bounds: each value is one that later steps can hold, compare and show."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from complexity.errors import InputError, check_printable
from complexity.regular_files import read_regular

# A task of 10,000 models has 10 MB and half a million values; a value takes up to 100 bytes of memory.
MOST_BYTES, MOST_VALUES, DEEPEST, LONGEST_TEXT = 2**24, 10**6, 32, 10_000

Place = tuple[Any, ...]  # (the place of what it lies in, its key or number there), () for the whole


def read_json(path: Path) -> Any:
    """The content of a JSON file, every number of it finite and every text printable.

    Raises
    ------
    InputError
        If the file is missing, no regular file, too large, no JSON, nested too deeply, a key stands twice in one
        object, a number is one that no float holds, or text has control characters, lone surrogates or no end.
    """
    content = read_regular(path, MOST_BYTES)
    try:
        return parse_json(content)
    except InputError as error:
        raise error.at(file=path) from error


def parse_json(content: bytes) -> Any:
    """The content of a JSON document; errors as for `read_json`."""
    marks = sum(map(content.count, (b",", b"[", b"{")))
    if marks > MOST_VALUES:
        raise InputError("too many values", expected=f"at most {MOST_VALUES}", found=f"up to {marks}")
    try:
        parsed = json.loads(content.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"no JSON: {error}") from error
    _check(parsed)
    return parsed


def as_float(number: int | float) -> float | None:
    """The finite float of a number; None where there is none."""
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InputError("the entry stands there twice", field=twice)
    return found


def _check(content: Any) -> None:
    """Hold every value and key against the bounds, in the order of the file."""
    waiting: list[tuple[Any, Place, int]] = [(content, (), 0)]
    while waiting:
        value, place, depth = waiting.pop()
        if isinstance(value, str):
            _check_text(value, place)
        elif isinstance(value, (int, float)):
            if as_float(value) is None:
                raise InputError("no finite number", field=_shown(place), found=value)
        elif isinstance(value, (dict, list)):
            if depth == DEEPEST:
                raise _too_deep(place)
            for key in value if isinstance(value, dict) else ():
                _check_text(key, (place, key))
            parts = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend((part, (place, key), depth + 1) for key, part in reversed(list(parts)))


def _check_text(text: str, place: Place) -> None:
    if len(text) > LONGEST_TEXT:
        expected, found = f"at most {LONGEST_TEXT} characters", f"{len(text)}"
        raise InputError("text without an end", field=_shown(place), expected=expected, found=found)
    check_printable(text, _shown(place) if not text.isprintable() else None)


def _shown(place: Place) -> str | None:
    keys: list[str] = []
    while place:
        place, key = place
        keys.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "".join(reversed(keys)).removeprefix(".") or None


def _too_deep(place: Place = ()) -> InputError:
    outermost = place
    while outermost and outermost[0]:
        outermost = outermost[0]
    return InputError("nested too deeply", field=_shown(outermost), expected=f"at most {DEEPEST} levels")
